import { FAULT_ENDPOINTS, type Fault, type FaultRule } from './fault-plan.ts';

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
 * @throws Error that says what was found and what is expected
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

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

function isStatus(value: number): boolean {
  return Number.isInteger(value) && value >= 200 && value <= 599;
}

function wrapped(words: readonly string[]): string {
  const half = Math.ceil(words.length / 2);
  return `${words.slice(0, half).join(', ')},\n                            ${words.slice(half).join(', ')}`;
}
