import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { groupsOf, type RunResult } from '../support/runner.ts';
import { ask, build, gate } from '../support/service-client.ts';

const files = {
  'template.ts': `import { Template, waitForPort } from 'novita-sandbox';

export const template = Template()
  .fromImage('python:3.12', undefined, { inheritConfig: false })
  .copy('main.py', '/app/')
  .setEnvs({ DB_NAME: 'a-value-that-is-nobodys-business', PORT: '8000' })
  .runCmd('pip install requests')
  .setStartCmd('python /app/main.py', waitForPort(8000));
`,
  'main.py': 'print(1)\n',
};

const test = testWith({ files, defaults: { ownProcess: true } })
  /** What the build action leaves behind that starts a build and does not wait for it. */
  .extend(
    'startBuild',
    ({ run }) =>
      (inputs: Record<string, string> = {}, env: Record<string, string> = {}) =>
        run({ inputs: { name: 'my-agent', tags: 'v1', wait: 'false', ...inputs }, env }),
  )
  .extend(
    'wait',
    ({ run }) =>
      (inputs: Record<string, string>, options: RunChanges = {}) =>
        run({ action: 'wait', inputs, ...options }),
  );

const reference = ({ outputs }: RunResult) => ({ reference: outputs['reference'] ?? '' });

describe('waiting', () => {
  test('shows the whole log of a build that ended before, and the outputs of the build action', async ({
    service,
    startBuild,
    wait,
  }) => {
    const lines = Array.from({ length: 1234 }, (_, index) => `line ${index}`);
    service.script = [{ at: 3, lines }];
    const started = await startBuild();
    await expect.poll(() => service.inspect.builds().at(-1)?.status).toBe('ready');
    const { exitCode, log, outputs, summary, result } = await wait(reference(started));

    expect(exitCode, log).toBe(0);
    expect(groupsOf(log).map(({ title }) => title)).toEqual([
      'FROM python:3.12',
      '[1/4] COPY main.py /app/',
      '[2/4] ENV DB_NAME …',
      '[3/4] RUN pip install requests',
      '[4/4] Write the environment for sandboxes',
      'Finalize',
      'Optimize',
    ]);
    const shown = [...log.matchAll(/^│ line (\d+)$/gm)].map(([, index]) => Number(index));
    expect(shown).toEqual(lines.map((_, index) => index));
    expect(log).not.toContain('nobodys-business');
    expect(log).toMatch(/\n4 steps, 0 cached, \d/);

    const { status, result: path, ...identifiers } = outputs;
    expect([status, path]).toEqual(['ready', expect.stringMatching(/\.json$/)]);
    const { status: _, result: __, ...ofStart } = started.outputs;
    expect(identifiers).toEqual(ofStart);
    expect(result).toMatchObject({
      schemaVersion: 1,
      status: 'ready',
      base: 'FROM python:3.12',
      cpuCount: 2,
      memoryMb: 1024,
      steps: [{ id: 'base' }, { number: 1 }, { number: 2 }, { number: 3 }, { hidden: 'environment' }, {}, {}],
    });
    expect(result).not.toHaveProperty('definition');
    expect(summary).toContain('## Template `my-agent` is ready');
    expect(summary).toContain('| Size | 2 CPU, 1024 MiB memory |');
    expect(summary).not.toMatch(/undefined|nobodys-business|\| Definition/);
  });

  test('follows a build that is still running, by name and identifier', async ({
    service,
    startBuild,
    wait,
  }) => {
    const door = gate();
    service.script = [{ at: 3, until: door.passed }];
    const started = await startBuild();
    const before = service.requests.length;
    const { exitCode, log, outputs } = await wait(
      {
        name: 'my-agent',
        'build-id': started.outputs['buildId'] ?? '',
        'template-id': started.outputs['templateId'] ?? '',
      },
      {
        onOutput: (printed) => {
          if (printed.includes('::group::[3/4]')) door.open();
        },
      },
    );
    expect(exitCode, log).toBe(0);
    expect(outputs['status']).toBe('ready');
    const requests = service.requests.slice(before);
    expect(requests.some(({ path }) => path.startsWith('/templates/aliases/'))).toBe(false);
  });
});

describe('a build that fails', () => {
  const failing: SimulationScript = [
    {
      at: 3,
      lines: ['ERROR: No matching distribution found for requests'],
      fail: { message: "failed to run command 'pip install requests': exit status 1" },
    },
  ];

  test('is shown and explained as by the build action', async ({ service, startBuild, wait }) => {
    service.script = failing;
    const started = await startBuild();
    const { exitCode, log, outputs, result, summary } = await wait(reference(started));
    expect(exitCode).toBe(1);
    expect(groupsOf(log).at(-1)?.title).toBe('[3/4] RUN pip install requests');
    expect(log).toMatch(/::error title=Step 3 of 4 failed%3A RUN pip install requests::/);
    expect(log.match(/^::error/gm)).toHaveLength(1);
    expect(log).toMatch(/^Build my-agent:[0-9a-f-]+ failed: failed to run command/m);
    expect(outputs).toMatchObject({ status: 'error', failure: 'package-not-found' });
    expect(result).toMatchObject({ failure: { class: 'package-not-found', step: '3' } });
    expect(result).toHaveProperty('steps.4.state', 'not reached');
    expect(summary).toContain('Step 3 of 4 failed');
  });

  test('points at the line of the definition with the result file of the build job', async ({
    service,
    workspace,
    startBuild,
    wait,
  }) => {
    service.script = failing;
    const started = await startBuild({}, { RUNNER_TEMP: workspace.path });
    const { log, result } = await wait({
      ...reference(started),
      result: started.outputs['result'] ?? '',
    });
    expect(log).toMatch(/::error title=Step 3 of 4 failed.*,?file=template\.ts,line=7/);
    expect(groupsOf(log)[1]?.title).toBe('[1/4] COPY main.py /app/');
    expect(result).toMatchObject({
      definition: { file: 'template.ts' },
      failure: { source: 'template.ts:7' },
    });
  });

  test('points at the start command with the result file', async ({
    service,
    workspace,
    startBuild,
    wait,
  }) => {
    service.script = [{ at: 'start', fail: { message: 'start command failed: exit status 1' } }];
    const started = await startBuild({}, { RUNNER_TEMP: workspace.path });
    const { exitCode, log } = await wait({
      ...reference(started),
      result: started.outputs['result'] ?? '',
    });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/::error title=Start command failed.*file=template\.ts,line=8/);
  });
});

describe('a build that is not seen to its end', () => {
  test('past the time limit continues at the service', async ({ service, startBuild, wait }) => {
    service.script = [{ at: 3, durationMs: Number.POSITIVE_INFINITY }];
    const started = await startBuild();
    const { exitCode, log, outputs } = await wait({
      ...reference(started),
      'timeout-minutes': '0.03',
    });
    expect(exitCode).toBe(1);
    expect(log).toMatch(
      /::error::Build my-agent:\S+ did not end within 0\.03 minutes .* It continues at the service/,
    );
    expect(outputs).toMatchObject({ status: 'building', failure: 'timeout' });
  });

  test('when the job is cancelled closes its groups and exits with 130', async ({
    service,
    startBuild,
    wait,
  }) => {
    service.script = [{ at: 3, durationMs: Number.POSITIVE_INFINITY }];
    const started = await startBuild();
    const { exitCode, log, outputs } = await wait(reference(started), {
      onOutput: (printed, kill) => {
        if (/::group::\[3\/4\][^\n]*\n$/.test(printed)) kill('SIGINT');
      },
    });
    expect(exitCode).toBe(130);
    groupsOf(log);
    expect(outputs['status']).toBe('building');
  });

  test('is green when a newer one took its place, unless that is to fail', async ({
    service,
    startBuild,
    wait,
  }) => {
    service.script = ({ ordinal }) =>
      ordinal === 1 ? [{ at: 3, durationMs: Number.POSITIVE_INFINITY }] : undefined;
    const started = await startBuild();
    await startBuild();
    const waited = await wait(reference(started));
    const strict = await wait({ ...reference(started), 'on-superseded': 'failure' });
    expect([waited.exitCode, strict.exitCode], waited.log).toEqual([0, 1]);
    expect(waited.outputs['status']).toBe('superseded');
  });

  test('because its last tag is removed meanwhile says so', async ({ service, startBuild, wait }) => {
    service.script = [{ at: 3, durationMs: Number.POSITIVE_INFINITY }];
    const started = await startBuild({ tags: 'pr-7' });
    let removed = false;
    const { exitCode, log } = await wait(reference(started), {
      onOutput: (printed) => {
        if (removed || !printed.includes('::group::[3/4]')) return;
        removed = true;
        void ask(service, 'DELETE', '/templates/tags', { name: 'my-agent', tags: ['pr-7'] });
      },
    });
    expect(exitCode).toBe(1);
    groupsOf(log);
    expect(log).toMatch(/The service no longer finds build \S+: its last tag was removed meanwhile/);
  });
});

test('a build that has not passed its test is told as such', async ({ service, wait }) => {
  const candidate = 'candidate-12-1-0123456789ab';
  for (const [tags, isTold] of [
    [[candidate], true],
    [[candidate, `passed-${'ab'.repeat(32)}`], false],
    [['v1'], false],
  ] as const) {
    const { buildID } = await build(service, 'my-agent', {}, [...tags]);
    const { exitCode, log } = await wait({ reference: `my-agent:${buildID}` });
    expect(exitCode, log).toBe(0);
    expect(log.includes('::notice title=This build has not passed its test::'), tags.join()).toBe(isTold);
  }
});

describe('what cannot be waited for', () => {
  test('is told, each with what is expected', async ({ service, workspace, startBuild, wait }) => {
    const { outputs } = await startBuild({ tags: 'pr-7' });
    const gone = outputs['reference'] ?? '';
    await ask(service, 'DELETE', '/templates/tags', { name: 'my-agent', tags: ['pr-7'] });
    const id = '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b';
    const other = join(workspace.path, 'other.json');

    const rows: [Record<string, string>, RegExp][] = [
      [{}, /Input reference::.*is empty, and there is no build-id either; expected the build to wait for/],
      [{ reference: 'my-agent' }, /Input reference::.*found "my-agent"; expected the build/],
      [
        { reference: 'my-agent:v1' },
        /Input reference::.*found "v1", expected the identifier of a build, a UUID/,
      ],
      [{ reference: `my-agent:${id}`, name: 'another' }, /while name and build-id give "another:0b0b4d6e/],
      [{ 'build-id': id }, /Input name::.*is empty, expected the name of the template/],
      [{ reference: `nobody:${id}` }, /Nothing was waited for: There is no template "nobody"/],
      [
        { reference: `my-agent:${id}` },
        /There is no build 0b0b4d6e-\S+ of my-agent, or it has no tag any more\./,
      ],
      [{ reference: gone }, /its last one may have been removed/],
      [{ reference: gone, result: other }, /Input result::.*other\.json" could not be read \(ENOENT\)/],
      [
        { reference: gone, result: 'template.ts' },
        /Input result::.*the file is not one that the build action wrote/,
      ],
    ];
    for (const [inputs, says] of rows) {
      const { exitCode, log } = await wait(inputs);
      expect(log, JSON.stringify(inputs)).toMatch(says);
      expect(exitCode).toBe(1);
    }
  });
});
