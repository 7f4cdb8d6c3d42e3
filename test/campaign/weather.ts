/** What goes wrong between an action and the service: seeded, and never so much that a build could not be made. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { Answer, Call, Service, Weather } from './service.ts';

const page = '<html><head><title>Sorry</title></head><body><h1>Bad gateway</h1></body></html>';
const html = (status: number): Answer => ({ status, body: page, headers: { 'content-type': 'text/html' } });
const retryAfter = ['0', '-5', '0.5', 'soon', '1', 'Thu, 01 Jan 1970 00:00:00 GMT', ''];

/** Answers of the wrong type for a request that was handled. */
const nonsense: Readonly<Record<string, readonly unknown[]>> = {
  register: [null, {}, [], 'ok', { templateID: 5, buildID: null }, { templateID: '', buildID: '' }],
  files: [{}, { present: 'yes' }, { present: false }, { present: false, url: 'nowhere' }, null, { url: 5 }],
  start: ['<html>', [], null, 5],
  status: [{}, { status: 5 }, null, [], 'ready', { status: null, logEntries: [] }, true],
  logs: [{ logs: {} }, null, 'none', { logs: 5 }],
  tags: [{}, null, 'none', { tags: [] }],
  template: [null, [], { builds: {} }, { builds: 'none' }, {}],
  alias: [null, {}, { templateID: {} }, []],
  assign: [null, 5, [], { buildID: 7 }],
};

type Fault = (call: Call, tools: Tools) => Promise<void> | void;

interface Tools {
  readonly random: Random;
  readonly service: Service;
  readonly send: (answer: Answer | string) => void;
  readonly cut: () => void;
  /** The good answer before this one of the same route, word for word. */
  readonly earlier: (call: Call) => Answer | undefined;
}

const changes = new Set(['register', 'start', 'assign', 'upload', 'untag', 'sandbox', 'kill']);

/** Each fault by its name. Whether a request is handled all the same is a part of what is drawn. */
const faults: Readonly<Record<string, Fault>> = {
  limit: (_, { send, random }) => {
    const headers = { 'retry-after': random.pick(retryAfter) };
    send({ status: 429, body: { code: 429, message: 'Rate limit exceeded' }, headers });
  },
  broken: (call, { send, random }) => {
    if (random.chance(0.5)) call.handle();
    send({ status: 500, body: { code: 500, message: 'Error when getting template' } });
  },
  gateway: (call, { send, random }) => {
    if (random.chance(0.5)) call.handle();
    send(random.chance(0.3) ? { status: random.pick([502, 503, 504]), body: undefined } : html(502));
  },
  page: (call, { send, random }) => {
    if (random.chance(0.5)) call.handle();
    // Nobody says of what was sent that it is not modified.
    send(html(random.pick(call.method === 'GET' ? [403, 404, 304, 200, 400] : [403, 404, 200, 400])));
  },
  reset: async (call, { cut, random }) => {
    const when = random.pick(['before', 'after', 'late']);
    if (when === 'after') call.handle();
    cut();
    // What was sent arrives after the connection is gone.
    if (when !== 'late' || !changes.has(call.route)) return;
    await sleep(random.between(50, 3000));
    call.handle();
  },
  truncated: (call, { send }) => {
    const { status, body } = call.handle();
    const text = JSON.stringify(body ?? {});
    const head = `HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length + 9}\r\n\r\n`;
    send(head + text.slice(0, Math.floor(text.length / 2)));
  },
  chunked: (call, { send }) => {
    call.handle();
    send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n5\r\n{"sta');
  },
  slow: async (call, { send, random }) => {
    const answer = random.chance(0.5) ? call.handle() : undefined;
    await sleep(random.between(300, 2500));
    send(answer ?? call.handle());
  },
  nonsense: (call, { send, random }) => {
    const answer = call.handle();
    const { status } = answer;
    const answers = nonsense[call.route];
    if (status > 299 || !answers) send(answer);
    else send({ status, body: JSON.stringify(random.pick(answers)) });
  },
  lagging: (call, { send, random }) =>
    send(call.handle(changes.has(call.route) ? 0 : random.between(0, 1500))),
  emptyLog: (call, { send }) => send(withLog(call.handle(), () => [])),
  shortLog: (call, { send, random }) =>
    send(withLog(call.handle(), (log) => log.slice(0, random.between(0, log.length)))),
  repeated: (call, { send, earlier }) => send(earlier(call) ?? call.handle()),
  falseEnd: (call, { send, random }) => {
    const answer = call.handle();
    const { body } = answer as { body: { status?: string } };
    if (call.route !== 'status' || body?.status !== 'building') return send(answer);
    send({ ...answer, body: { ...body, status: random.pick(['ready', 'error']) } });
  },
  unknownState: (call, { send }) => {
    const answer = call.handle();
    const { body } = answer as { body: { status?: string } };
    if (call.route !== 'status' || body?.status !== 'building') return send(answer);
    send({ ...answer, body: { ...body, status: 'snapshotting' } });
  },
};

/** Faults that are not worth counting as failures: the answer is a good one, only not the newest. */
const readings = new Set(['slow', 'lagging', 'emptyLog', 'shortLog', 'repeated', 'falseEnd', 'unknownState']);

/** The log is read wrongly by these; both routes at once would leave nobody to tell the truth. */
const ofLog = new Set(['emptyLog', 'shortLog', 'repeated']);

/** No more than this goes wrong on one route, one after another: the action bears three failures of a look-up. */
const mostInARow = 2;

export interface Forecast {
  readonly kinds: readonly string[];
  readonly rate: number;
  /** The team is at its limit of builds for the first registration. */
  readonly teamLimit: boolean;
  /** A route of the log ignores from where it is asked to go on. */
  readonly ignores?: 'status' | 'logs';
  readonly jumps: boolean;
}

export function forecast(random: Random): Forecast {
  const calm = random.chance(0.1);
  const names = Object.keys(faults);
  const kinds = Array.from({ length: random.between(1, 5) }, () => random.pick(names));
  const ignores = random.chance(0.12) ? random.pick(['status', 'logs'] as const) : undefined;
  return {
    kinds: calm ? [] : [...new Set(kinds)],
    rate: random.pick([0.1, 0.25, 0.4, 0.6]),
    teamLimit: random.chance(0.03),
    ...(ignores && { ignores }),
    jumps: random.chance(0.2),
  };
}

export function makeWeather(
  { kinds, rate, teamLimit, ignores, jumps }: Forecast,
  seed: Random,
  service: Service,
): Weather {
  const counts = new Map<string, number>();
  const inARow = new Map<string, number>();
  const last = new Map<string, Answer>();
  let limited = !teamLimit;
  /** Whether the API itself has spoken to the client that makes the build. */
  let spoke = false;
  if (jumps) {
    const clock = seed.of('clock');
    service.setJumps(() => clock.pick([0, 0, 3_600_000, -3_600_000, 5000, -5000]));
  }

  return async (call, send, cut) => {
    const { route } = call;
    const count = (counts.get(route) ?? 0) + 1;
    counts.set(route, count);
    const random = seed.of(`${route} ${count}`);
    const good = (answer: Answer | string) => {
      if (ignores === route && typeof answer !== 'string')
        return send(fromTheBeginning(call, answer, service));
      if (typeof answer !== 'string' && answer.status === 200) last.set(call.path, answer);
      send(answer);
    };
    if (route === 'register' && !limited) {
      limited = true;
      const message = 'you have reached the maximum number of concurrent template builds (20). Please wait';
      service.faults.push('register 1: team limit');
      return send({ status: 429, body: { code: 429, message } });
    }
    const row = inARow.get(route) ?? 0;
    const kind = kinds.length > 0 && row < mostInARow && random.chance(rate) ? random.pick(kinds) : undefined;
    const early = kind === 'page' && !spoke;
    const blind = kind !== undefined && ofLog.has(kind) && (route !== 'status' || ignores !== undefined);
    if (kind === undefined || early || blind || route === 'quota' || route === 'list') {
      inARow.set(route, 0);
      spoke ||= route === 'tags' || route === 'register' || route === 'status';
      return good(call.handle());
    }
    inARow.set(route, row + 1);
    if (!readings.has(kind)) service.faults.push(`${route} ${count}: ${kind}`);
    else service.faults.push(`${route} ${count}: (${kind})`);
    await faults[kind]?.(call, { random, service, send: good, cut, earlier: ({ path }) => last.get(path) });
  };
}

function withLog(answer: Answer, change: (log: readonly unknown[]) => readonly unknown[]): Answer {
  const { body } = answer as { body?: { logEntries?: readonly unknown[] } };
  if (!body?.logEntries) return answer;
  return { ...answer, body: { ...body, logEntries: change(body.logEntries) } };
}

function fromTheBeginning({ path, route }: Call, answer: Answer, { builds, entriesOf }: Service): Answer {
  const build = builds.find(({ id }) => path.includes(id));
  if (!build || answer.status !== 200) return answer;
  const log = entriesOf(build).slice(0, 100);
  return {
    ...answer,
    body: { ...(answer.body as object), [route === 'status' ? 'logEntries' : 'logs']: log },
  };
}
