/** The smoke test on sandboxes of the embedded service. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createServiceClient } from '../../src/api/client.ts';
import { defaultTransport } from '../../src/api/transport.ts';
import { openNetwork } from '../../src/http/network.ts';
import { json, type Reply, sendReply } from '../../src/local/http.ts';
import type { LocalService, LocalServiceOptions } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import type { SmokeTestEvent } from '../../src/smoke-test/events.ts';
import { parseTest } from '../../src/smoke-test/parse-test.ts';
import { sandboxCommands } from '../../src/smoke-test/sandbox-commands.ts';
import { askPort } from '../../src/smoke-test/served-port.ts';
import { runSmokeTest } from '../../src/smoke-test/smoke-test.ts';
import { build, serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

interface Settings extends Pick<LocalServiceOptions, 'limits' | 'intercept'> {
  readonly script?: SimulationScript;
  readonly limitMs?: number;
  readonly startCmd?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SmokeTestEvent, service: LocalService) => void;
}

/** Answers otherwise than the service as long as `change` gives an answer. */
function instead(change: (line: string) => Reply | undefined): NonNullable<Settings['intercept']> {
  return async (request, response, next) =>
    sendReply(response, change(`${request.method} ${request.url?.split('?')[0]}`) ?? (await next()));
}

/** As if another sandbox of the team were in the way of the first request. */
function fullOnce(): NonNullable<Settings['intercept']> {
  let isFull = true;
  return instead((line) => {
    if (line !== 'POST /sandboxes' || !isFull) return undefined;
    isFull = false;
    return json(429, { code: 429, message: 'maximum number of concurrent sandboxes' });
  });
}

/** Builds `app:v1` with the start command `serve`, and tests it. */
async function testApp(commands: string, settings: Settings = {}) {
  const { script = [], limitMs = 60_000, startCmd = 'serve', signal, onEvent, ...options } = settings;
  const service = await startService({
    executor: createSimulatedExecutor({ stepMs: 0, script }),
    ...options,
  });
  const recipe = { fromImage: 'debian:12', steps: [], startCmd, readyCmd: 'is-ready' };
  const built = await build(service, 'app:v1', recipe);
  const network = openNetwork({});
  const transport = { ...defaultTransport, network };
  const connect = (ended: AbortSignal) =>
    createServiceClient({
      apiUrl: service.url,
      apiKey: service.apiKey,
      userAgent: 'test',
      transport: { ...transport, signal: ended },
    });
  const events: SmokeTestEvent[] = [];
  try {
    const outcome = await runSmokeTest(
      {
        reference: `app:${built.buildID}`,
        commands: parseTest(commands),
        startCmd,
        readyCmd: 'is-ready',
        limitMs,
      },
      {
        connect,
        inside: (sandbox) => {
          const address = { domain: 'example.com', ...sandbox, sandboxUrl: service.url };
          return { ...sandboxCommands(address, network), ask: askPort(address, network) };
        },
        marker: 'test-1',
        emit: (event) => {
          events.push(event);
          onEvent?.(event, service);
        },
        signal: signal ?? new AbortController().signal,
      },
    );
    const started = events.flatMap((event) => (event.type === 'sandbox' ? [event.sandboxId] : []));
    return { outcome, events, started, left: service.inspect.sandboxes(), service };
  } finally {
    await network.destroy();
  }
}

describe('a test that passes', () => {
  test('runs its commands in order, tells both streams apart, and ends the sandbox', async () => {
    const script: SimulationScript = [
      { at: 'command', text: /^python/, lines: ['Python 3.12', { text: 'a warning', stream: 'stderr' }] },
    ];
    const { outcome, events, started, left } = await testApp('python --version\necho done', { script });
    expect(outcome).toMatchObject({
      passed: true,
      sandboxId: started[0],
      commands: [
        { title: 'python --version', exitCode: 0, lastLines: ['Python 3.12', 'a warning'] },
        { title: 'echo done', exitCode: 0 },
      ],
      metrics: { memTotal: 1024 * 1024 * 1024 },
    });
    expect(outcome).not.toHaveProperty('failure');
    expect(
      events.map((event) => (event.type === 'line' ? `${event.stream} ${event.text}` : event.type)),
    ).toEqual([
      'sandbox',
      'command',
      'stdout Python 3.12',
      'stderr a warning',
      'command-end',
      'command',
      'stdout (simulated) echo done',
      'command-end',
    ]);
    expect(left).toEqual([]);
  });

  test('may have no command: then the start of a sandbox is the test', async () => {
    const { outcome } = await testApp('');
    expect(outcome).toMatchObject({ passed: true, commands: [] });
  });

  test('does not need the start command to run on, if the ready command succeeds', async () => {
    const { outcome } = await testApp('true', { script: [{ at: 'alive', fail: { message: '' } }] });
    expect(outcome.passed).toBe(true);
  });
});

describe('a test that does not pass', () => {
  test('ends with the first command that fails', async () => {
    const script: SimulationScript = [{ at: 'command', text: /^false/, lines: ['no'], exitCode: 3 }];
    const { outcome, left } = await testApp('true\nfalse\ntrue', { script });
    expect(outcome).toMatchObject({
      passed: false,
      commands: [{ exitCode: 0 }, { title: 'false', exitCode: 3, lastLines: ['no'] }],
      failure: {
        cause: 'command',
        message: expect.stringMatching(/^false ended with exit code 3 after [\d.]+ s\.$/),
      },
    });
    expect(left).toEqual([]);
  });

  test('ends a command that takes too long', async () => {
    const script: SimulationScript = [
      { at: 'command', text: /^sleep/, durationMs: Number.POSITIVE_INFINITY },
    ];
    const { outcome, left } = await testApp('sleep 100', { script, limitMs: 1500 });
    expect(outcome.failure?.message).toMatch(
      /^sleep 100 did not end within \d s; all commands together may take 2 s\.$/,
    );
    expect(left).toEqual([]);
  });

  test('says that the start command does not run', async () => {
    const script: SimulationScript = [
      { at: 'alive', fail: { message: '' } },
      { at: 'command', text: /^is-ready/, exitCode: 1 },
    ];
    const { outcome, left } = await testApp('true', { script });
    expect(outcome).toMatchObject({ passed: false, commands: [], failure: { cause: 'start-command' } });
    expect(outcome.failure?.message).toContain('The start command does not run in the sandbox: serve.');
    expect(left).toEqual([]);
  });

  test('says why no sandbox could be started', async () => {
    const { outcome } = await testApp('true', {
      script: [{ at: 'machine', fail: { message: 'no node has room' } }],
      limitMs: 20_000,
    });
    expect(outcome).toMatchObject({ passed: false, failure: { cause: 'sandbox' } });
    expect(outcome.failure?.message).toMatch(/^No sandbox could be started: .*no node has room/);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['hangs up', (response) => response.destroy()],
    ['refuses the token', (response) => response.writeHead(401).end('{"code":"unauthenticated"}')],
  ])('says that a sandbox was lost that %s, and blames no key', async (_what, answer) => {
    const { outcome, left } = await testApp('true', {
      intercept: async (request, response, next) => {
        if (request.url === '/process.Process/Start') answer(response);
        else {
          const reply = await next();
          response.writeHead(reply.status, reply.headers).end(reply.body);
        }
      },
    });
    expect(outcome.failure).toEqual({
      cause: 'sandbox',
      message: expect.stringContaining('The sandbox was lost'),
    });
    expect(left).toEqual([]);
  });
});

describe('a sandbox that is lost by a failure that may pass', () => {
  /** Hangs up on the first command, or on each. */
  const hangUp = (times: number): NonNullable<Settings['intercept']> => {
    let left = times;
    return async (request, response, next) => {
      if (request.url === '/process.Process/Start' && left-- > 0) return void response.destroy();
      await sendReply(response, await next());
    };
  };

  test('is replaced once, and the test begins anew', async () => {
    const { outcome, events, started, left } = await testApp('one\ntwo', { intercept: hangUp(1) });
    expect(outcome).toMatchObject({ passed: true, sandboxId: started[1] });
    expect(outcome.commands.map(({ title }) => title)).toEqual(['one', 'two']);
    expect(new Set(started).size).toBe(2);
    expect(events.filter(({ type }) => type === 'again')).toHaveLength(1);
    expect(left).toEqual([]);
  });

  test('is not replaced twice', async () => {
    const { outcome, started, left } = await testApp('one', { intercept: hangUp(2) });
    expect(outcome.failure?.cause).toBe('sandbox');
    expect(started).toHaveLength(2);
    expect(left).toEqual([]);
  });

  test('blames no template when the second has too little time left', async () => {
    const { outcome } = await testApp('sleep 100', {
      intercept: hangUp(1),
      limitMs: 3000,
      script: [{ at: 'command', text: /^sleep/, durationMs: Number.POSITIVE_INFINITY }],
    });
    expect(outcome.failure).toMatchObject({
      cause: 'sandbox',
      message: expect.stringMatching(
        /^The test had too little time left, since its first sandbox was lost\. sleep/,
      ),
    });
  });
});

describe('what takes a sandbox a moment', () => {
  test.each<[string, RegExp, Reply, number]>([
    ['until it knows a new build', /^POST \/sandboxes$/, json(404, { code: 404, message: 'no build' }), 1],
    ['until its agent answers', /Process\/List$/, json(502, { code: 'unavailable' }), 2],
    ['until it has figures', /metrics$/, json(200, []), 2],
  ])('is waited for: %s', async (_what, line, reply, times) => {
    let left = times;
    const { outcome, started } = await testApp('true', {
      intercept: instead((asked) => (line.test(asked) && left-- > 0 ? reply : undefined)),
    });
    expect(outcome).toMatchObject({ passed: true, metrics: { memTotal: 1024 * 1024 * 1024 } });
    expect(started).toHaveLength(1);
  });

  test('is not waited for without end: a service that fails each time is asked three times', async () => {
    let asked = 0;
    const { outcome } = await testApp('true', {
      intercept: instead((line) => {
        if (line !== 'POST /sandboxes') return undefined;
        asked += 1;
        return json(500, { code: 500, message: 'out of order' });
      }),
    });
    expect(outcome.failure?.cause).toBe('sandbox');
    expect(outcome.failure?.message).not.toContain('None was free');
    expect(asked).toBe(3);
  });

  test('gets the time that the service asks for, unless the test would be over', async () => {
    let asked = 0;
    const { outcome } = await testApp('true', {
      limitMs: 5000,
      intercept: instead((line) => {
        if (line !== 'POST /sandboxes') return undefined;
        asked += 1;
        const busy = json(429, { code: 429, message: 'too many' });
        return { ...busy, headers: { ...busy.headers, 'retry-after': '60' } };
      }),
    });
    expect(outcome.failure?.message).toMatch(/ None was free within \d s\. The team has in use: /);
    expect(asked).toBe(1);
  });
});

test('outlives its time limit only by a margin, should nobody end it', async () => {
  const { service } = await testApp('true', { limitMs: 60_000 });
  const created = service.requests.find(({ method, path }) => method === 'POST' && path === '/sandboxes');
  expect(created?.body).toMatchObject({ timeout: 90 });
});

test('keeps the last 200 lines of a command', async () => {
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index + 1}`);
  const { outcome } = await testApp('print', { script: [{ at: 'command', text: /^print/, lines }] });
  expect(outcome.commands[0]?.lastLines).toEqual(lines.slice(-200));
});

test('knows a start command with blanks around it', async () => {
  const { outcome } = await testApp('true', {
    startCmd: ' serve\n',
    script: [{ at: 'command', text: /^is-ready/, exitCode: 1 }],
  });
  expect(outcome.passed).toBe(true);
});

test('waits for a sandbox while the team has as many as it may, and says how many', async () => {
  const { outcome, events } = await testApp('true', {
    limits: { concurrentSandboxes: 1 },
    intercept: fullOnce(),
  });
  expect(outcome.passed).toBe(true);
  expect(events).toContainEqual({
    type: 'waiting',
    why: 'answered 429',
    use: {
      sandboxes: { inUse: 0, most: 1 },
      cpus: { inUse: 0, most: 8 },
      memoryMb: { inUse: 0, most: 8192 },
    },
    leftMs: expect.any(Number),
  });
});

test('says nothing about a template when the wait for a sandbox left its test too little time', async () => {
  const script: SimulationScript = [{ at: 'command', text: /^sleep/, durationMs: Number.POSITIVE_INFINITY }];
  const { outcome, left } = await testApp('sleep 100', {
    script,
    limitMs: 2500,
    intercept: fullOnce(),
  });
  expect(outcome.failure).toMatchObject({ cause: 'sandbox', status: 429 });
  expect(outcome.failure?.message).toMatch(
    /^The test had too little time left\. It waited \d+ s for a free sandbox\. sleep 100 did not end within \d s;/,
  );
  expect(left).toEqual([]);
});

test('ends its sandbox when the job is cancelled', async () => {
  const cancelled = new AbortController();
  let used: LocalService | undefined;
  const script: SimulationScript = [{ at: 'command', text: /^sleep/, durationMs: Number.POSITIVE_INFINITY }];
  const testing = testApp('sleep 100', {
    script,
    signal: cancelled.signal,
    onEvent: ({ type }, service) => {
      used = service;
      if (type === 'command') cancelled.abort('interrupted');
    },
  });
  await expect(testing).rejects.toBe('interrupted');
  expect(used?.inspect.sandboxes()).toEqual([]);
});
