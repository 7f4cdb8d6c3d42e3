/** What a build does when it cannot know whether the service did what it was asked for. */

import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { findRegistered } from '../../src/driver/find-registration.ts';
import type { Fault, FaultRule } from '../../src/local/fault-plan.ts';
import { sendReply } from '../../src/local/http.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { runBuild, shownLog, temporaryPlan, wholeLog } from '../support/build-run.ts';
import { fastBudget, fastClient } from '../support/fast-client.ts';
import { ask, gate, register, serviceStarter, start } from '../support/service-client.ts';

const startService = serviceStarter();
const faulty = (...rules: (string | FaultRule)[]) =>
  startService({
    faults: { rules: rules.map((rule) => (typeof rule === 'string' ? readFaultRule(rule) : rule)) },
  });

/** What the plan of these tests asks for. */
const sized = { name: 'app', tags: ['v1', 'default'], cpuCount: 2, memoryMB: 1024 };

function asked(service: LocalService): string[] {
  return service.requests.map(({ method, path }) =>
    `${method} ${path}`.replace(/\/[\w-]{20,}/g, '/…').replace(/\?.*/, ''),
  );
}

describe('a registration', () => {
  test('that worked is not looked up', async () => {
    const service = await faulty();
    await using plan = await temporaryPlan({ files: {} });
    await runBuild(service, plan);
    expect(asked(service).slice(0, 3)).toEqual([
      'POST /v3/templates',
      'POST /v2/templates/…/builds/…',
      'GET /templates/…/builds/…/status',
    ]);
  });

  test('whose answer was lost is found again and said to be', async () => {
    const service = await faulty('register:502:after@1');
    await using plan = await temporaryPlan({ tags: ['v2', 'default'] });
    const { outcome, notices: told, events } = await runBuild(service, plan);
    const [build, ...others] = service.inspect.builds('app');
    expect(others).toEqual([]);
    expect(outcome).toMatchObject({ status: 'ready', buildId: build?.id, tags: ['v2', 'default'] });
    expect(told).toEqual([
      `The answer to the registration was lost (answered 502), but it made build ${build?.id}: continuing with that.`,
    ]);
    expect(events[1]).toMatchObject({ type: 'registered', buildId: build?.id, attempt: 1 });
  });

  test('whose answer was lost and that shows up late is found by looking again', async () => {
    const service = await faulty('register:reset:after@1', 'alias:404@1-2');
    await using plan = await temporaryPlan();
    expect((await runBuild(service, plan)).outcome.status).toBe('ready');
    expect(service.inspect.builds('app')).toHaveLength(1);
  });

  test('that never arrived is repeated, with a word about what may happen', async () => {
    const service = await faulty('register:reset@1');
    await using plan = await temporaryPlan();
    const { outcome, notices: told } = await runBuild(service, plan);
    expect(outcome.status).toBe('ready');
    expect(service.inspect.builds('app')).toHaveLength(1);
    expect(told[0]).toMatch(/^POST registration: connection lost \(\w+\); trying again in/);
    expect(told[1]).toMatch(
      /the service has no build of it\. Registering again; .* the new build supersedes it\.$/,
    );
    expect(told).toHaveLength(2);
  });

  test.each(['alias:403', 'tags:403', 'template:404'])(
    'that cannot be looked for (%s) is made anew and supersedes the first',
    async (blind) => {
      const service = await faulty('register:503:after@1', blind);
      await using plan = await temporaryPlan();
      const { outcome, notices: told } = await runBuild(service, plan);
      const [first, second, ...others] = service.inspect.builds('app');
      expect(others).toEqual([]);
      expect(first).toMatchObject({
        status: 'error',
        reason: { message: expect.stringContaining('superseded') },
      });
      expect(outcome).toMatchObject({ status: 'ready', buildId: second?.id });
      expect(told.at(-1)).toContain('the new build supersedes it');
    },
  );

  test('that cannot be looked for because the service is down ends with both reasons', async () => {
    const service = await faulty('register:reset:after@1', 'alias:502');
    await using plan = await temporaryPlan();
    const rejected = runBuild(service, plan);
    await expect(rejected).rejects.toThrow(/^connection lost to/);
    await expect(rejected).rejects.toThrow(
      /The action could not check whether the build was registered: .* answered 502/,
    );
    expect(service.inspect.builds('app')).toHaveLength(1);
  });

  test.each<[string, (service: LocalService) => Promise<unknown>]>([
    [
      'an older build under the same tags',
      async (service) => {
        await register(service, 'app', ['v1', 'default']);
        // Older than the slack that clocks are given.
        await new Promise((done) => setTimeout(done, 2100));
      },
    ],
    ['a build with one of the tags', (service) => register(service, 'app', ['v1'])],
    [
      'a build with other CPUs',
      (service) => ask(service, 'POST', '/v3/templates', { ...sized, cpuCount: 4 }),
    ],
    [
      'a build with other memory',
      (service) => ask(service, 'POST', '/v3/templates', { ...sized, memoryMB: 512 }),
    ],
    [
      'a build that runs',
      async (service) => start(service, await register(service, 'app', ['v1', 'default'])),
    ],
  ])('is not taken for %s', async (_, prepare) => {
    const service = await startService({
      faults: { rules: [{ endpoint: 'register', at: [2], fault: { kind: 'reset' } }] },
    });
    await prepare(service);
    const [other] = service.inspect.builds('app');
    await using plan = await temporaryPlan();
    const { outcome, notices: told } = await runBuild(service, plan);
    expect(outcome.status).toBe('ready');
    expect(outcome.buildId).not.toBe(other?.id);
    expect(told.join('\n')).not.toContain(other?.id);
    expect(service.inspect.builds('app')).toHaveLength(2);
  });

  test('is not taken for a build that was there before, even a recent one', async () => {
    const service = await startService();
    const { buildID } = await register(service, 'app', ['v1', 'default']);
    const client = fastClient(service.url, {}, { apiKey: service.apiKey });
    const find = (before?: Map<string, string>) => findRegistered(client, sized, Date.now() - 5000, before);
    expect(await find()).toMatchObject({ buildId: buildID });
    expect(await find(new Map([['v1', buildID]]))).toBeUndefined();
    expect(await find(new Map([['v1', 'another']]))).toMatchObject({ buildId: buildID });
  });

  test('found but started by somebody else is left to them', async () => {
    const service = await faulty('register:reset:after@1', {
      endpoint: 'start',
      at: [1],
      fault: { kind: 'answer', status: 400, body: { code: 400, message: 'build is not in waiting state' } },
    });
    await using plan = await temporaryPlan();
    const { outcome, notices: told, events } = await runBuild(service, plan);
    const [first, second] = service.inspect.builds('app');
    expect(outcome).toMatchObject({ status: 'ready', buildId: second?.id });
    expect(told).toContainEqual(`Build ${first?.id} belongs to another job. Registering a new one.`);
    expect(events.flatMap((event) => (event.type === 'registered' ? [event.buildId] : []))).toEqual([
      first?.id,
      second?.id,
    ]);
  });

  test('that met no connection is simply repeated', async () => {
    const port = await freePort();
    await using plan = await temporaryPlan();
    const running = runBuild({ url: `http://127.0.0.1:${port}`, apiKey: 'k' }, plan, {
      transport: { budget: { ...fastBudget, firstPauseMs: 600, longestPauseMs: 600 } },
    });
    await new Promise((done) => setTimeout(done, 50));
    const service = await startLocalService({ port, apiKey: 'k' });
    try {
      const { outcome, notices: told } = await running;
      expect(outcome.status).toBe('ready');
      expect(told).toEqual([expect.stringMatching(/^POST registration: no connection \(ECONNREFUSED\); /)]);
      expect(service.inspect.builds('app')).toHaveLength(1);
    } finally {
      await service.close();
    }
  });

  test('that never meets a connection says so after a few attempts', async () => {
    await using plan = await temporaryPlan();
    await expect(
      runBuild({ url: `http://127.0.0.1:${await freePort()}`, apiKey: 'k' }, plan),
    ).rejects.toThrow(/^no connection to .* \(ECONNREFUSED\)\nIt was tried 5 times/);
  });

  test.each([400, 401, 403, 404, 409])('refused with %i is not repeated', async (status) => {
    const service = await faulty(`register:${status}`);
    await using plan = await temporaryPlan();
    await expect(runBuild(service, plan)).rejects.toMatchObject({ kind: 'refused', status });
    expect(asked(service)).toEqual(['POST /v3/templates']);
  });

  test('waits for its turn while the team builds as much as it may', async () => {
    const service = await startService({ limits: { concurrentBuilds: 1 } });
    const other = await register(service, 'other');
    const refused = gate();
    await using plan = await temporaryPlan();
    const running = runBuild(service, plan, {
      timing: { queue: { firstPauseMs: 4, longestPauseMs: 8, noticeMs: 0 } },
      onEvent: (event) => event.type === 'notice' && event.message.startsWith('Still') && refused.open(),
    });
    await refused.passed;
    await start(service, other, { fromTemplate: 'none' });
    const { outcome, notices: told } = await running;
    expect(outcome.status).toBe('ready');
    expect(told[0]).toMatch(
      /^The team is at its limit of concurrent builds\. Waiting .* within timeout-minutes\.$/,
    );
    expect(told[1]).toBe('Still waiting for another build of the team to end (0 min).');
    expect(service.inspect.builds('app')).toHaveLength(1);
  });

  test('waits for its turn until the time is over, telling little', async () => {
    const service = await startService({ limits: { concurrentBuilds: 1 } });
    await register(service, 'other');
    const giveUp = new AbortController();
    await using plan = await temporaryPlan();
    const notices: string[] = [];
    const running = runBuild(service, plan, {
      signal: giveUp.signal,
      onEvent: (event) => event.type === 'notice' && notices.push(event.message),
    });
    await expect.poll(() => service.requests.length).toBeGreaterThan(10);
    giveUp.abort('timeout');
    await expect(running).rejects.toBe('timeout');
    expect(notices).toHaveLength(1);
  });
});

describe('a start', () => {
  const answer = (status: number, message: string): Fault => ({
    kind: 'answer',
    status,
    body: { code: status, message },
  });

  test.each(['start:reset:after@1', 'start:502:after@1', 'start:stall:after@1', 'start:truncate@1'])(
    'whose answer was lost (%s) is seen by the status of the build',
    async (rule) => {
      const service = await faulty(rule);
      await using plan = await temporaryPlan();
      const {
        outcome,
        notices: told,
        events,
      } = await runBuild(service, plan, {
        transport: { changeTimeoutMs: 300 },
      });
      const [build] = service.inspect.builds('app');
      expect(outcome.status).toBe('ready');
      expect(shownLog(events)).toEqual(wholeLog(build, plan));
      if (rule === 'start:truncate@1') return;
      expect(told.at(-1)).toMatch(
        /^The answer to the start was lost \(.*\), but the build has started: continuing\.$/,
      );
      expect(asked(service).filter((request) => request.startsWith('POST /v2'))).toHaveLength(1);
    },
  );

  test('that shows late in the status is refused a second time, which is a success', async () => {
    // The status is read right after the lost start, and is older than it.
    const waiting = { templateID: 't', buildID: 'b', status: 'waiting', logEntries: [], logs: [] };
    const service = await faulty('start:502:after@1', {
      endpoint: 'status',
      at: [1],
      fault: { kind: 'answer', status: 200, body: waiting },
    });
    await using plan = await temporaryPlan();
    const { outcome, notices: told } = await runBuild(service, plan);
    expect(outcome.status).toBe('ready');
    expect(told.at(-1)).toBe(
      'The answer to the start was lost (answered 502), but the build has started: continuing.',
    );
    expect(service.requests.filter(({ path }) => path.startsWith('/v2')).map(({ status }) => status)).toEqual(
      [502, 400],
    );
  });

  test('of a build that is superseded by then shows how it ended', async () => {
    const service: LocalService = await startService({
      intercept: async (request, response, next) => {
        if (request.method === 'PUT') await register(service, 'app', ['v1']);
        sendReply(response, await next());
      },
    });
    await using plan = await temporaryPlan();
    const { outcome } = await runBuild(service, plan);
    const [first] = service.inspect.builds('app');
    expect(outcome).toMatchObject({
      status: 'superseded',
      buildId: first?.id,
      failure: { message: expect.stringContaining('superseded by a newer one') },
    });
  });

  test('that breaks the build is made good by a second build, once', async () => {
    const service = await startService();
    await using plan = await temporaryPlan();
    // A recipe that the service cannot start: 500, and the build is written off.
    const broken = { ...plan, wire: { ...plan.wire, fromTemplate: 'both' } };
    const { outcome, notices: told, events } = await runBuild(service, broken);
    const builds = service.inspect.builds('app');
    expect(builds.map(({ status }) => status)).toEqual(['error', 'error']);
    expect(outcome).toMatchObject({
      status: 'error',
      buildId: builds[1]?.id,
      failure: { message: expect.stringContaining('error when building env') },
      earlier: [{ buildId: builds[0]?.id, rebuiltFor: 'new-build' }],
    });
    expect(events.filter(({ type }) => type === 'started')).toEqual([]);
    expect(told.filter((line) => line.startsWith('The service broke while it started build'))).toHaveLength(
      2,
    );
  });

  test.each([400, 403, 404])('refused with %i is not repeated, and the build is named', async (status) => {
    const service = await faulty({ endpoint: 'start', fault: answer(status, 'no') });
    await using plan = await temporaryPlan();
    const { outcome } = await runBuild(service, plan);
    expect(outcome).toMatchObject({
      status: 'error',
      failure: { message: expect.stringContaining('saying: no') },
    });
    expect(outcome.buildId).toBe(service.inspect.builds('app')[0]?.id);
    expect(asked(service).filter((request) => request.startsWith('POST /v2'))).toHaveLength(1);
  });

  test('that never works ends with the last answer and how often it was tried', async () => {
    const service = await faulty('start:503');
    await using plan = await temporaryPlan();
    const { outcome } = await runBuild(service, plan);
    expect(outcome).toMatchObject({ status: 'error', failure: { request: { status: 503 } } });
    expect(outcome.failure?.message).toMatch(/It was tried 6 times/);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
