import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRegistry } from '../images/registry-server.ts';
import { contentTagOf, type Place, place, project, type Run, recipe } from './reuse-kit.ts';
import { publishedAction, type TemporaryDirectory } from './setup.ts';

let action: TemporaryDirectory;
beforeAll(async () => {
  action = await publishedAction();
});
afterAll(() => action[Symbol.asyncDispose]());

/** The line that tells why, and that the build went on as usual. */
function whyBuilt({ log, exitCode, outputs }: Run): string | undefined {
  expect([exitCode, outputs['reused'], outputs['status']], log).toEqual([0, 'false', 'ready']);
  expect(log).toMatch(/^No build has this content\. Building\.$/m);
  return /^Changed since the last build of main: (.*)$/m.exec(log)?.[1];
}

/** What the first bytes of a digest look like to a person. */
const short = (digest: string) => digest.slice(0, 'sha256:'.length + 12);

const startedFrom = (at: Place, { outputs }: Run) => {
  const build = at.service.inspect.builds().find(({ id }) => id === outputs['buildId']);
  return build?.template?.fromImage ?? build?.template?.fromTemplate;
};

describe('a build that goes on is told why', () => {
  const changed: Record<string, { why: string; change: (at: Place) => Promise<unknown>; memory?: string }> = {
    'by files': {
      why: 'COPY app/ /app changed',
      change: (at) => at.write('app/main.py', 'print(2)\n'),
    },
    'by its size': { why: 'memory 1024 → 2048', change: async () => {}, memory: '2048' },
    'by a command': {
      why: 'RUN pip install -r /app/requirements.txt → RUN pip install requests',
      change: (at) => at.write('template.ts', recipe().replace('-r /app/requirements.txt', 'requests')),
    },
    'by a step more and a start command': {
      why: 'start command added, ready command added, RUN make added',
      change: (at) =>
        at.write('template.ts', recipe(undefined, ".runCmd('make').setStartCmd('serve', 'true')")),
    },
    'in several things at once': {
      why: 'memory 1024 → 2048, COPY app/ /app changed, RUN make added',
      change: async (at) => {
        await at.write('app/main.py', 'print(2)\n');
        await at.write('template.ts', recipe(undefined, ".runCmd('make')"));
      },
      memory: '2048',
    },
    'by another base': {
      why: `base FROM python:3.12@sha256:${'5c'.repeat(17)}5… → FROM python:3.13@sha256:${'7d'.repeat(17)}7…`,
      change: (at) => at.write('template.ts', recipe(`python:3.13@sha256:${'7d'.repeat(32)}`)),
    },
  };

  test.each(Object.entries(changed))('%s', async (_title, { why, change, memory }) => {
    await using at = await place(action);
    const first = await at.run();
    await change(at);
    const second = await at.run({ inputs: memory ? { 'memory-mb': memory } : {} });
    expect(whyBuilt(second)).toBe(why);
    expect(second.outputs['buildId']).not.toBe(first.outputs['buildId']);
    expect(second.summary).toContain('### What changed against the last build of `main`');
    // And what is there now is what the next run finds.
    const third = await at.run({ inputs: memory ? { 'memory-mb': memory } : {} });
    expect(third.outputs).toMatchObject({ buildId: second.outputs['buildId'], reused: 'true' });
  });

  test('with as many bytes as before, the summary does not show the same numbers twice', async () => {
    await using at = await place(action);
    await at.run();
    await at.write('app/main.py', 'print(2)\n');
    const { summary } = await at.run();
    expect(summary).toContain('`COPY app/ /app`: still 2 files, 18 B, and not the same bytes');
  });

  test('without a last known plan it is built without one', async () => {
    await using at = await place(action);
    at.cache.fail(500);
    await at.run();
    await at.write('app/main.py', 'print(2)\n');
    const run = await at.run();
    expect(whyBuilt(run)).toBeUndefined();
  });
});

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
    registry.intercept = () => ({ status: 404 });
    for (const _ of [1, 2]) {
      const run = await at.run();
      expect(run.exitCode, run.log).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'ready', reused: 'false' });
      expect(run.outputs['buildId']).not.toBe(first.outputs['buildId']);
      const lines = run.log.split('\n').filter((line) => line.includes('not reused'));
      expect(lines).toEqual([
        `Builds of this plan are not reused: the digest of ${registry.host}/python:3.12 is not known: the registry ${registry.host} has no image python:3.12 (404).`,
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

describe('the post step', () => {
  test('remembers a reused build, against which the next difference is told', async () => {
    await using at = await place(action);
    const first = await at.run();
    await at.write('app/main.py', 'print(2)\n');
    await at.run();
    await at.write('app/main.py', 'print(1)\n');
    const back = await at.run();
    expect(back.outputs['buildId']).toBe(first.outputs['buildId']);
    // Nothing but the command is new to what was reused last.
    await at.write('template.ts', recipe().replace('-r /app/requirements.txt', 'requests'));
    expect(whyBuilt(await at.run())).toBe(
      'RUN pip install -r /app/requirements.txt → RUN pip install requests',
    );
  });

  test('remembers how long the build took, and not the run that found it', async () => {
    await using at = await place(action);
    const first = await at.run();
    const { createdAt = 0, finishedAt = 0 } = at.service.inspect.builds().at(0) ?? {};
    const found = await at.run();
    expect(JSON.parse(found.state['novitaTemplate'] ?? '{}')).toMatchObject({
      ended: true,
      lastBuild: { buildId: first.outputs['buildId'], durationMs: finishedAt - createdAt },
    });
  });
});
