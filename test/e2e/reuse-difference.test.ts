import { describe, expect, test } from 'vitest';
import { type Place, place, recipe, whyBuilt } from './reuse-kit.ts';
import { publishedAction } from './setup.ts';

const action = publishedAction();

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
