/** The sandbox of a test ends with its step, whatever ends the step. */
import { describe, expect } from 'vitest';
import { sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { type Run, testWith } from '../support/fixtures.ts';

const test = testWith({
  files: {
    'template.ts':
      "import { Template } from 'novita-sandbox';\nexport default Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');\n",
  },
  defaults: { inputs: { name: 'my-agent', tags: 'v1', test: 'sleep 100' } },
});

const isCreate: (request: Parameters<Interceptor>[0]) => boolean = ({ method, url }) =>
  method === 'POST' && url === '/sandboxes';
const isKill: typeof isCreate = ({ method, url = '' }) =>
  method === 'DELETE' && url.startsWith('/sandboxes/');

const running = ({ inspect }: LocalService) => inspect.sandboxes().length;
const forever = [
  { at: 'command' as const, text: /^sleep/, lines: ['begun'], durationMs: Number.POSITIVE_INFINITY },
];

/** Answers as the service does, but for what `change` takes. */
const instead =
  (change: (...call: Parameters<Interceptor>) => Promise<boolean>): Interceptor =>
  async (request, response, next) => {
    if (!(await change(request, response, next))) sendReply(response, await next());
  };

/** Runs the step, and sends a signal when `mark` is printed. */
const killedAt = (run: Run, mark: string, signal: NodeJS.Signals) =>
  run({
    onOutput: (printed, kill) => {
      if (printed.includes(mark)) kill(signal);
    },
  });

describe('a signal while a command runs', () => {
  test.for(['SIGINT', 'SIGTERM'] as const)(
    '%s: the step ends the sandbox',
    async (signal, { service, run }) => {
      service.script = forever;
      const main = await killedAt(run, '│ begun', signal);
      expect(main.exitCode, main.log).toBe(130);
      expect(running(service)).toBe(0);
      const asked = service.requests.length;
      const post = await run({ state: main.state });
      expect(post.log).not.toContain('andbox');
      expect(service.requests).toHaveLength(asked);
    },
  );

  test('SIGKILL: the post step ends it', async ({ service, run }) => {
    service.script = forever;
    const main = await killedAt(run, '│ begun', 'SIGKILL');
    expect(main.exitCode).toBeNull();
    const [left] = service.inspect.sandboxes();
    expect(left).toBeDefined();
    const post = await run({ state: main.state });
    expect(post.log).toContain(`Ended sandbox ${left?.id}, which the test of the build step had left.`);
    expect(post.exitCode).toBe(0);
    expect(running(service)).toBe(0);
  });

  test('the service does not answer: the post step tries again', async ({ service, run }) => {
    service.script = forever;
    let isDeaf = true;
    service.intercept = instead(async (request) => isDeaf && isKill(request));
    const main = await killedAt(run, '│ begun', 'SIGINT');
    expect(main.exitCode, main.log).toBe(130);
    expect(main.log).toMatch(
      /^::warning title=A sandbox may still run::A sandbox may still run: Sandbox \w+ could not be ended/m,
    );
    expect(running(service)).toBe(1);
    isDeaf = false;
    await run({ state: main.state });
    expect(running(service)).toBe(0);
  });

  test('a post step without the key, or with another service, asks nobody', async ({ service, run }) => {
    service.script = forever;
    const main = await killedAt(run, '│ begun', 'SIGKILL');
    const asked = service.requests.length;
    for (const env of [{ NOVITA_API_KEY: '' }, { NOVITA_API_URL: 'http://127.0.0.1:9' }])
      expect(await run({ state: main.state, env })).toMatchObject({ exitCode: 0 });
    expect(service.requests).toHaveLength(asked);
  });
});

describe('a signal while the sandbox is asked for', () => {
  const cases = [
    ['SIGINT', 'is lost', 130],
    ['SIGTERM', 'is lost', 130],
    ['SIGINT', 'comes a little later', 130],
    ['SIGKILL', 'is lost', null],
  ] as const;
  test.for(cases)('%s, and the answer %s', async ([signal, fate, exitCode], { service, run }) => {
    let pid = 0;
    service.intercept = instead(async (request, response, next) => {
      if (!isCreate(request)) return false;
      const reply = await next();
      process.kill(pid, signal);
      if (fate !== 'is lost') setTimeout(() => sendReply(response, reply), 300);
      return true;
    });
    const main = await run({
      onSpawn: (id) => {
        pid = id;
      },
    });
    expect(main.exitCode, main.log).toBe(exitCode);
    if (signal === 'SIGKILL') {
      expect(running(service)).toBe(1);
      const post = await run({ state: main.state });
      expect(post.log).toContain('Ended a sandbox, which the test of the build step had left.');
    }
    expect(running(service)).toBe(0);
  });
});

describe('without a signal', () => {
  test('a sandbox whose answer was lost is ended before another is asked for', async ({ service, run }) => {
    let creates = 0;
    service.intercept = instead(async (request, response, next) => {
      if (!isCreate(request)) return false;
      creates += 1;
      if (creates > 1) {
        expect(running(service)).toBe(0);
        return false;
      }
      await next();
      response.destroy();
      return true;
    });
    const { exitCode, log } = await run({ inputs: { test: 'true' } });
    expect(exitCode, log).toBe(0);
    expect(creates).toBe(2);
    expect(running(service)).toBe(0);
  });

  test('a failed request to end it is repeated, and one that is gone is no error', async ({
    service,
    run,
  }) => {
    let kills = 0;
    service.intercept = instead(async (request, response, next) => {
      if (!isKill(request)) return false;
      kills += 1;
      if (kills === 1) sendReply(response, { status: 502, headers: {}, body: '' });
      else if (kills === 2) {
        // Carried out, and its answer is lost.
        await next();
        response.destroy();
      } else return false;
      return true;
    });
    const { exitCode, log } = await run({ inputs: { test: 'true' } });
    expect(exitCode, log).toBe(0);
    expect(kills).toBe(3);
    expect(log).not.toContain('A sandbox may still run');
    expect(running(service)).toBe(0);
  });

  test('a service that takes no notice of the question for its sandboxes loses no other', async ({
    service,
    run,
  }) => {
    const { Sandbox } = await import('novita-sandbox');
    await run({ inputs: { test: '' } });
    const { url, apiKey } = service;
    const other = await Sandbox.create('my-agent:v1', { apiKey, apiUrl: url, sandboxUrl: url });
    service.intercept = instead(async (request, response, next) => {
      if (isCreate(request)) {
        await next();
        response.destroy();
        return true;
      }
      if (request.url?.startsWith('/v2/sandboxes')) request.url = '/v2/sandboxes';
      return false;
    });
    const { exitCode } = await run({ inputs: { test: 'true', tags: 'v2' } });
    expect(exitCode).toBe(1);
    expect(service.inspect.sandboxes().map(({ id }) => id)).toEqual([other.sandboxId]);
  });
});
