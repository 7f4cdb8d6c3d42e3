/** `npm run live` as a process, against the embedded service. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeOwnName } from '../scripts/live/own-name.ts';
import { deleteOwnTemplate } from '../scripts/live/own-template.ts';
import { questions } from '../scripts/live/questions/index.ts';
import { sendReply } from '../src/local/http.ts';
import type { LocalService } from '../src/local/service.ts';
import { createSimulatedExecutor } from '../src/local/simulated.ts';
import type { SimulationRule } from '../src/local/simulation-script.ts';
import { build, serviceStarter } from './support/service-client.ts';
import { answer, refuse, tamper } from './support/tampered-service.ts';
import { planted } from './support/temporary-directory.ts';

const script = fileURLToPath(new URL('../scripts/live.ts', import.meta.url));
const startService = serviceStarter();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const manyLines: SimulationRule = {
  text: /^RUN seq/,
  lines: Array.from({ length: 250 }, (_, line) => String(line + 1)),
};

/** Where a sandbox answers like the machine that the script of the second build describes. */
const traces: SimulationRule = {
  at: 'command',
  text: /live-check-pre-boot/,
  lines: ['found', 'user root', 'uptime 1.52', 'parent /sbin/init'],
};

const simulated = (...rules: readonly SimulationRule[]) =>
  createSimulatedExecutor({ stepMs: 0, script: rules });

function live(service: LocalService | undefined, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { NOVITA_API_KEY: _key, ...rest } = process.env;
  const reach = service && {
    NOVITA_API_KEY: service.apiKey,
    NOVITA_API_URL: service.url,
    NOVITA_SANDBOX_URL: service.url,
  };
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...rest, ...reach, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, ...printed }));
  return { child, printed, ended };
}

/** The answers, or why there are none, by the question's id. */
async function answersOf(service: LocalService, ...args: string[]) {
  const file = join(await planted(), 'live.json');
  const result = await live(service, ['--yes', '--json', file, ...args]).ended;
  const document = JSON.parse(readFileSync(file, 'utf8')) as {
    name: string;
    left: string[];
    questions: {
      id: string;
      answer?: string;
      reason?: string;
      evidence: { status?: number; line: string }[];
    }[];
  };
  const answers = Object.fromEntries(
    document.questions.map(({ id, answer: found, reason }) => [id, found ?? `NOT ANSWERED: ${reason}`]),
  );
  return { ...result, document, answers };
}

function expectNothingLeft(service: LocalService, ...kept: readonly string[]): void {
  expect(service.inspect.templates().map(({ alias }) => alias)).toEqual(kept);
  expect(service.inspect.sandboxes()).toEqual([]);
  expect(unfinishedOf(service)).toEqual([]);
}

function unfinishedOf(service: LocalService) {
  return service.inspect.builds().filter(({ status }) => status !== 'ready' && status !== 'error');
}

describe('a run with --yes', () => {
  test('answers every question, as a table and as JSON, and removes all of its own and nothing else', async () => {
    const service = await startService({
      executor: simulated(manyLines, traces),
      limits: { concurrentBuilds: 3 },
    });
    const foreign = await build(service, 'my-agent', {}, ['v1', 'shared', 'first']);
    const { exitCode, stdout, stderr, document, answers } = await answersOf(service, '--limits');
    expect(exitCode, stdout + stderr).toBe(0);
    expect(answers).toEqual({
      'upload-link': 'An unknown store (127.0.0.1); the link does not say how long it is valid.',
      'upload-present': 'Yes, with a url.',
      'target-build-id': 'Yes.',
      'target-candidate': 'Yes.',
      'tag-created-at': expect.stringMatching(/^Yes, all 5, such as \d{4}-\d\d-\d\dT/),
      'delete-tags': 'Yes.',
      'target-removed': 'Yes.',
      'sandbox-build-id': 'Yes.',
      'start-command': 'Yes, as /bin/bash -l -c sleep 86399.',
      metrics: expect.stringContaining('A list of 1 reading, with cpuCount, cpuUsedPct, diskTotal'),
      quota: '1 of 100 sandboxes are in use; at most 8 vCPU and 8192 MiB each.',
      sizes:
        '2 vCPU with 1000 MiB accepted; 2 vCPU with 1025 MiB refused (400); 2 vCPU with 512 MiB accepted; 2 vCPU with 1048576 MiB refused (400); 3 vCPU with 3072 MiB refused (400).',
      'tag-until-ready':
        'Yes: before, the tag means the old build, and after, the new build. The list of tags names the new build already before.',
      'rebuild-id': 'Yes.',
      'page-limit': 'Yes; limit=101 is answered 400.',
      'logs-route': 'Yes, with 100 entries in one response.',
      'pre-boot':
        'It runs as root, 1.52 s after the start of its machine, started by /sbin/init. Its output is not on the first page of the log.',
      concurrency: expect.stringContaining('At most 3 more at once'),
      'retry-after': 'No.',
      deletion: 'Hard: the name gets a new templateID; afterwards its ID is answered 404 and its build 400.',
    });
    expect(Object.keys(answers)).toEqual(questions.map(({ id }) => id));
    for (const { id, evidence } of document.questions) expect(evidence.length, id).toBeGreaterThan(0);
    expect(stdout).toMatch(/^Question +│ Answer +│ Evidence$/m);
    expect(stdout).toContain('20 of 20 questions answered.');
    expect(stdout).toContain(`Everything under ${document.name} was removed.`);
    expect(stdout + stderr).not.toContain(service.apiKey);
    expectNothingLeft(service, 'my-agent');
    expect(service.inspect.resolve('my-agent', 'shared')).toBe(foreign.buildID);
    const started = service.requests.filter(({ method, path }) => method === 'POST' && path === '/sandboxes');
    expect(started.map(({ body }) => body)).toEqual(
      Array(2).fill(
        expect.objectContaining({ timeout: 300, templateID: expect.stringMatching(/^live-check-/) }),
      ),
    );
  });

  test('floods nothing without --limits, and says what the service did not show', async () => {
    const service = await startService({ executor: simulated() });
    const { exitCode, answers } = await answersOf(service);
    expect(exitCode).toBe(0);
    expect(answers).toMatchObject({
      concurrency: 'NOT ANSWERED: asked only with --limits',
      'retry-after': 'NOT ANSWERED: no request was answered 429; with --limits one is',
      'page-limit': expect.stringMatching(/^NOT ANSWERED: the log has only \d+ entries/),
      'pre-boot': 'NOT ANSWERED: the sandbox did not run the command that looks for traces',
    });
    expect(service.requests.filter(({ body }) => JSON.stringify(body)?.includes('limit-1'))).toEqual([]);
    expectNothingLeft(service);
  });

  test('asks the other questions when one cannot be answered, and says why it could not', async () => {
    const faults = tamper();
    faults.on('assign', refuse(500, 'the tags are out of order'));
    const service = await startService({ executor: simulated(manyLines), intercept: faults.intercept });
    const { exitCode, answers, stdout } = await answersOf(service);
    expect(exitCode).toBe(0);
    expect(answers).toMatchObject({
      'target-build-id': 'No, it is answered 500.',
      'delete-tags': 'NOT ANSWERED: POST /templates/tags was answered 500',
      'sandbox-build-id': 'Yes.',
      'rebuild-id': 'Yes.',
      deletion: expect.stringMatching(/^Hard/),
    });
    expect(stdout).toContain('the tags are out of order');
    expectNothingLeft(service);
  });

  test('says why what needs a build has no answer when the build fails', async () => {
    const service = await startService({
      executor: simulated({ text: /^RUN seq/, fail: { message: 'failed to run command' } }),
    });
    const { exitCode, answers } = await answersOf(service);
    expect(exitCode).toBe(0);
    const reason = 'NOT ANSWERED: the first build failed: failed to run command';
    expect(answers).toMatchObject({
      'upload-present': 'Yes, with a url.',
      'target-build-id': reason,
      'sandbox-build-id': reason,
      'rebuild-id': reason,
      deletion: expect.stringMatching(/^Hard/),
    });
    expectNothingLeft(service);
  });

  test('takes a service that keeps the name of a deleted template for one that deletes softly', async () => {
    let deleted = false;
    const service = await startService({
      executor: simulated(),
      intercept: async (request, response, next) => {
        if (request.method === 'DELETE' && /^\/templates\/(?!tags)/.test(request.url ?? '')) deleted = true;
        const isLate = deleted && request.method === 'POST' && request.url === '/v3/templates';
        const refusal = { code: 404, message: "Template 'x' has been deleted and cannot be rebuilt" };
        await sendReply(response, isLate ? answer(404, refusal) : await next());
      },
    });
    const { answers } = await answersOf(service);
    expect(answers['deletion']).toContain('Soft: the name is refused (404)');
    expectNothingLeft(service);
  });
});

describe('a run that is stopped', () => {
  const endless: SimulationRule = { text: /^RUN seq/, durationMs: Number.POSITIVE_INFINITY };
  test.for([
    ['while it builds', 'SIGINT', 130, [endless], /^POST \/v2\//],
    ['while a template is made', 'SIGINT', 130, [], /^POST \/v3\//],
    ['while a sandbox is made', 'SIGINT', 130, [], /^POST \/sandboxes$/],
    ['while a sandbox runs', 'SIGTERM', 143, [], /^GET .*\/metrics$/],
  ] as const)('%s by %s removes everything', async ([, signal, code, rules, place]) => {
    const seen = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const atDeletion: { readonly unfinished: number; readonly tags: number }[] = [];
    const service = await startService({
      executor: simulated(...rules),
      intercept: async (request, response, next) => {
        const [, id] = /^DELETE \/templates\/(?!tags)(.*)$/.exec(`${request.method} ${request.url}`) ?? [];
        if (id !== undefined) {
          const unfinished = unfinishedOf(service).length;
          atDeletion.push({ unfinished, tags: service.inspect.tagHistory(id).length });
        }
        const reply = await next();
        if (place.test(`${request.method} ${request.url}`)) {
          seen.resolve();
          // What it has made is known to the run only after it was stopped.
          await told.promise;
        }
        await sendReply(response, reply);
      },
    });
    const { child, printed, ended } = live(service, ['--yes']);
    await seen.promise;
    // Twice, as from a terminal and from npm.
    child.kill(signal);
    child.kill(signal);
    await expect.poll(() => printed.stdout).toContain('The run was stopped. Removing what was made');
    told.resolve();
    const { exitCode, stdout, stderr } = await ended;
    expect(exitCode, stdout + stderr).toBe(code);
    expect(stdout).toContain('Not answered: The run was stopped');
    // The deletion alone would let a build of the real service run on.
    expect(atDeletion).toEqual([{ unfinished: 0, tags: 0 }]);
    expectNothingLeft(service);
  });

  test('by its time limit removes everything, and is no success', async () => {
    const service = await startService({ executor: simulated(endless) });
    const { exitCode, stdout, stderr } = await live(service, ['--yes', '--minutes', '0.05']).ended;
    expect(exitCode, stdout + stderr).toBe(1);
    expect(stderr).toContain('The time limit of 0.05 minutes was reached.');
    expectNothingLeft(service);
  });
});

describe('templates of others', () => {
  test('are not deleted when the service lists another one under the name of the run', async () => {
    let lookUps = 0;
    const service = await startService({
      executor: simulated(),
      intercept: async (request, response, next) => {
        const isLookUp = request.url?.startsWith('/templates/aliases/live-check-') && ++lookUps > 1;
        const foreign = service.inspect.templates().find(({ alias }) => alias === 'my-agent');
        await sendReply(
          response,
          isLookUp ? answer(200, { templateID: foreign?.id, public: false }) : await next(),
        );
      },
    });
    await build(service, 'my-agent', {}, ['v1', 'first', 'shared']);
    const { exitCode, stderr, document } = await answersOf(service);
    expect(exitCode).toBe(1);
    expect(document.left.join()).toContain('under my-agent, not only under live-check-');
    expect(stderr).toContain('Left at the service:');
    expectNothingLeft(service, 'my-agent');
    expect(service.inspect.tagHistory('my-agent')).toHaveLength(3);
  });

  test.each([
    ['a name of another kind', 'my-agent', { aliases: ['my-agent'], names: ['team/my-agent'] }],
    ['a second name', undefined, { aliases: ['my-agent'], names: [] }],
    ['no names', undefined, {}],
  ])('are not deleted for %s', async (_, name, listed) => {
    const own = makeOwnName();
    const body = name === undefined && 'aliases' in listed ? { ...listed, names: [`team/${own}`] } : listed;
    const send = vi.fn(async () => ({
      ...{ status: 200, ok: true, body, retryAfter: null },
      evidence: { request: 'GET', status: 200, line: '' },
    }));
    expect(await deleteOwnTemplate({ send }, name ?? own, 'abc')).toMatchObject({ ok: false });
    expect(send.mock.calls.map(([method]: unknown[]) => method)).not.toContain('DELETE');
  });
});

describe('a run that must not be', () => {
  test.each([
    ['the key', ['--yes'], { NOVITA_API_KEY: '' }, 'NOVITA_API_KEY is not set.'],
    ['--yes', [], {}, 'Nothing was done. Add --yes to do it.'],
    ['a time limit', ['--yes', '--minutes', 'ten'], {}, '--minutes is "ten"; it must be a number'],
    ['an image', ['--yes', '--image', 'a b'], {}, '--image is "a b"'],
    ['known options', ['--yes', '--force'], {}, "Unknown option '--force'"],
    ['a domain', ['--yes'], { NOVITA_DOMAIN: 'https://x' }, 'Input domain: found "https://x"'],
  ])('sends nothing and exits 2 without %s', async (_, args, env, message) => {
    const service = await startService();
    const { exitCode, stderr, stdout } = await live(service, args, env).ended;
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    if (args.length === 0)
      expect(stdout).toMatch(/asks 19 questions at 127\.0\.0\.1:\d+, under .* live-check-/);
    expect(service.requests).toEqual([]);
  });

  test('makes nothing with a key that the service refuses', async () => {
    const service = await startService();
    const { exitCode, stderr } = await live(service, ['--yes'], { NOVITA_API_KEY: 'sk_wrong_key_123' }).ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The service does not accept the key');
    expect(service.requests).toHaveLength(1);
  });
});
