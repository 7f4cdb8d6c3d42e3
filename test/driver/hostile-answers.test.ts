/** What a person sees when the service, or a server in between, breaks the API's promises. */

import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/api/schemas.ts';
import { createStepTracker } from '../../src/driver/step-tracker.ts';
import { type RunChanges, runBuild, shownLog, temporaryPlan } from '../support/build-run.ts';
import {
  changed,
  type Endpoint,
  type Entry,
  hostileService,
  logOf,
  page,
  type Reply,
  type Twist,
} from './hostile.ts';

async function run(
  twist: Twist,
  {
    log = logOf(250),
    files = {},
    ...changes
  }: RunChanges & { log?: Entry[]; files?: Record<string, string> } = {},
) {
  await using service = await hostileService(log, twist);
  await using plan = await temporaryPlan({ files });
  const result = await runBuild(service, plan, changes);
  const tracker = createStepTracker(plan.steps);
  return {
    ...result,
    service,
    log: shownLog(result.events),
    whole: shownLog([...log.flatMap((entry) => tracker.take(entry as LogEntry)), ...tracker.end()]),
  };
}

const json = (status: number, message = 'no'): Reply => ({ status, body: { code: status, message } });
/** Answers these looks, counted from 1, with this. */
const at =
  (endpoint: Endpoint, numbers: readonly number[], reply: Reply): Twist =>
  (question) =>
    question.endpoint === endpoint && numbers.includes(question.nth) ? reply : undefined;

describe('an answer of something in between', () => {
  const answers: [string, Reply][] = [
    ...[401, 403, 404, 409, 418, 302].map((status): [string, Reply] => [
      `${status} with a page`,
      { ...page, status },
    ]),
    ['304 with nothing', { status: 304 }],
    ['403 with nothing', { status: 403 }],
    ['404 with a text', { status: 404, body: 'not found' }],
    ['403 with other JSON', { status: 403, body: { error: 'blocked' } }],
    ['a page to sign in', page],
    ['204', { status: 204 }],
    ['a status of its own', { status: 999, body: 'no' }],
  ];

  test.each(answers)('%s ends no build that is followed', async (_, reply) => {
    const { outcome, log, whole } = await run(at('status', [2, 3, 4], reply));
    expect(outcome.failure).toBeUndefined();
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test.each(answers)('%s to an upload link or a start costs nothing', async (_, reply) => {
    for (const endpoint of ['link', 'start'] as const) {
      const { outcome, service } = await run(at(endpoint, [1, 2], reply), { files: { 'a.txt': 'a' } });
      expect(outcome.failure).toBeUndefined();
      expect(outcome.status).toBe('ready');
      expect([service.registrations(), service.starts()]).toEqual([1, 1]);
    }
  });

  test('in place of the API, from the first request on, is reported at once', async () => {
    await using service = await hostileService([], () => ({ ...page, status: 404 }));
    await using plan = await temporaryPlan({ files: {} });
    await expect(runBuild(service, plan)).rejects.toMatchObject({ kind: 'refused', status: 404 });
    expect(service.asked('register')).toBe(1);
  });

  test('to the registration is looked behind, so that there is one build', async () => {
    // The API has spoken: another build was registered with this client before.
    const { outcome, service } = await run(at('register', [1], { ...page, status: 200 }));
    expect(outcome.status).toBe('ready');
    expect(service.registrations()).toBe(1);
  });
});

describe('a refusal by the API itself', () => {
  test.each([401, 403, 404, 400])('that is taken back (%i) ends no build', async (status) => {
    const { outcome, log, whole } = await run(at('status', [2, 3], json(status)));
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test.each([
    [401, 'api-key'],
    [403, 'forbidden'],
  ])('that stays (%i) ends after a few looks', async (status, failure) => {
    const { outcome, service } = await run(({ endpoint, nth }) =>
      endpoint === 'status' && nth > 2 ? json(status) : undefined,
    );
    expect(outcome).toMatchObject({ status: 'building', diagnosis: { class: failure } });
    expect(outcome.failure?.message).toMatch(/\nIt was tried 6 times within/);
    expect(service.asked('status')).toBe(8);
  });
});

describe('a final state', () => {
  /** Says so at one look, in the middle of the build. */
  const tooEarly =
    (status: string): Twist =>
    ({ endpoint, nth, honest }) =>
      endpoint === 'status' && nth === 3 ? changed(honest, { status }) : undefined;

  test.each(['ready', 'error'])('%s that is taken back is not believed', async (status) => {
    const { outcome, log, whole } = await run(tooEarly(status));
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });

  test.each([
    ['ready', 'error'],
    ['error', 'ready'],
  ])('%s at the end of the log that is taken back for %s is not believed', async (first, then) => {
    let ends = 0;
    const { outcome } = await run(
      ({ endpoint, honest }) => {
        const { status } = (honest.body ?? {}) as { status?: string };
        if (endpoint !== 'status' || status !== 'ready') return undefined;
        ends += 1;
        return changed(honest, { status: ends === 1 ? first : ends < 4 ? 'building' : then });
      },
      { log: logOf(10, first === 'ready' ? 'Build finished, took 1s' : 'Build failed: no') },
    );
    expect(outcome.status).toBe(then);
  });

  test('that the end of the log confirms is believed though the second look fails', async () => {
    let ends = 0;
    const { outcome, log, whole } = await run(({ endpoint, honest }) => {
      const { status } = (honest.body ?? {}) as { status?: string };
      if (endpoint !== 'status' || status !== 'ready') return undefined;
      ends += 1;
      return ends < 3 ? undefined : { status: 502 };
    });
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
  });
});

describe('a service that ignores the requested offset', () => {
  const all = (change: (entry: Entry, index: number) => Entry = (entry) => entry) =>
    (({ endpoint, honest, log }) => {
      if (endpoint !== 'status' || !Array.isArray((honest.body as { logEntries?: unknown }).logEntries)) {
        return undefined;
      }
      return changed(honest, { logEntries: log.map(change) });
    }) satisfies Twist;
  const renewed = (entry: Entry) => ({ ...entry, timestamp: new Date().toISOString() });

  test.each<[string, Twist]>([
    ['and gives all lines each time', all()],
    ['and gives all lines each time, with a new time', all(renewed)],
    [
      'and gives the first page each time',
      ({ endpoint, honest, log }) =>
        endpoint === 'status' ? changed(honest, { logEntries: log.slice(0, 100) }) : undefined,
    ],
    [
      'and gives the last lines each time',
      ({ endpoint, nth, honest, log }) =>
        endpoint === 'status'
          ? changed(honest, { logEntries: log.slice(0, nth * 30).slice(-100) })
          : undefined,
    ],
    [
      'on both routes',
      ({ endpoint, honest, log }) => {
        if (endpoint === 'logs') return { status: 200, body: { logs: log } };
        return endpoint === 'status' ? changed(honest, { logEntries: log.slice(0, 100) }) : undefined;
      },
    ],
    [
      'on both routes, with a new time',
      ({ endpoint, honest, log }) => {
        if (endpoint === 'logs') return { status: 200, body: { logs: log.map(renewed) } };
        return endpoint === 'status'
          ? changed(honest, { logEntries: log.slice(0, 100).map(renewed) })
          : undefined;
      },
    ],
  ])('%s shows each line once', async (_, twist) => {
    const { outcome, log, whole, service } = await run(twist);
    expect(outcome.status).toBe('ready');
    expect(log).toEqual(whole);
    expect(service.asked('status')).toBeLessThan(40);
  });

  test('is not suspected of it for a build that prints the same for ever', async () => {
    const log = logOf(0).flatMap((entry, index) =>
      Array.from({ length: index === 2 ? 350 : 1 }, () =>
        index === 2 ? { ...entry, message: 'Building template t/b-1' } : entry,
      ),
    );
    const { outcome, log: shown, whole } = await run(() => undefined, { log });
    expect(outcome.status).toBe('ready');
    expect(shown).toEqual(whole);
  });
});

describe('an earlier answer that comes once more, as from a cache', () => {
  const again = (isStale: (nth: number) => boolean, which: 'first' | 'last'): Twist => {
    const earlier: Reply[] = [];
    return ({ endpoint, nth, honest }) => {
      if (endpoint !== 'status') return undefined;
      const stale = isStale(nth) ? earlier.at(which === 'first' ? 0 : -1) : undefined;
      if (!stale) earlier.push(honest);
      return stale;
    };
  };
  const atOnce = logOf(120).map((entry) => ({
    ...entry,
    timestamp: new Date(1_760_000_000_000).toISOString(),
  }));

  test.each<[string, Twist, Entry[]?]>([
    ['every second time', again((nth) => nth % 2 === 0, 'last')],
    ['two times out of three', again((nth) => nth % 3 !== 1, 'last')],
    ['the first of all, every second time', again((nth) => nth % 2 === 0, 'first')],
    ['the first of all, two times out of three', again((nth) => nth % 3 !== 1, 'first')],
    ['of lines of one millisecond', again((nth) => nth % 2 === 0, 'last'), atOnce],
  ])('%s: each line stands once', async (_, twist, log = logOf(120)) => {
    const { outcome, log: shown, whole } = await run(twist, { log });
    expect(outcome.status).toBe('ready');
    expect(shown).toEqual(whole);
  });

  test('is not suspected of a log that is not in order', async () => {
    const log = logOf(200).map((entry, index) => ({
      ...entry,
      timestamp: new Date(1_760_000_000_000 - index).toISOString(),
    }));
    const { outcome, log: shown, whole } = await run(() => undefined, { log });
    expect(outcome.status).toBe('ready');
    expect(shown).toEqual(whole);
  });
});

describe('an answer of the wrong type', () => {
  const ids = { templateID: 't', buildID: 'b-1' };

  test.each<[string, Endpoint, unknown, RegExp?]>([
    ['a registration without tags', 'register', ids],
    ['a registration with no list of tags', 'register', { ...ids, tags: {} }],
    ['a registration with odd tags', 'register', { ...ids, tags: [null, 5, 'v1', 'default', 'a b'] }],
    ['a number for the state', 'status', { status: 5 }, /answered with status 5 instead of a text/],
    ['no state', 'status', {}, /answered with no status/],
    ['a list for the state', 'status', [], /answered with a list instead of an object|no status/],
    ['no list of log entries', 'status', { status: 'building', logEntries: 'none' }],
    ['an object for the log entries', 'status', { status: 'building', logEntries: {} }],
    ['a link to nowhere', 'link', { present: false, url: 'nowhere' }, /url "nowhere" instead of an address/],
    [
      'a link to a file',
      'link',
      { present: false, url: 'file:///etc/x?y' },
      /"file:\/\/\/etc\/x\?…" instead/,
    ],
    ['a number for a link', 'link', { present: false, url: 5 }, /url 5 instead of an address/],
    ['no link', 'link', { present: false }, /answered with no url/],
    ['a word for whether it is there', 'link', { present: 'no' }, /present "no" instead of true or false/],
    ['a text for a link', 'link', 'https', /answered with "https" instead of an object|not JSON/],
  ])('%s costs nothing', async (_, endpoint, body, said) => {
    const {
      outcome,
      log,
      whole,
      service,
      notices: told,
    } = await run(at(endpoint, [1], { status: 200, body }), {
      files: { 'a.txt': 'a' },
    });
    expect(outcome.failure).toBeUndefined();
    expect(outcome).toMatchObject({ status: 'ready', buildId: 'b-1', tags: ['v1', 'default'] });
    expect(log).toEqual(whole);
    expect([service.registrations(), service.starts()]).toEqual([1, 1]);
    if (said) expect(told.join('\n')).toMatch(said);
  });

  test.each<[string, unknown, string, string?]>([
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'The service gave no reason.'],
    ['null', null, 'The service gave no reason.'],
    ['an empty object', {}, 'The service gave no reason.'],
    ['a number', { message: 5 }, '5'],
    ['an object', { message: { code: 7 } }, '{"code":7}'],
    ['a list', ['boom'], '["boom"]'],
    ['a number for the step', { message: 'boom', step: 1 }, 'boom', '1'],
    ['only a step', { step: '1' }, 'The service gave no reason.', '1'],
    ['an object for the step', { message: 'boom', step: {} }, 'boom'],
  ])('for the reason of a failure (%s) leaves the failure what it is', async (_, reason, message, stepId) => {
    const { outcome } = await run(
      ({ endpoint, honest }) =>
        endpoint === 'status' && (honest.body as { status: string }).status === 'ready'
          ? changed(honest, { status: 'error', reason })
          : undefined,
      { log: logOf(3, 'Build failed: boom') },
    );
    expect(outcome).toMatchObject({ status: 'error', failure: { message } });
    expect(outcome.failure?.stepId).toBe(stepId);
    expect(outcome.diagnosis).toBeDefined();
  });

  test('for lines of the log costs no other line', async () => {
    const odd = [null, 5, 'a word', {}, { message: null }, { message: { a: 1 }, level: 7, step: {} }, []];
    const { outcome, log } = await run(
      ({ endpoint, honest, url }) =>
        endpoint === 'status' && url.searchParams.get('logsOffset') === '40'
          ? changed(honest, { logEntries: odd })
          : undefined,
      { log: logOf(100) },
    );
    expect(outcome.status).toBe('ready');
    for (let line = 0; line < 37; line += 1) expect(log).toContain(`1: line ${line}`);
    expect(log).toEqual(expect.arrayContaining(['-: 5', '-: a word', '-: {"a":1}', '-: line 99']));
  });

  test('that stays ends with what was found and what was expected', async () => {
    const { outcome } = await run(
      at(
        'link',
        Array.from({ length: 20 }, (_, index) => index),
        { status: 200, body: { present: false, url: 'ftp://x' } },
      ),
      { files: { 'a.txt': 'a' } },
    );
    expect(outcome).toMatchObject({ status: 'error', diagnosis: { class: 'service-answer' } });
    expect(outcome.failure?.message).toMatch(
      /^GET upload link was answered with url "ftp:\/\/x" instead of an address with http:\/\/ or https:\/\/\nIt was tried 6 times/,
    );
  });
});

describe('the store', () => {
  const xml = (code: string) =>
    `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>no</Message></Error>`;

  test.each<[number, string]>([
    [400, xml('RequestTimeout')],
    [400, xml('ExpiredToken')],
    [400, xml('BadDigest')],
    [400, xml('IncompleteBody')],
    [403, xml('RequestTimeTooSkewed')],
    [409, xml('OperationAborted')],
    [503, xml('SlowDown')],
    [500, xml('InternalError')],
    [404, '<!doctype html><title>proxy</title>'],
    [200, '<html>sign in</html>'],
  ])('that says %i %s is sent the files again', async (status, body) => {
    const { outcome, service } = await run(at('upload', [1, 2, 3], { status, body }), {
      files: { 'a.txt': 'a' },
    });
    expect(outcome.failure).toBeUndefined();
    expect(service.asked('upload')).toBeGreaterThanOrEqual(1);
  });

  test.each<[number, string]>([
    [400, xml('EntityTooLarge')],
    [404, xml('NoSuchBucket')],
    [400, ''],
  ])('that says %i %s is not', async (status, body) => {
    const { outcome, service } = await run(at('upload', [1, 2], { status, body }), {
      files: { 'a.txt': 'a' },
    });
    expect(outcome).toMatchObject({ status: 'error', diagnosis: { class: 'upload' } });
    expect(service.asked('upload')).toBe(1);
  });
});

describe('a clock that goes wrong', () => {
  const hour = 3_600_000;
  const dated = (reply: Reply, byMs: number): Reply => ({
    ...reply,
    headers: { ...reply.headers, date: new Date(Date.now() + byMs).toUTCString() },
  });
  /** The first registration works, and its answer is lost. */
  const lost = ({ endpoint, nth, honest }: Parameters<Twist>[0]): Reply =>
    endpoint === 'register' && nth === 1 ? { status: 502, body: 'bad gateway' } : honest;

  test.each([
    ['an hour ahead', hour],
    ['an hour behind', -hour],
    ['of 1970', -Date.now()],
  ])('%s after a lost registration makes no second build', async (_, byMs) => {
    for (const honestFor of [0, 1, 2]) {
      let answers = 0;
      const { outcome, service } = await run((question) =>
        dated(lost(question), answers++ < honestFor ? 0 : byMs),
      );
      expect(outcome.status).toBe('ready');
      expect([service.registrations(), service.starts()]).toEqual([1, 1]);
    }
  });

  test('in every second answer makes none either', async () => {
    let answers = 0;
    const { service } = await run((question) => dated(lost(question), answers++ % 2 === 0 ? hour : 0));
    expect(service.registrations()).toBe(1);
  });
});
