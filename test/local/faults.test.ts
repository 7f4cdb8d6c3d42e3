import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Fault, FaultRule } from '../../src/local/fault-plan.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import type { LocalService } from '../../src/local/service.ts';
import { ask, serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

/** The result of a registration for a client: the status and the text, or how the connection ended. */
async function register(service: LocalService, signal?: AbortSignal): Promise<string> {
  try {
    const response = await fetch(`${service.url}/v3/templates`, {
      method: 'POST',
      headers: { 'x-api-key': service.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'app' }),
      ...(signal && { signal }),
    });
    const body = await response.text();
    return `${response.status} ${body.replace(/"[\w-]{20,36}"/g, '"…"')}`.trim();
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? (name === 'TimeoutError' ? 'no answer' : message);
  }
}

const real =
  '202 {"templateID":"…","buildID":"…","aliases":["app"],"names":["local/app"],"tags":["default"],"public":false}';

describe('a fault', () => {
  test.each<[string, Partial<FaultRule> & { fault: Fault }, string | RegExp, number]>([
    [
      'a status',
      { fault: { kind: 'answer', status: 429 } },
      '429 {"code":429,"message":"made by the fault plan"}',
      0,
    ],
    ['a status after', { effect: 'after', fault: { kind: 'answer', status: 500, body: '' } }, '500', 1],
    ['an answer', { fault: { kind: 'answer', status: 200, body: { a: 1 } } }, '200 {"a":1}', 0],
    ['a text', { fault: { kind: 'answer', status: 502, body: '<h1>Bad' } }, '502 <h1>Bad', 0],
    ['a reset', { fault: { kind: 'reset' } }, /ECONNRESET|UND_ERR_SOCKET/, 0],
    ['a reset after', { effect: 'after', fault: { kind: 'reset' } }, /ECONNRESET|UND_ERR_SOCKET/, 1],
    ['a stall', { fault: { kind: 'stall' } }, 'no answer', 0],
    ['a stall after', { effect: 'after', fault: { kind: 'stall' } }, 'no answer', 1],
    ['a page', { fault: { kind: 'html' } }, /^200 <!doctype html>/, 0],
    ['no body', { fault: { kind: 'empty' } }, '202', 1],
    ['half a body', { fault: { kind: 'truncate' } }, /terminated|UND_ERR_SOCKET|ECONNRESET/, 1],
    ['a slow body', { fault: { kind: 'slow', pauseMs: 1, pieces: 3 } }, real, 1],
  ])('%s reaches the client, and the request is carried out or not', async (_, rule, expected, builds) => {
    const service = await startService({ faults: { rules: [{ endpoint: 'register', ...rule }] } });
    const got = await register(service, AbortSignal.timeout(rule.fault.kind === 'stall' ? 100 : 10_000));
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatch(expected);
    expect(service.inspect.builds()).toHaveLength(builds);
    expect((await ask(service, 'GET', '/v2/templates')).status).toBe(200);
  });

  test('has the headers that it is given', async () => {
    const fault: Fault = { kind: 'answer', status: 429, headers: { 'retry-after': '7' } };
    const service = await startService({ faults: { rules: [{ endpoint: 'list', fault }] } });
    expect((await ask(service, 'GET', '/v2/templates')).headers.get('retry-after')).toBe('7');
  });

  const statuses = async (rules: FaultRule[], count: number, seed?: number) => {
    const service = await startService({ faults: { rules, ...(seed !== undefined && { seed }) } });
    const found: number[] = [];
    for (let time = 0; time < count; time++) found.push((await ask(service, 'GET', '/v2/templates')).status);
    return found;
  };
  const answerWith = (status: number): Fault => ({ kind: 'answer', status });

  test('comes at its occurrences, at most so often, and the first that fits is taken', async () => {
    const rules: FaultRule[] = [
      { endpoint: 'list', at: [2, 4], fault: answerWith(501) },
      { endpoint: 'GET /v2/*', times: 2, fault: answerWith(502) },
      { endpoint: '*', at: [6], fault: answerWith(503) },
      { endpoint: 'register', fault: answerWith(504) },
    ];
    expect(await statuses(rules, 7)).toEqual([502, 501, 502, 501, 200, 503, 200]);
  });

  test('comes by chance, the same for the same seed', async () => {
    const rules: FaultRule[] = [{ endpoint: '*', probability: 0.3, fault: answerWith(500) }];
    const first = await statuses(rules, 100, 7);
    expect(await statuses(rules, 100, 7)).toEqual(first);
    expect(await statuses(rules, 100, 8)).not.toEqual(first);
    const hits = first.filter((status) => status === 500).length;
    expect(hits).toBeGreaterThan(15);
    expect(hits).toBeLessThan(50);
  });
});

describe('the short syntax', () => {
  test.each<[string, FaultRule]>([
    ['status:502', { endpoint: 'status', fault: { kind: 'answer', status: 502 } }],
    ['register:reset:after@1', { endpoint: 'register', effect: 'after', at: [1], fault: { kind: 'reset' } }],
    ['upload:stall@2-4', { endpoint: 'upload', at: [2, 3, 4], fault: { kind: 'stall' } }],
    ['*:truncate@1,3-4', { endpoint: '*', at: [1, 3, 4], fault: { kind: 'truncate' } }],
    ['logs:slow@2.5%', { endpoint: 'logs', probability: 0.025, fault: { kind: 'slow' } }],
    ['assign-tags:empty', { endpoint: 'assign-tags', fault: { kind: 'empty' } }],
  ])('%s', (short, rule) => {
    expect(readFaultRule(short)).toEqual(rule);
  });

  test.each([
    ['status', 'cannot be read'],
    ['', 'cannot be read'],
    ['status:502:before', 'cannot be read'],
    ['status:502@', 'cannot be read'],
    ['stats:502', 'names no endpoint; there are register,'],
    ['toString:502', 'names no endpoint'],
    ['status:99', 'names no fault'],
    ['status:600', 'names no fault'],
    ['status:crash', 'names no fault; there are a status from 200 to 599, reset,'],
    ['status:502@0', 'number, range, list or percentage'],
    ['status:502@4-2', 'number, range, list or percentage'],
    ['status:502@101%', 'number, range, list or percentage'],
    ['status:502@often', 'number, range, list or percentage'],
  ])('%j is refused', (short, why) => {
    expect(() => readFaultRule(short)).toThrow(why);
    expect(() => readFaultRule(short)).toThrow('such as status:502');
  });
});

describe('the command', () => {
  const main = fileURLToPath(new URL('../../src/local/main.ts', import.meta.url));

  test('makes the faults of its arguments', async () => {
    const child = spawn(process.execPath, [main, '--fault', 'list:502@1', '--fault', 'list:503@2'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        printed += chunk;
      });
      await expect.poll(() => printed).toContain('It makes faults by 2 rules.\n');
      const url = /^NOVITA_API_URL=(.*)$/m.exec(printed)?.[1] ?? '';
      const list = () => fetch(`${url}/v2/templates`).then(({ status }) => status);
      // Without a key: the third request gets through to the service, which wants one.
      expect([await list(), await list(), await list()]).toEqual([502, 503, 401]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test.each([
    [['--fault', 'status'], 'The fault "status" cannot be read.'],
    [['--fault-seed', 'x'], '--fault-seed is "x"; it must be a whole number'],
  ])('%j is refused in one line', async (args, message) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const stderr = await text(child.stderr);
    expect(stderr).toContain(message);
    expect(stderr.split('\n')).toEqual([expect.any(String), 'Try --help.', '']);
  });
});
