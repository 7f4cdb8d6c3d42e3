import { describe, expect, test } from 'vitest';
import type { Instruction, RecipeBody } from '../../src/api/types.ts';
import { failures } from '../../src/local/failures.ts';
import { layerKeys } from '../../src/local/layer-keys.ts';
import { durationText } from '../../src/local/log-format.ts';
import { createSimulatedExecutor, SIMULATION_NOTICE } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { build, messages, serviceStarter, wholeLog } from '../support/service-client.ts';

const startService = serviceStarter();
const scripted = (script: SimulationScript) =>
  startService({ executor: createSimulatedExecutor({ stepMs: 0, script }) });

const run = (command: string): Instruction => ({ type: 'RUN', args: [command] });
const STEPS: Instruction[] = [run('one'), { type: 'ENV', args: ['A', '1'] }, run('two')];
const cachedSteps = (log: string[]) =>
  log.flatMap(
    (line) => /^(CACHED )?\[(base|builder \d).*\[#\]$/.exec(line)?.[1] ?? (/\[#\]$/.test(line) ? '' : []),
  );

describe('the simulated log', () => {
  test('follows the format of the service line by line', async () => {
    const service = await startService();
    const steps: Instruction[] = [
      { type: 'run', args: ['apt-get update\napt-get install -y jq', 'root'] },
      { type: 'ENV', args: ['MODE', 'a b'] },
      { type: 'WORKDIR', args: ['/app'] },
      { type: 'USER', args: ['dev', 'true'] },
    ];
    const built = await build(service, 'app', { fromImage: 'debian:12', steps, startCmd: 'serve' });
    const log = await wholeLog(service, built);
    const key = '[0-9a-f]{64}';
    const expected: [string, string | undefined, string | RegExp][] = [
      ['info', undefined, `Building template ${built.templateID}/${built.buildID}`],
      ['info', undefined, SIMULATION_NOTICE],
      ['info', 'base', new RegExp(`^\\[base\\] FROM debian:12 \\[${key}\\]$`)],
      ['debug', 'base', 'Requesting Docker Image'],
      ['info', 'base', 'Base Docker image size: 48 MB (simulated)'],
      ['info', 'base', 'Creating file system and pulling Docker image'],
      ['info', 'base', /^Uncompressing layer sha256:[0-9a-f]{64} 48 MB \(simulated\)$/],
      ['info', 'base', 'Layers extracted'],
      ['info', 'base', 'Provisioning sandbox template'],
      ['info', 'base', 'Provisioning was successful, cleaning up'],
      ['info', 'base', 'Sandbox template provisioned'],
      ['info', 'base', new RegExp(`^\\[base\\] DEFAULT USER user \\[${key}\\]$`)],
      ['debug', 'base', '[base] [stdout]: (simulated) adduser user'],
      [
        'info',
        '1',
        new RegExp(`^\\[builder 1/4\\] RUN apt-get update\napt-get install -y jq root \\[${key}\\]$`),
      ],
      ['info', '1', '[builder 1/4] [stdout]: (simulated) apt-get update'],
      ['info', '1', '[builder 1/4] [stdout]: (simulated) exit status 0'],
      ['info', '2', new RegExp(`^\\[builder 2/4\\] ENV MODE a b \\[${key}\\]$`)],
      ['info', '3', new RegExp(`^\\[builder 3/4\\] WORKDIR /app \\[${key}\\]$`)],
      ['info', '4', new RegExp(`^\\[builder 4/4\\] USER dev true \\[${key}\\]$`)],
      ['info', 'finalize', new RegExp(`^\\[finalize\\] Finalizing template build \\[${key}\\]$`)],
      ['info', 'finalize', 'Running start command: serve'],
      ['info', 'finalize', '[start] [stdout]: (simulated) serve'],
      ['info', 'finalize', 'Waiting for template to be ready: sleep 20'],
      ['info', 'finalize', 'Template is ready'],
      ['info', 'optimize', new RegExp(`^\\[optimize\\] Optimizing template \\[${key}\\]$`)],
      ['info', undefined, /^Build finished, took \d+s$/],
    ];
    expect(log.map((entry) => [entry.level, entry.step, entry.message])).toEqual(
      expected.map(([level, step, text]) => [
        level,
        step,
        typeof text === 'string' ? text : expect.stringMatching(text),
      ]),
    );
    expect(log.every((entry) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(entry.timestamp))).toBe(true);
  });

  test('without start and ready command nothing is waited for', async () => {
    const service = await scripted([]);
    const log = await messages(service, await build(service, 'app'));
    expect(log.filter((line) => /start command|to be ready|is ready/.test(line))).toEqual([]);
  });

  test('setting one command of a child drops both of the parent', async () => {
    const service = await scripted([]);
    await build(service, 'parent', { startCmd: 'serve', readyCmd: 'probe' });
    const commands = async (recipe: Partial<RecipeBody>) => {
      const log = await messages(
        service,
        await build(service, 'child', { fromTemplate: 'parent', ...recipe }),
      );
      return log.filter((line) => /^(Running start|Waiting for)/.test(line));
    };
    const inherited = ['Running start command: serve', 'Waiting for template to be ready: probe'];
    expect(await commands({})).toEqual(inherited);
    expect(await commands({ readyCmd: 'other' })).toEqual(['Waiting for template to be ready: other']);
    await build(service, 'middle', { fromTemplate: 'parent' });
    expect(await commands({ fromTemplate: 'middle' })).toEqual(inherited);
  });

  test.each<[string, Instruction, string]>([
    ['an unknown type', { type: 'VOLUME', args: ['/x'] }, failures.unknownStepType('VOLUME')],
    ['ENV without a value', { type: 'ENV', args: ['A'] }, failures.envIncomplete()],
    ['ENV without anything', { type: 'ENV' }, failures.envIncomplete()],
  ])('%s fails at its step', async (_what, step, message) => {
    const service = await scripted([]);
    const { final } = await build(service, 'app', { steps: [run('one'), step] });
    expect(final).toMatchObject({ status: 'error', reason: { message, step: '2' } });
    expect(final.logEntries.at(-1)).toMatchObject({ level: 'error', message: `Build failed: ${message}` });
  });

  test.each([
    [0, '0s'],
    [59_999, '59s'],
    [73_000, '1m13s'],
    [3_600_000, '1h0m0s'],
    [3_725_000, '1h2m5s'],
  ])('%i ms are written as %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});

describe('the layer cache', () => {
  const CACHED = 'CACHED ';
  const other = (change: Partial<RecipeBody>): Partial<RecipeBody> => ({ steps: STEPS, ...change });
  // Base, default user, the three steps; then finalize and optimize, which are never cached.
  test.each<[string, Partial<RecipeBody>, number]>([
    ['the same recipe', {}, 5],
    ['other commands', { startCmd: 'serve', readyCmd: 'true' }, 5],
    ['other credentials', { fromImageRegistry: { type: 'registry', username: 'a', password: 'b' } }, 5],
    ['another image', { fromImage: 'debian:11' }, 0],
    ['force', { force: true }, 0],
    ['another last step', { steps: [...STEPS.slice(0, 2), run('three')] }, 4],
    ['another first step', { steps: [run('zero'), ...STEPS.slice(1)] }, 2],
    ['one step more', { steps: [...STEPS, run('three')] }, 5],
    ['steps in another order', { steps: STEPS.toReversed() }, 2],
    ['force at the second step', { steps: STEPS.map((step, index) => ({ ...step, force: index === 1 })) }, 3],
  ])('after a first build, %s: %j', async (_what, change, count) => {
    const service = await scripted([]);
    expect(cachedSteps(await messages(service, await build(service, 'app', other({}))))).not.toContain(
      CACHED,
    );
    // Another template of the same service: layers belong to the team.
    const log = await messages(service, await build(service, 'other', other(change)));
    const steps = change.steps ?? STEPS;
    expect(cachedSteps(log)).toEqual(
      Array.from({ length: steps.length + 4 }, (_, index) => (index < count ? CACHED : '')),
    );
  });

  test('a cached layer prints its header and nothing else', async () => {
    const service = await scripted([]);
    await build(service, 'app', { steps: STEPS });
    const log = await messages(service, await build(service, 'app', { steps: STEPS }));
    expect(log.slice(2, -1)).toEqual([
      'CACHED [base] FROM debian:12 [#]',
      'CACHED [base] DEFAULT USER user [#]',
      'CACHED [builder 1/3] RUN one [#]',
      'CACHED [builder 2/3] ENV A 1 [#]',
      'CACHED [builder 3/3] RUN two [#]',
      '[finalize] Finalizing template build [#]',
      '[optimize] Optimizing template [#]',
    ]);
  });

  test('a failed step is not cached, what came before it is', async () => {
    const service = await scripted(({ ordinal }) =>
      ordinal === 1 ? [{ text: /two/, fail: { message: 'no' } }] : undefined,
    );
    expect((await build(service, 'app', other({}))).final.status).toBe('error');
    const log = await messages(service, await build(service, 'app', other({})));
    expect(cachedSteps(log).slice(0, 5)).toEqual([CACHED, CACHED, CACHED, CACHED, '']);
  });

  test('a rebuilt parent makes its children build anew', async () => {
    const service = await scripted([]);
    const child = async () =>
      cachedSteps(
        await messages(service, await build(service, 'child', { fromTemplate: 'parent', steps: STEPS })),
      );
    await build(service, 'parent');
    expect((await child()).slice(0, 4)).toEqual([CACHED, '', '', '']);
    expect((await child()).slice(0, 4)).toEqual([CACHED, CACHED, CACHED, CACHED]);
    await build(service, 'parent');
    expect((await child()).slice(0, 4)).toEqual([CACHED, '', '', '']);
  });

  test('arguments count as one text joined by spaces, the hash of the files apart', () => {
    const keyOf = (step: Instruction) => layerKeys({ fromImage: 'a', steps: [step] }).steps[0];
    expect(keyOf({ type: 'RUN', args: ['a b', 'c'] })).toBe(keyOf({ type: 'run', args: ['a', 'b c'] }));
    expect(keyOf({ type: 'COPY', args: ['a'], filesHash: 'b' })).not.toBe(
      keyOf({ type: 'COPY', args: ['a', 'b'] }),
    );
    expect(keyOf({ type: 'COPY', args: ['a'], filesHash: 'b' })).not.toBe(
      keyOf({ type: 'COPY', args: ['a'], filesHash: 'c' }),
    );
  });
});

describe('the script', () => {
  test('replaces output, with the splitting and trimming of the service', async () => {
    const esc = '\u001b';
    const service = await scripted([
      {
        at: 1,
        lines: [
          '  indented  ',
          'two\nlines\n\n',
          '10%\r50%\r100%',
          { text: '::error::boo', stream: 'stderr', level: 'warn' },
          { text: `${esc}[31m raw \n##[group]x `, raw: true },
        ],
      },
    ]);
    const built = await build(service, 'app', { steps: STEPS });
    const log = (await wholeLog(service, built)).filter((entry) => entry.step === '1').slice(1);
    expect(log.map((entry) => [entry.level, entry.message])).toEqual([
      ['info', '[builder 1/3] [stdout]: indented'],
      ['info', '[builder 1/3] [stdout]: two'],
      ['info', '[builder 1/3] [stdout]: lines'],
      ['info', '[builder 1/3] [stdout]: 10%\r50%\r100%'],
      ['warn', '[builder 1/3] [stderr]: ::error::boo'],
      ['info', `${esc}[31m raw \n##[group]x `],
    ]);
  });

  test.each<[string, SimulationScript, object]>([
    ['by number', [{ at: 2, fail: { message: 'no' } }], { message: 'no', step: '2' }],
    ['by type', [{ type: 'ENV', fail: { message: 'no' } }], { message: 'no', step: '2' }],
    ['by text', [{ text: /^RUN t/g, fail: { message: 'no' } }], { message: 'no', step: '3' }],
    ['by type and text', [{ type: 'RUN', text: /A 1/, fail: { message: 'no' } }], {}],
    ['the first that fits', [{ type: 'RUN' }, { at: 3, fail: { message: 'no' } }], {}],
    [
      'the image',
      [{ at: 'base', fail: { message: failures.imageNotFound('x') } }],
      { message: "image 'x' not found: the image or tag does not exist in the registry", step: 'base' },
    ],
    [
      'the ready command',
      [{ at: 'ready', fail: { message: failures.readyTimedOut() } }],
      { message: expect.stringMatching(/^ready command failed: .* timed out after 10m0/), step: 'finalize' },
    ],
    ['without a step', [{ at: 1, fail: { message: 'no', step: null } }], { message: 'no' }],
    ['with another step', [{ at: 1, fail: { message: 'no', step: 'x' } }], { message: 'no', step: 'x' }],
    [
      'by build',
      (build) => [{ at: 1, fail: { message: `${build.name} ${build.tags} ${build.ordinal}` } }],
      { message: 'app default 1', step: '1' },
    ],
  ])('fails %s', async (_what, script, reason) => {
    const service = await scripted(script);
    const { final } = await build(service, 'app', { steps: STEPS, startCmd: 'serve' });
    expect(final.reason ?? {}).toEqual(reason);
  });

  test('a start command that dies is called ready all the same, as the service does', async () => {
    const service = await scripted([
      { at: 'start', lines: ['oops'], fail: { message: failures.startFailed(1) } },
    ]);
    const log = await messages(service, await build(service, 'app', { startCmd: 'serve', readyCmd: 'true' }));
    expect(log.slice(-5)).toEqual([
      'Running start command: serve',
      '[start] [stdout]: oops',
      'Waiting for template to be ready: true',
      'Template is ready',
      'Build failed: start command failed: error running start command: exit status 1',
    ]);
  });

  test('overrides the cache', async () => {
    const service = await scripted([
      { at: 1, cached: true },
      { at: 'base', cached: true },
      { at: 'user', cached: true },
    ]);
    const log = await messages(service, await build(service, 'app', { steps: STEPS }));
    expect(cachedSteps(log).slice(0, 5)).toEqual(['CACHED ', 'CACHED ', 'CACHED ', '', '']);
  });
});
