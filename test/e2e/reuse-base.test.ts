import { describe, expect } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { contentTagOf, project, type Run, recipe, test, whyBuilt } from './reuse-kit.ts';

/** What the first bytes of a digest look like to a person. */
const short = (digest: string) => digest.slice(0, 'sha256:'.length + 12);

const startedFrom = (service: LocalService, { outputs }: Run) => {
  const build = service.inspect.builds().find(({ id }) => id === outputs['buildId']);
  return build?.template?.fromImage ?? build?.template?.fromTemplate;
};

describe('a base image', () => {
  test('that moved under its tag is seen, told, and built from exactly what it is now', async ({
    service,
    workspace,
    registry,
    build,
  }) => {
    const base = `${registry.host}/team/python:3.12`;
    const before = registry.push('team/python', '3.12');
    await workspace.write(project(recipe(base)));
    const first = await build();
    expect(first.log).toContain(`base:   FROM ${base} (${short(before)})`);
    expect(startedFrom(service, first)).toMatch(
      new RegExp(`^${registry.host}/team/python[:.\\d]*@${before}$`),
    );
    expect((await build()).outputs['reused']).toBe('true');

    const after = registry.push('team/python', '3.12');
    const second = await build();
    expect(whyBuilt(second)).toBe(`the base image moved (${short(before)} → ${short(after)})`);
    expect(startedFrom(service, second)).toMatch(new RegExp(`@${after}$`));
    expect(contentTagOf(service, second.outputs['buildId'])).not.toBe(
      contentTagOf(service, first.outputs['buildId']),
    );

    // Rolled back, it is what it was.
    registry.push('team/python', '3.12', before);
    const third = await build();
    expect(third.outputs).toMatchObject({ buildId: first.outputs['buildId'], reused: 'true' });
  });

  test('is sent as it is written with pin-base: false, and its builds are not reused', async ({
    service,
    workspace,
    registry,
    build,
  }) => {
    const base = `${registry.host}/team/python:3.12`;
    registry.push('team/python', '3.12');
    await workspace.write(project(recipe(base)));
    for (const _ of ['first', 'second']) {
      const run = await build({ inputs: { 'pin-base': 'false' } });
      expect(run.outputs).toMatchObject({ status: 'ready', reused: 'false' });
      expect(run.log).toContain('Builds of this plan are not reused: pin-base is false.\n');
      expect(startedFrom(service, run)).toBe(base);
      expect(contentTagOf(service, run.outputs['buildId'])).toBeUndefined();
    }
    expect(registry.requests).toEqual([]);
  });

  test('under another tag of the same bytes is the same content', async ({ workspace, registry, build }) => {
    const digest = registry.push('python', '3.12');
    registry.push('python', '3.12.4', digest);
    await workspace.write(project(recipe(`${registry.host}/python:3.12`)));
    await build();
    await workspace.write({ 'template.ts': recipe(`${registry.host}/python:3.12.4`) });
    expect((await build()).outputs['reused']).toBe('true');
  });

  test('that moves with other things is told with them', async ({ workspace, registry, build }) => {
    registry.push('python', '3.12');
    await workspace.write(project(recipe(`${registry.host}/python:3.12`)));
    await build();
    registry.push('python', '3.12');
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const run = await build({ inputs: { 'memory-mb': '2048' } });
    expect(whyBuilt(run)).toMatch(
      /^the base image moved \(sha256:\w{12} → sha256:\w{12}\), memory 1024 → 2048, COPY app\/ \/app changed$/,
    );
    expect(run.summary).toMatch(/^- \*\*Base moved\*\*: `sha256:\w{12}` → `sha256:\w{12}`$/m);
  });

  test('whose registry is down makes a plan that is not reused: one line says why, and it is built', async ({
    service,
    workspace,
    registry,
    build,
  }) => {
    registry.push('python', '3.12');
    await workspace.write(project(recipe(`${registry.host}/python:3.12`)));
    const first = await build();
    registry.intercept = () => ({ status: 501 });
    for (const _ of [1, 2]) {
      const run = await build();
      expect(run.exitCode, run.log).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'ready', reused: 'false' });
      expect(run.outputs['buildId']).not.toBe(first.outputs['buildId']);
      const lines = run.log.split('\n').filter((line) => line.includes('not reused'));
      expect(lines).toEqual([
        `Builds of this plan are not reused: the digest of ${registry.host}/python:3.12 is not known: the registry ${registry.host} answered 501.`,
      ]);
      expect(contentTagOf(service, run.outputs['buildId'])).toBeUndefined();
    }
    // What was built without knowing its base takes nobody's place.
    registry.intercept = undefined;
    expect((await build()).outputs['buildId']).toBe(first.outputs['buildId']);
  });
});

describe('a parent template', () => {
  const child = `import { Template } from 'novita-sandbox';
export const template = Template().fromTemplate('base').runCmd('make');
`;

  test('that was built anew moves its children; a tag more does not', async ({
    service,
    workspace,
    build,
  }) => {
    await workspace.write({ ...project(), 'child.ts': child });
    const parent = await build({ inputs: { name: 'base', tags: 'default' } });
    const inputs = { template: 'child.ts' };
    const first = await build({ inputs });
    expect(first.exitCode, first.log).toBe(0);
    expect(startedFrom(service, first)).toBe(parent.outputs['reference']);

    await build({ inputs: { name: 'base', tags: 'default, v2' } });
    expect((await build({ inputs })).outputs['reused']).toBe('true');

    const anew = await build({ inputs: { name: 'base', tags: 'default', reuse: 'never' } });
    const second = await build({ inputs });
    const [before, after] = [parent, anew].map(({ outputs }) => outputs['buildId']?.slice(0, 13));
    expect(whyBuilt(second)).toBe(`the parent template was built again (${before} → ${after})`);
    expect(startedFrom(service, second)).toBe(anew.outputs['reference']);
  });

  test('that is not there makes a plan that is not reused', async ({ workspace, build }) => {
    await workspace.write({ 'template.ts': child });
    const run = await build();
    expect(run.log).toContain(
      'Builds of this plan are not reused: there is no template base for this API key.',
    );
  });
});

describe('a mutable tag in FROM', () => {
  const noticed = ({ log }: Run) =>
    log.split('\n').filter((line) => line.includes('A base image that moves'));

  test.for(['latest', 'stable', 'lts-slim', ''])(
    '%o draws one warning at its line',
    async (tag, { workspace, registry, build }) => {
      registry.push('python', tag || 'latest');
      const image = `${registry.host}/python${tag && `:${tag}`}`;
      await workspace.write(project(recipe(image)));
      const run = await build();
      expect(run.exitCode, run.log).toBe(0);
      const [warning, ...others] = noticed(run);
      expect(others).toEqual([]);
      expect(warning).toMatch(
        /^::warning title=A base image that moves \[moving-base\],file=template\.ts,line=4/,
      );
      expect(warning).toContain(`(tag ${tag || 'latest'})`);
      // It is looked up all the same, so what did not move is not built twice.
      expect((await build()).outputs['reused']).toBe('true');
    },
  );

  test.for(['3.12', '3.12-slim', 'bookworm-20240701'])(
    'a version such as %s draws none',
    async (tag, { workspace, registry, build }) => {
      registry.push('python', tag);
      await workspace.write(project(recipe(`${registry.host}/python:${tag}`)));
      const run = await build();
      expect(run.exitCode, run.log).toBe(0);
      expect(noticed(run)).toEqual([]);
    },
  );

  test('a digest behind it, or a base that nobody wrote, draws none', async ({ workspace, build }) => {
    await workspace.write(project(recipe(`python:latest@sha256:${'5c'.repeat(32)}`)));
    expect(noticed(await build())).toEqual([]);
    await workspace.write({
      'template.ts':
        "import { Template } from 'novita-sandbox';\nexport const template = Template().runCmd('make');\n",
    });
    const run = await build();
    expect(run.exitCode, run.log).toBe(0);
    expect(noticed(run)).toEqual([]);
  });
});
