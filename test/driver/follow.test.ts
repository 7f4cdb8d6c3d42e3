/** No line of a build's log is missing, doubled or out of order, with any fault of the two routes. */

import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { BuildStatus } from '../../src/api/types.ts';
import { type Reply, sendReply } from '../../src/local/http.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import type { Interceptor } from '../../src/local/server.ts';
import type { LocalService, LocalServiceOptions } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import {
  fastTiming,
  type RunChanges,
  runBuild,
  shownLog,
  temporaryPlan,
  wholeLog,
} from '../support/build-run.ts';
import { ask, gate, register, serviceStarter, start } from '../support/service-client.ts';

const startService = serviceStarter();

/** Steps that print so many lines each; the clock moves on between them. */
const printing = (...counts: number[]) =>
  createSimulatedExecutor({
    stepMs: 0,
    script: counts.map((count, index) => ({
      at: index + 1,
      durationMs: 15,
      lines: () => Array.from({ length: count }, (_, line) => `step ${index + 1} line ${line}`),
    })),
  });

async function follow(lines: number[], options: LocalServiceOptions, changes: RunChanges = {}) {
  const service = await startService({ executor: printing(...lines), ...options });
  await using plan = await temporaryPlan({
    files: {},
    steps: lines.map((_, index) => ({ type: 'RUN', args: [`step ${index + 1}`] })),
  });
  const run = await runBuild(service, plan, changes);
  const build = service.inspect.builds('app').find(({ id }) => id === run.outcome.buildId);
  return { ...run, service, log: shownLog(run.events), whole: wholeLog(build, plan) };
}

const isStatus = ({ url = '' }: IncomingMessage) => /\/status(\?|$)/.test(url);
const isLogs = ({ url = '' }: IncomingMessage) => /\/logs(\?|$)/.test(url);
const offsetOf = ({ url = '' }: IncomingMessage) => Number(/logsOffset=(\d+)/.exec(url)?.[1] ?? 0);

/** Changes each status answer, given how many came before. */
function changeStatus(
  change: (status: BuildStatus, request: IncomingMessage, earlier: number) => unknown,
): Interceptor {
  let earlier = 0;
  return async (request, response, next) => {
    const reply = await next();
    if (!isStatus(request)) return sendReply(response, reply);
    const changed = change(JSON.parse(reply.body), request, earlier++);
    sendReply(response, { ...reply, body: JSON.stringify(changed) });
  };
}

describe('the end of the log', () => {
  test.each([0, 1, 93, 94, 95, 96, 99, 100, 101, 193, 194, 195, 196, 300])(
    'is reached with %i lines unread when the build is over',
    async (count) => {
      const { outcome, log, whole } = await follow(
        [count],
        {},
        {
          timing: { pace: { firstMs: 60, growth: 1, busyMs: 60, longestMs: 60 } },
        },
      );
      expect(outcome.status).toBe('ready');
      expect(log).toEqual(whole);
      expect(log.at(-1)).toContain('Build finished');
    },
  );

  test('is not waited for when it was read', async () => {
    const { outcome, log, whole } = await follow([5], {}, { timing: { rereadDelaysMs: [3_600_000] } });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test('is waited for when final pages come empty at first', async () => {
    let withheld = 0;
    const { outcome, log, whole } = await follow([150], {
      intercept: changeStatus((status) =>
        status.status === 'ready' && withheld++ < 3 ? { ...status, logEntries: [] } : status,
      ),
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test('is read from the other route when the pages stay empty, and half of it is known', async () => {
    // The log store takes the first hundred lines and applies the offset to those.
    const { outcome, log, whole, service } = await follow([60, 60, 60, 60], {
      intercept: changeStatus((status, request) => ({
        ...status,
        logEntries: offsetOf(request) >= 100 ? [] : status.logEntries.slice(0, 100 - offsetOf(request)),
      })),
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
    expect(service.requests.some(({ path }) => path.includes('/logs?'))).toBe(true);
  });

  test('is read from the other route through its failures', async () => {
    let failures = 0;
    const empty = changeStatus((status) => ({ ...status, logEntries: null }));
    const { outcome, log, whole } = await follow([60, 60], {
      intercept: async (request, response, next) => {
        if (!isLogs(request) || failures++ >= 3) return empty(request, response, next);
        const { socket } = response;
        socket?.resetAndDestroy();
      },
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
    expect(failures).toBeGreaterThan(3);
  });

  test('is not waited for forever if there is none', async () => {
    const { outcome, service, log } = await follow([5], {
      intercept: async (request, response, next) => {
        if (isLogs(request)) return sendReply(response, { status: 404, headers: {}, body: '' });
        return changeStatus((status) => ({ ...status, logEntries: [] }))(request, response, next);
      },
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual([]);
    const final = service.requests.filter(({ path }) => path.includes('/logs'));
    expect(final).toHaveLength(1);
  });

  test('pages of another size than expected lose nothing', async () => {
    for (const pageSize of [1, 7, 50]) {
      const { outcome, log, whole } = await follow([130], { pageSize });
      expect(outcome.status).toBe('ready');
      expect(log).toEqual(whole);
    }
  });
});

describe('an outage of the status route', () => {
  test('is bridged by the other route, without doubling a line when it is over', async () => {
    const {
      outcome,
      log,
      whole,
      notices: told,
      service,
    } = await follow([40, 40, 40, 40, 40, 40], {
      faults: { rules: [readFaultRule('status:502@3-30')] },
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
    const other = service.requests.filter(({ path }) => path.includes('/logs?'));
    expect(other.length).toBeGreaterThan(3);
    expect(told).toEqual([
      expect.stringMatching(
        /^GET build status: answered 502; trying again in 0\.0 s \(attempt 2, 20 s left\)$/,
      ),
      'The status of the build cannot be read; its log is read without it, as far as possible.',
    ]);
  });

  test('is bridged where lines of one millisecond fill more than a page, and equal lines follow each other', async () => {
    const executor = createSimulatedExecutor({
      stepMs: 0,
      script: [
        { at: 1, durationMs: 10, lines: () => Array.from({ length: 350 }, () => 'the same') },
        { at: 2, durationMs: 20, lines: () => Array.from({ length: 150 }, (_, line) => `${line % 3}`) },
      ],
    });
    const { outcome, log, whole } = await follow([0, 0], {
      executor,
      faults: { rules: [readFaultRule('status:reset@1-12')] },
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test('does not matter when the other route is out as well', async () => {
    const { outcome, log, whole } = await follow([150, 20], {
      faults: { rules: [readFaultRule('status:503@2-15'), readFaultRule('logs:500')] },
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test('that does not end is given up after the time limit, and the build is said to continue', async () => {
    const { outcome, notices: told } = await follow(
      [150, 20],
      { faults: { rules: [readFaultRule('status:503@2-99999')] } },
      {
        timing: { polling: { ...fastTiming.polling, timeMs: 300 } },
      },
    );
    expect(outcome).toMatchObject({
      status: 'building',
      diagnosis: { class: 'lost-sight' },
      failure: { message: expect.stringMatching(/answered 503 .*\nIt was tried \d+ times within 1 s\.$/) },
    });
    expect(told).toHaveLength(2);
  });

  test('counts only failures in a row', async () => {
    const failed = new Set<number>();
    const { outcome, log, whole } = await follow(
      [150, 20],
      {
        // Each page fails once.
        intercept: async (request, response, next) => {
          const reply = await next();
          if (!isStatus(request) || failed.has(offsetOf(request))) return sendReply(response, reply);
          failed.add(offsetOf(request));
          sendReply(response, { ...reply, status: 500 });
        },
      },
      {
        timing: { polling: { ...fastTiming.polling, attempts: 2 } },
      },
    );
    expect(failed.size).toBeGreaterThan(1);
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test('ends at once when the build is given up', async () => {
    const giveUp = new AbortController();
    let seen = 0;
    const service = await startService({ faults: { rules: [readFaultRule('status:503@2-99999')] } });
    await using plan = await temporaryPlan({ files: {} });
    const { outcome } = await runBuild(service, plan, {
      signal: giveUp.signal,
      timing: { polling: { ...fastTiming.polling, firstPauseMs: 3_600_000, longestPauseMs: 3_600_000 } },
      onEvent: ({ type }) => {
        if (type === 'line' && seen++ === 0) setTimeout(() => giveUp.abort('interrupted'), 50);
      },
    });
    expect(outcome).toMatchObject({ status: 'building', abortedBy: 'interrupted' });
  });
});

describe('a status', () => {
  test('that is unknown is one of a running build', async () => {
    const { outcome, log, whole } = await follow([20], {
      intercept: changeStatus((status, _, earlier) =>
        earlier < 4 ? { ...status, status: 'resizing' } : status,
      ),
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test('without entries, with a null for them or with damaged ones ends no build', async () => {
    const strange = [undefined, null, [], [null], [{}], [{ message: 7, timestamp: 'yesterday', step: 3 }]];
    let counted = 0;
    const { outcome } = await follow([20], {
      intercept: changeStatus((status, request, earlier) => {
        counted = Math.max(counted, offsetOf(request));
        return earlier < strange.length
          ? { ...status, status: 'building', logEntries: strange[earlier] }
          : status;
      }),
    });
    expect(outcome.status).toBe('ready');
    expect(counted).toBeGreaterThanOrEqual(3);
  });

  test('of an error without a reason is a failure all the same', async () => {
    const { outcome } = await follow([20], {
      intercept: changeStatus(({ reason: _, ...status }) => ({
        ...status,
        status: status.status === 'ready' ? 'error' : status.status,
      })),
    });
    expect(outcome).toMatchObject({ status: 'error', failure: { message: 'The service gave no reason.' } });
  });

  test.each([
    ['that has printed nothing', 0],
    ['that has printed lines', 30],
  ])('of a superseded build %s ends it', async (_, lines) => {
    const { passed, open } = gate();
    const executor = createSimulatedExecutor({
      script: (build) =>
        build.ordinal === 1
          ? [{ at: 1, lines: Array.from({ length: lines }, (_, line) => `line ${line}`), until: passed }]
          : [],
    });
    const service = await startService({ executor });
    await using plan = await temporaryPlan({ files: {} });
    const { outcome } = await runBuild(service, plan, {
      onEvent: ({ type }) => {
        if (type !== 'started') return;
        void register(service, 'app', ['v1']).then((newer) => start(service, newer));
      },
    });
    open();
    expect(outcome.status).toBe('superseded');
  });

  test('of a build whose last tag was removed meanwhile is explained', async () => {
    const { passed, open } = gate();
    const service = await startService({
      executor: createSimulatedExecutor({ script: [{ at: 1, until: passed }] }),
    });
    await using plan = await temporaryPlan({ files: {}, tags: ['pr-7'] });
    const { outcome } = await runBuild(service, plan, {
      onEvent: ({ type }) => {
        if (type === 'started')
          void ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: ['pr-7'] });
      },
    });
    open();
    expect(outcome).toMatchObject({ status: 'building', diagnosis: { class: 'build-not-found' } });
    expect(outcome.failure?.message).toBe(
      `The service no longer finds build ${outcome.buildId}: its last tag was removed meanwhile, or moved with its template. It still runs, but its state and its log can no longer be read.`,
    );
  });

  test('that is not found for a moment is requested again', async () => {
    let asked = 0;
    const missing: Reply = {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: 400, message: "Build '8e1b' not found" }),
    };
    const { outcome, log, whole } = await follow([20], {
      intercept: async (request, response, next) =>
        sendReply(response, isStatus(request) && asked++ < 2 ? missing : await next()),
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test.each([401, 403])('refused with %i each time ends the wait, not the build', async (status) => {
    const refusal: Reply = {
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: status, message: 'refused' }),
    };
    // The one answer there is shows a build that runs, however far the service has come.
    const running = changeStatus((answer) => ({ ...answer, status: 'building', logEntries: [] }));
    let requests = 0;
    const { outcome } = await follow([20], {
      intercept: async (request, response, next) => {
        if (isStatus(request) && requests++ > 0) return sendReply(response, refusal);
        await running(request, response, next);
      },
    });
    expect(outcome).toMatchObject({ status: 'building', failure: { request: { status } } });
  });
});

test('full pages are requested without a pause', async () => {
  const seemToRun = changeStatus((status) =>
    status.logEntries.length < 100 ? status : { ...status, status: 'building' },
  );
  const anHour = { firstMs: 3_600_000, growth: 1, busyMs: 3_600_000, longestMs: 3_600_000 };
  const service: LocalService = await startService({
    executor: printing(1000),
    intercept: async (request, response, next) => {
      if (!isStatus(request)) return sendReply(response, await next());
      // The first look comes when all is printed, and the build seems to run until the last page.
      await expect.poll(() => service.inspect.builds('app')[0]?.finishedAt).toBeDefined();
      await seemToRun(request, response, next);
    },
  });
  await using plan = await temporaryPlan({ files: {}, steps: [{ type: 'RUN', args: ['x'] }] });
  const { outcome, events } = await runBuild(service, plan, { timing: { pace: anHour } });
  expect(outcome.status).toBe('ready');
  expect(shownLog(events)).toEqual(wholeLog(service.inspect.builds('app')[0], plan));
});
