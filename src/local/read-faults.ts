import { FAULT_ENDPOINTS, type Fault, type FaultPlan, type FaultRule } from './fault-plan.ts';

const KINDS = ['reset', 'stall', 'html', 'empty', 'truncate', 'slow'] as const;
const SYNTAX =
  'Expected ENDPOINT:FAULT, such as status:502, register:reset:after@1, upload:stall@2-4 or *:503@10%.';

/** The short syntax, for the help of the command line. */
export const FAULT_SYNTAX_HELP = `ENDPOINT:FAULT[:after][@WHEN]
                  ENDPOINT  ${wrapped(Object.keys(FAULT_ENDPOINTS))}, or * for all
                  FAULT     an HTTP status, reset, stall, html, empty, truncate or slow
                  :after    the request is carried out and only its answer lost
                  @WHEN     3 (the third request), 2-5, 1,3 or 10% (by chance)
                  such as status:502@10% or register:reset:after@1`;

/**
 * A rule in the short syntax: `status:502@3`, `register:reset:after@1`, `*:503@10%`.
 *
 * @throws Error that tells what was found and what is expected
 */
export function readFaultRule(text: string): FaultRule {
  const [, endpoint = '', what = '', after, when] = /^([^:@]+):([^:@]+)(:after)?(?:@(.+))?$/.exec(text) ?? [];
  const refuse = (why: string) => new Error(`The fault ${JSON.stringify(text)} ${why} ${SYNTAX}`);
  if (what === '') throw refuse('cannot be read.');
  if (endpoint !== '*' && !Object.hasOwn(FAULT_ENDPOINTS, endpoint)) {
    throw refuse(`names no endpoint; there are ${Object.keys(FAULT_ENDPOINTS).join(', ')} and *.`);
  }
  const fault = shortFault(what);
  if (!fault) throw refuse(`names no fault; there are a status from 200 to 599, ${KINDS.join(', ')}.`);
  const occurrence = when === undefined ? {} : shortOccurrence(when);
  if (!occurrence) throw refuse('has no number, range, list or percentage behind its @.');
  return { endpoint, fault, ...(after !== undefined && { effect: 'after' }), ...occurrence };
}

/**
 * A plan as JSON: a list of rules, or an object with `rules` and `seed`. A rule is an object as {@link FaultRule}
 * has it, or a text in the short syntax.
 *
 * @throws Error that names the rule, what was found and what is expected
 */
export function readFaultPlan(json: string): FaultPlan {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`it is not JSON (${(error as Error).message}).`);
  }
  const plan = Array.isArray(value) ? { rules: value } : value;
  if (!isObject(plan) || !Array.isArray(plan['rules'])) {
    throw new Error('expected a list of faults, or an object with such a list in "rules".');
  }
  const seed = plan['seed'];
  if (seed !== undefined && !Number.isInteger(seed)) throw new Error('"seed" must be a whole number.');
  const rules = plan['rules'].map((rule: unknown, index: number) => {
    const refuse = (why: string) =>
      new Error(`fault ${index + 1}, ${JSON.stringify(rule)?.slice(0, 200)}: ${why}`);
    return typeof rule === 'string' ? readFaultRule(rule) : checkRule(rule, refuse);
  });
  return { rules, ...(seed !== undefined && { seed: seed as number }) };
}

function checkRule(rule: unknown, refuse: (why: string) => Error): FaultRule {
  if (!isObject(rule)) throw refuse('expected an object, or a text such as "status:502@3".');
  const known = ['endpoint', 'at', 'probability', 'times', 'effect', 'fault'];
  const unknown = Object.keys(rule).find((key) => !known.includes(key));
  if (unknown) throw refuse(`there is no field "${unknown}"; there are ${known.join(', ')}.`);
  const { endpoint, at, probability, times, effect, fault } = rule;
  if (typeof endpoint !== 'string' || !isEndpoint(endpoint)) {
    throw refuse('"endpoint" must be the name of an endpoint, "METHOD /path" or "*".');
  }
  if (at !== undefined && !(Array.isArray(at) && at.every(isCount))) {
    throw refuse('"at" must be a list of whole numbers from 1.');
  }
  if (
    probability !== undefined &&
    !(typeof probability === 'number' && probability >= 0 && probability <= 1)
  ) {
    throw refuse('"probability" must be a number from 0 to 1.');
  }
  if (times !== undefined && !isCount(times)) throw refuse('"times" must be a whole number from 1.');
  if (effect !== undefined && effect !== 'before' && effect !== 'after') {
    throw refuse('"effect" must be "before" or "after".');
  }
  checkFault(fault, refuse);
  return rule as unknown as FaultRule;
}

function checkFault(fault: unknown, refuse: (why: string) => Error): void {
  if (!isObject(fault)) throw refuse('"fault" must be an object with a "kind".');
  const { kind, status, headers, pauseMs, pieces } = fault;
  if (kind === 'answer') {
    if (!isStatus(status)) throw refuse('"fault.status" must be an HTTP status from 200 to 599.');
    const texts = headers === undefined || (isObject(headers) && Object.values(headers).every(isText));
    if (!texts) throw refuse('"fault.headers" must be an object of texts.');
  } else if (!KINDS.some((each) => each === kind)) {
    throw refuse(`"fault.kind" must be answer, ${KINDS.join(', ')}.`);
  }
  if (pauseMs !== undefined && !(typeof pauseMs === 'number' && pauseMs >= 0)) {
    throw refuse('"fault.pauseMs" must be a number of milliseconds.');
  }
  if (pieces !== undefined && !isCount(pieces)) throw refuse('"fault.pieces" must be a whole number from 1.');
}

function shortFault(text: string): Fault | undefined {
  if (/^\d{3}$/.test(text) && isStatus(Number(text))) return { kind: 'answer', status: Number(text) };
  const kind = KINDS.find((each) => each === text);
  return kind && { kind };
}

function shortOccurrence(text: string): Pick<FaultRule, 'at' | 'probability'> | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) {
    return Number(percent) <= 100 ? { probability: Number(percent) / 100 } : undefined;
  }
  const at: number[] = [];
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    if (!isCount(Number(first)) || Number(last) < Number(first)) return undefined;
    for (let number = Number(first); number <= Number(last); number++) at.push(number);
  }
  return { at };
}

function isEndpoint(text: string): boolean {
  return text === '*' || Object.hasOwn(FAULT_ENDPOINTS, text) || /^[A-Z]+ \/\S*$/.test(text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599;
}

function wrapped(words: readonly string[]): string {
  const half = Math.ceil(words.length / 2);
  return `${words.slice(0, half).join(', ')},\n                            ${words.slice(half).join(', ')}`;
}
