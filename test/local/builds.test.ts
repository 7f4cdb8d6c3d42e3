import { describe, expect, test } from 'vitest';
import type { Executor } from '../../src/local/executor.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import {
  ask,
  build,
  buildPath,
  gate,
  register,
  serviceStarter,
  settled,
  start,
  status,
  wholeLog,
} from '../support/service-client.ts';

const startService = serviceStarter();
const RUN = { steps: [{ type: 'RUN', args: ['make'] }] };

/** An executor that runs until it is cancelled, and one that prints what it is given. */
const endless = () =>
  createSimulatedExecutor({ script: [{ at: 'base', durationMs: Number.POSITIVE_INFINITY }] });
const printing = (
  lines: Parameters<Parameters<Executor['execute']>[1]>[0][],
  message?: string,
): Executor => ({
  name: 'printing',
  async execute(_build, log) {
    for (const line of lines) log(line);
    return message ? { status: 'error', reason: { message, step: '2' } } : { status: 'ready' };
  },
});
const numbered = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => ({ level: 'info', message: `line ${index}`, step: '1' }) as const,
  );

describe('the life of a build', () => {
  test('waits without a log until it is started, and answers the start with an empty body', async () => {
    const service = await startService();
    const registration = await register(service, 'App:V1', ['Stable', 'v1']);
    expect(registration).toMatchObject({ aliases: ['app'], names: ['local/app'], public: false });
    expect(registration.templateID).toMatch(/^[a-z0-9]{20}$/);
    expect(registration.tags.toSorted()).toEqual(['stable', 'v1']);
    expect(await status(service, registration)).toEqual({
      templateID: registration.templateID,
      buildID: registration.buildID,
      status: 'waiting',
      logEntries: [],
      logs: [],
    });

    const started = await start(service, registration, RUN);
    expect(started.status).toBe(202);
    expect(started.text).toBe('');
    expect(started.headers.get('content-length')).toBe('0');
    expect((await settled(service, registration)).status).toBe('ready');
    const again = await start(service, registration, RUN);
    expect(again.status).toBe(400);
    expect(again.body.message).toBe('build is not in waiting state');
  });

  test('starting it again while it runs neither restarts nor cancels it', async () => {
    const service = await startService({ executor: endless() });
    const registration = await register(service, 'app');
    await start(service, registration);
    const again = await start(service, registration);
    expect(again.body.message).toBe('build is not in waiting state');
    expect((await status(service, registration)).status).toBe('building');
  });

  test.each([
    [undefined, undefined, ['default']],
    ['v1', undefined, ['v1']],
    ['default', ['v1'], ['v1']],
    [undefined, ['default', 'v1'], ['default', 'v1']],
    ['v1', ['v1', 'V1', ' v1 '], ['v1']],
  ])('a name with tag %j and tags %j takes %j', async (tag, tags, expected) => {
    const service = await startService();
    const registration = await register(service, tag ? `app:${tag}` : 'app', tags);
    expect(registration.tags.toSorted()).toEqual(expected);
  });

  test('a name keeps its template, a build is always new, and a deleted name starts afresh', async () => {
    const service = await startService();
    const first = await register(service, 'app');
    const second = await register(service, 'local/APP:v2');
    expect(second.templateID).toBe(first.templateID);
    expect(second.buildID).not.toBe(first.buildID);
    expect((await ask(service, 'DELETE', `/templates/${encodeURIComponent('app:v2')}`)).status).toBe(204);
    expect((await ask(service, 'GET', '/templates/app/tags')).status).toBe(404);
    expect((await register(service, 'app')).templateID).not.toBe(first.templateID);
  });

  test('registering ends waiting builds that share a tag, and no others', async () => {
    const service = await startService({ executor: endless() });
    const same = await register(service, 'app', ['a', 'b']);
    const apart = await register(service, 'app', ['c']);
    const elsewhere = await register(service, 'other', ['a']);
    const running = await register(service, 'app', ['d']);
    await start(service, running);
    await register(service, 'app', ['b', 'd']);

    const superseded = await status(service, same);
    expect(superseded.status).toBe('error');
    expect(superseded.reason).toEqual({
      message: 'The build was canceled because it was superseded by a newer one.',
    });
    expect(superseded.logEntries).toEqual([]);
    expect((await status(service, apart)).status).toBe('waiting');
    expect((await status(service, elsewhere)).status).toBe('waiting');
    expect((await status(service, running)).status).toBe('building');
  });

  test('starting cancels running builds of the template that share a tag', async () => {
    const service = await startService({ executor: endless() });
    const [older, apart] = [await register(service, 'app', ['a']), await register(service, 'app', ['b'])];
    await start(service, older);
    await start(service, apart);
    const newer = await register(service, 'app', ['a']);
    expect((await status(service, older)).status).toBe('building');
    await start(service, newer);

    const cancelled = await status(service, older);
    expect(cancelled.status).toBe('error');
    expect(cancelled.reason).toEqual({ message: 'build was cancelled' });
    expect(cancelled.logEntries.at(-1)).toMatchObject({
      level: 'error',
      message: 'Build failed: build was cancelled',
    });
    expect((await status(service, apart)).status).toBe('building');
    expect((await status(service, newer)).status).toBe('building');
  });

  test('a build whose last tag is gone cannot be found', async () => {
    const service = await startService();
    const { final: _final, ...registration } = await build(service, 'app', RUN, ['a', 'b']);
    const remove = (tag: string) => ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: [tag] });
    await remove('a');
    expect((await status(service, registration)).status).toBe('ready');
    await remove('b');
    const answer = await ask(service, 'GET', `${buildPath(registration)}/status`);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe(`Build '${registration.buildID}' not found`);
  });

  test('a build that waits or runs for too long fails', async () => {
    const waiting = await startService({ limits: { waitingMs: -1 } });
    expect((await status(waiting, await register(waiting, 'app'))).reason?.message).toBe(
      'build is in waiting state for too long',
    );
    const running = await startService({ executor: endless(), limits: { buildMs: 1 } });
    expect((await build(running, 'app')).final.reason?.message).toBe(
      'build status polling timed out. Maximum build time is 0s.',
    );
  });

  test('an executor that throws is an internal error', async () => {
    const executor: Executor = { name: 'broken', execute: () => Promise.reject(new Error('no engine')) };
    const service = await startService({ executor });
    const { final } = await build(service, 'app');
    expect(final.reason?.message).toMatch(/^An internal error occurred\./);
    expect(final.logEntries.map((entry) => entry.message).join('\n')).toContain('no engine');
  });
});

describe('the log', () => {
  test('comes in pages of 100, before and after the end, every line once and in order', async () => {
    const service = await startService({ executor: printing(numbered(350)) });
    const { final: first, ...registration } = await build(service, 'app');
    expect(first.logEntries).toHaveLength(100);
    const log = await wholeLog(service, registration);
    expect(log.map((entry) => entry.message)).toEqual([
      `Building template ${registration.templateID}/${registration.buildID}`,
      ...numbered(350).map((line) => line.message),
      expect.stringMatching(/^Build finished, took \d+s$/),
    ]);
    expect((await status(service, registration, '?logsOffset=352')).logEntries).toEqual([]);
    expect((await status(service, registration, '?logsOffset=350&limit=1')).logEntries).toEqual([log[350]]);
    expect((await status(service, registration, '?limit=0')).logEntries).toEqual([]);
  });

  test('the page size can be made smaller', async () => {
    const service = await startService({ executor: printing(numbered(9)), pageSize: 4 });
    const { final } = await build(service, 'app');
    expect(final.logEntries).toHaveLength(4);
  });

  test('50,000 lines arrive whole, and time never runs backwards', async () => {
    const lines = () => numbered(50_000).map((line) => line.message);
    const script = [{ type: 'RUN', lines }];
    const service = await startService({ executor: createSimulatedExecutor({ script }) });
    const registration = await build(service, 'app', RUN);
    const log = await wholeLog(service, registration);
    const output = log.filter((entry) => entry.message.includes('[stdout]: line'));
    expect(output.map((entry) => entry.message)).toEqual(
      lines().map((line) => `[builder 1/1] [stdout]: ${line}`),
    );
    const times = log.map((entry) => entry.timestamp);
    expect(times).toEqual(times.toSorted());
  });

  test('levels are filtered before the offset counts', async () => {
    const levels = ['debug', 'info', 'warn', 'error'] as const;
    const lines = levels.map((level) => ({ level, message: level, step: '2' }));
    const service = await startService({ executor: printing(lines, 'broken') });
    const { final: _final, ...registration } = await build(service, 'app');
    const shown = async (query: string) =>
      (await status(service, registration, query)).logEntries.map((entry) => entry.message);
    expect(await shown('?level=warn')).toEqual(['warn', 'error', 'Build failed: broken']);
    expect(await shown('?level=warn&logsOffset=1')).toEqual(['error', 'Build failed: broken']);
    expect(await shown('?level=debug')).toHaveLength(6);
    // The reason repeats what the page holds of its step, from warnings up.
    const reason = (await status(service, registration, '?logsOffset=4')).reason;
    expect(reason).toMatchObject({ message: 'broken', step: '2', logEntries: [{ message: 'error' }] });
  });

  test('can be read by time: inclusive cursor, both directions', async () => {
    const service = await startService({ executor: printing(numbered(5)) });
    const { final, ...registration } = await build(service, 'app');
    const read = async (query: string) => {
      const answer = await ask(service, 'GET', `${buildPath(registration)}/logs${query}`);
      return answer.body.logs.map((entry: { message: string }) => entry.message);
    };
    const all = final.logEntries.map((entry) => entry.message);
    const at = (index: number) => Date.parse(final.logEntries.at(index)?.timestamp ?? '');
    expect(await read('')).toEqual(all);
    expect(await read('?direction=backward')).toEqual(all.toReversed());
    expect(await read('?direction=backward&limit=1')).toEqual(all.slice(-1));
    expect(await read('?limit=2')).toEqual(all.slice(0, 2));
    expect(await read('?level=error')).toEqual([]);
    expect(await read(`?cursor=${at(0)}`)).toEqual(all);
    expect(await read(`?cursor=${at(-1) + 1}`)).toEqual([]);
    expect(await read(`?cursor=${at(0) - 1}&direction=backward`)).toEqual([]);
    expect(await read(`?cursor=${at(-1)}&direction=backward`)).toEqual(all.toReversed());
  });

  test('grows while the build runs', async () => {
    const door = gate();
    const script = [{ type: 'RUN', until: door.passed }];
    const service = await startService({ executor: createSimulatedExecutor({ script }) });
    const registration = await register(service, 'app');
    await start(service, registration, RUN);
    await expect
      .poll(async () => (await status(service, registration)).logEntries.at(-1)?.message)
      .toMatch(/^\[builder 1\/1\] RUN make \[/);
    door.open();
    const final = await settled(service, registration);
    expect(final.logEntries.at(-1)?.message).toMatch(/^Build finished, took /);
  });
});
