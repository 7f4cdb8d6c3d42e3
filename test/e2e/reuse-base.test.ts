import { describe, expect, test } from 'vitest';
import { startRegistry } from '../support/registry-server.ts';
import { publishedAction } from '../support/temporary-directory.ts';
import { contentTagOf, type Place, place, project, type Run, recipe, whyBuilt } from './reuse-kit.ts';

const action = publishedAction();

/** What the first bytes of a digest look like to a person. */
const short = (digest: string) => digest.slice(0, 'sha256:'.length + 12);

const startedFrom = (at: Place, { outputs }: Run) => {
  const build = at.service.inspect.builds().find(({ id }) => id === outputs['buildId']);
  return build?.template?.fromImage ?? build?.template?.fromTemplate;
};

describe('a base image', () => {
  test('that moved under its tag is seen, told, and built from exactly what it is now', async () => {
    await using registry = await startRegistry();
    const base = `${registry.host}/team/python:3.12`;
    const before = registry.push('team/python', '3.12');
    await using at = await place(action, { files: project(recipe(base)) });
    const first = await at.run();
    expect(first.log).toContain(`base:   FROM ${base} (${short(before)})`);
    expect(startedFrom(at, first)).toMatch(new RegExp(`^${registry.host}/team/python[:.\\d]*@${before}$`));
    expect((await at.run()).outputs['reused']).toBe('true');

    const after = registry.push('team/python', '3.12');
    const second = await at.run();
    expect(whyBuilt(second)).toBe(`the base image moved (${short(before)} → ${short(after)})`);
    expect(startedFrom(at, second)).toMatch(new RegExp(`@${after}$`));
    expect(contentTagOf(at.service, second.outputs['buildId'])).not.toBe(
      contentTagOf(at.service, first.outputs['buildId']),
    );

    // Rolled back, it is what it was.
    registry.push('team/python', '3.12', before);
    const third = await at.run();
    expect(third.outputs).toMatchObject({ buildId: first.outputs['buildId'], reused: 'true' });
  });

  test('is sent as it is written with pin-base: false, and its builds are not reused', async () => {
    await using registry = await startRegistry();
    const base = `${registry.host}/team/python:3.12`;
    registry.push('team/python', '3.12');
    await using at = await place(action, { files: project(recipe(base)) });
    for (const _ of ['first', 'second']) {
      const run = await at.run({ inputs: { 'pin-base': 'false' } });
      expect(run.outputs).toMatchObject({ status: 'ready', reused: 'false' });
      expect(run.log).toContain('Builds of this plan are not reused: pin-base is false.\n');
      expect(startedFrom(at, run)).toBe(base);
      expect(contentTagOf(at.service, run.outputs['buildId'])).toBeUndefined();
    }
    expect(registry.requests).toEqual([]);
  });

  test('under another tag of the same bytes is the same content', async () => {
    await using registry = await startRegistry();
    const digest = registry.push('python', '3.12');
    registry.push('python', '3.12.4', digest);
    await using at = await place(action, { files: project(recipe(`${registry.host}/python:3.12`)) });
    await at.run();
    await at.write('template.ts', recipe(`${registry.host}/python:3.12.4`));
    expect((await at.run()).outputs['reused']).toBe('true');
  });

  test('that moves with other things is told with them', async () => {
    await using registry = await startRegistry();
    registry.push('python', '3.12');
    await using at = await place(action, { files: project(recipe(`${registry.host}/python:3.12`)) });
    await at.run();
    registry.push('python', '3.12');
    await at.write('app/main.py', 'print(2)\n');
    const run = await at.run({ inputs: { 'memory-mb': '2048' } });
    expect(whyBuilt(run)).toMatch(
      /^the base image moved \(sha256:\w{12} → sha256:\w{12}\), memory 1024 → 2048, COPY app\/ \/app changed$/,
    );
    expect(run.summary).toMatch(/^- \*\*Base moved\*\*: `sha256:\w{12}` → `sha256:\w{12}`$/m);
  });

  test('whose registry is down makes a plan that is not reused: one line says why, and it is built', async () => {
    await using registry = await startRegistry();
    registry.push('python', '3.12');
    await using at = await place(action, { files: project(recipe(`${registry.host}/python:3.12`)) });
    const first = await at.run();
    registry.intercept = () => ({ status: 501 });
    for (const _ of [1, 2]) {
      const run = await at.run();
      expect(run.exitCode, run.log).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'ready', reused: 'false' });
      expect(run.outputs['buildId']).not.toBe(first.outputs['buildId']);
      const lines = run.log.split('\n').filter((line) => line.includes('not reused'));
      expect(lines).toEqual([
        `Builds of this plan are not reused: the digest of ${registry.host}/python:3.12 is not known: the registry ${registry.host} answered 501.`,
      ]);
      expect(contentTagOf(at.service, run.outputs['buildId'])).toBeUndefined();
    }
    // What was built without knowing its base takes nobody's place.
    registry.intercept = undefined;
    expect((await at.run()).outputs['buildId']).toBe(first.outputs['buildId']);
  });
});

describe('a parent template', () => {
  const child = `import { Template } from 'novita-sandbox';
export const template = Template().fromTemplate('base').runCmd('make');
`;

  test('that was built anew moves its children; a tag more does not', async () => {
    await using at = await place(action, { files: { ...project(), 'child.ts': child } });
    const parent = await at.run({ inputs: { name: 'base', tags: 'default' } });
    const inputs = { template: 'child.ts' };
    const first = await at.run({ inputs });
    expect(first.exitCode, first.log).toBe(0);
    expect(startedFrom(at, first)).toBe(parent.outputs['reference']);

    await at.run({ inputs: { name: 'base', tags: 'default, v2' } });
    expect((await at.run({ inputs })).outputs['reused']).toBe('true');

    const anew = await at.run({ inputs: { name: 'base', tags: 'default', reuse: 'never' } });
    const second = await at.run({ inputs });
    const [before, after] = [parent, anew].map(({ outputs }) => outputs['buildId']?.slice(0, 13));
    expect(whyBuilt(second)).toBe(`the parent template was built anew (${before} → ${after})`);
    expect(startedFrom(at, second)).toBe(anew.outputs['reference']);
  });

  test('that is not there makes a plan that is not reused', async () => {
    await using at = await place(action, { files: { 'template.ts': child } });
    const run = await at.run();
    expect(run.log).toContain(
      'Builds of this plan are not reused: there is no template base for this API key.',
    );
  });
});

describe('a mutable tag in FROM', () => {
  const noticed = ({ log }: Run) =>
    log.split('\n').filter((line) => line.includes('A base image that moves'));

  test.each(['latest', 'stable', 'lts-slim', ''])('%o draws one notice at its line', async (tag) => {
    await using registry = await startRegistry();
    registry.push('python', tag || 'latest');
    const image = `${registry.host}/python${tag && `:${tag}`}`;
    await using at = await place(action, { files: project(recipe(image)) });
    const run = await at.run();
    expect(run.exitCode, run.log).toBe(0);
    const [notice, ...others] = noticed(run);
    expect(others).toEqual([]);
    expect(notice).toMatch(/^::notice title=A base image that moves,file=template\.ts,line=4/);
    expect(notice).toContain(`(tag ${tag || 'latest'})`);
    // It is looked up all the same, so what did not move is not built twice.
    expect((await at.run()).outputs['reused']).toBe('true');
  });

  test.each(['3.12', '3.12-slim', 'bookworm-20240701'])('a version such as %s draws none', async (tag) => {
    await using registry = await startRegistry();
    registry.push('python', tag);
    await using at = await place(action, { files: project(recipe(`${registry.host}/python:${tag}`)) });
    const run = await at.run();
    expect(run.exitCode, run.log).toBe(0);
    expect(noticed(run)).toEqual([]);
  });

  test('a digest behind it, or a base that nobody wrote, draws none', async () => {
    await using at = await place(action, {
      files: project(recipe(`python:latest@sha256:${'5c'.repeat(32)}`)),
    });
    expect(noticed(await at.run())).toEqual([]);
    await at.write(
      'template.ts',
      "import { Template } from 'novita-sandbox';\nexport const template = Template().runCmd('make');\n",
    );
    const run = await at.run();
    expect(run.exitCode, run.log).toBe(0);
    expect(noticed(run)).toEqual([]);
  });
});
