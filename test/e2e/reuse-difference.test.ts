import { describe, expect } from 'vitest';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { recipe, test, whyBuilt } from './reuse-kit.ts';

describe('a build that goes on is told why', () => {
  // Each is a change to what the one before it left.
  const changes: readonly {
    why: string;
    memory: string;
    change?: (workspace: TemporaryDirectory) => Promise<unknown>;
  }[] = [
    {
      why: 'COPY app/ /app changed',
      memory: '1024',
      change: (workspace) => workspace.write({ 'app/main.py': 'print(2)\n' }),
    },
    { why: 'memory 1024 → 2048', memory: '2048' },
    {
      why: 'RUN pip install -r /app/requirements.txt → RUN pip install requests',
      memory: '2048',
      change: (workspace) => workspace.write({ 'template.ts': withRequests() }),
    },
    {
      why: 'start command added, ready command added, RUN make added',
      memory: '2048',
      change: (workspace) =>
        workspace.write({
          'template.ts': withRequests(undefined, ".runCmd('make').setStartCmd('serve', 'true')"),
        }),
    },
    {
      why: 'memory 2048 → 1024, COPY app/ /app changed, RUN make test added',
      memory: '1024',
      change: async (workspace) => {
        await workspace.write({ 'app/main.py': 'print(3)\n' });
        await workspace.write({
          'template.ts': withRequests(
            undefined,
            ".runCmd('make').runCmd('make test').setStartCmd('serve', 'true')",
          ),
        });
      },
    },
    {
      why: `base FROM python:3.12@sha256:${'5c'.repeat(17)}5… → FROM python:3.13@sha256:${'7d'.repeat(17)}7…`,
      memory: '1024',
      change: (workspace) =>
        workspace.write({
          'template.ts': withRequests(
            `python:3.13@sha256:${'7d'.repeat(32)}`,
            ".runCmd('make').runCmd('make test').setStartCmd('serve', 'true')",
          ),
        }),
    },
  ];
  const withRequests = (...given: Parameters<typeof recipe>) =>
    recipe(...given).replace('-r /app/requirements.txt', 'requests');

  test('by files, its size, a command, more of them, several things at once, and another base', async ({
    workspace,
    build,
  }) => {
    let { buildId } = (await build()).outputs;
    for (const { why, memory, change } of changes) {
      await change?.(workspace);
      const run = await build({ inputs: { 'memory-mb': memory } });
      expect(whyBuilt(run)).toBe(why);
      expect(run.outputs['buildId']).not.toBe(buildId);
      expect(run.summary).toContain('### What changed against the last build of `main`');
      buildId = run.outputs['buildId'];
    }
    // And what is there now is what the next run finds.
    const again = await build({ inputs: { 'memory-mb': '1024' } });
    expect(again.outputs).toMatchObject({ buildId, reused: 'true' });
  });

  test('with as many bytes as before, the summary does not show the same numbers twice', async ({
    workspace,
    build,
  }) => {
    await build();
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const { summary } = await build();
    expect(summary).toContain('`COPY app/ /app`: still 2 files, 18 B, with different bytes');
  });

  test('without a last known plan it is built without one', async ({ workspace, cache, build }) => {
    cache.fail(500);
    await build();
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const run = await build();
    expect(whyBuilt(run)).toBeUndefined();
  });
});

describe('the post step', () => {
  test('remembers a reused build, against which the next difference is told', async ({
    workspace,
    build,
  }) => {
    const first = await build();
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    await build();
    await workspace.write({ 'app/main.py': 'print(1)\n' });
    const back = await build();
    expect(back.outputs['buildId']).toBe(first.outputs['buildId']);
    // Nothing but the command is new to what was reused last.
    await workspace.write({ 'template.ts': recipe().replace('-r /app/requirements.txt', 'requests') });
    expect(whyBuilt(await build())).toBe(
      'RUN pip install -r /app/requirements.txt → RUN pip install requests',
    );
  });

  test('remembers how long the build took, and not the run that found it', async ({ service, build }) => {
    const first = await build();
    const { createdAt = 0, finishedAt = 0 } = service.inspect.builds().at(0) ?? {};
    const found = await build();
    expect(JSON.parse(found.state['novitaTemplate'] ?? '{}')).toMatchObject({
      ended: true,
      lastBuild: { buildId: first.outputs['buildId'], durationMs: finishedAt - createdAt },
    });
  });
});
