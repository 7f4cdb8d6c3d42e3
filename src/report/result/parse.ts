import * as v from 'valibot';
import { nameProblems, tagMistake } from '../../api/names.ts';
import { planParts } from '../../history/diff.ts';
import { parseJson } from '../../json.ts';
import { isBuilt, type ResultDocument, stepStates } from './result.ts';

/** A value from outside that has another shape than expected. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  /** @param at - where in the whole: `steps[3].title`; empty for the whole itself */
  constructor(at: string, found: string, expected: string) {
    super(`${at === '' ? 'It' : at}: found ${found}, expected ${expected}.`);
  }
}

// The message of each schema says what is expected.
const text = (max: number) => v.pipe(v.string('text'), v.maxLength(max, `at most ${max}`));
const word = (form: RegExp, expected: string) => v.pipe(v.string(expected), v.regex(form, expected));
const list = <T extends v.GenericSchema>(item: T, max: number) =>
  v.pipe(v.array(item, 'a list'), v.maxLength(max, `at most ${max}`));
const oneOf = <const T extends readonly string[]>(values: T) => v.picklist(values, values.join(', '));
const from0 = 'a number from 0 on';
const count = v.pipe(v.number(from0), v.finite(from0), v.minValue(0, from0));
/** A command that a signal ended has the exit code -1. */
const integer = v.pipe(v.number('a number'), v.integer('a whole number'));
const flag = v.boolean('true or false');

/** A missing field is reported with the message of its schema. */
function object<T extends Readonly<Record<string, v.GenericSchema>>>(entries: T) {
  return v.object(entries, ({ path }) => {
    const field = entries[String(path?.at(-1)?.key)];
    return field && 'message' in field && typeof field.message === 'string' ? field.message : 'an object';
  });
}

const title = text(2000);
const sentence = text(20_000);
const files = object({ count, bytes: count, hash: word(/^[0-9a-f]{1,64}$/, 'a hash') });

const changes = object({
  against: text(500),
  parts: list(
    object({ part: oneOf(planParts), before: v.exactOptional(title), after: v.exactOptional(title) }),
    10,
  ),
  steps: list(
    v.variant(
      'kind',
      [
        object({ kind: oneOf(['added', 'removed']), number: count, title }),
        object({ kind: v.literal('changed'), number: count, title, before: title }),
        object({ kind: v.literal('content'), number: count, title, before: files, after: files }),
      ],
      'added, removed, changed, content',
    ),
    5000,
  ),
});

const step = object({
  id: text(100),
  number: v.exactOptional(count),
  title,
  state: oneOf(stepStates),
  cached: flag,
  durationMs: v.exactOptional(count),
  usualMs: v.exactOptional(count),
  hidden: v.exactOptional(oneOf(['environment', 'workdir'])),
});

const failure = object({
  class: word(/^[a-z0-9][a-z0-9-]{0,60}$/, 'a class of failures'),
  during: v.exactOptional(oneOf(['test', 'tags'])),
  title,
  what: sentence,
  advice: sentence,
  next: v.exactOptional(sentence),
  retry: oneOf(['never', 'new-build', 'without-cache']),
  message: text(200_000),
  source: v.exactOptional(title),
  lastLines: list(text(10_000), 200),
});

const reused = object({
  how: oneOf(['found', 'followed']),
  finishedAt: v.exactOptional(word(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/, 'a time')),
  commit: v.exactOptional(word(/^[0-9a-f]{7,64}$/, 'a commit')),
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const test = object({
  passed: v.boolean(),
  url: v.exactOptional(object({ url: text(1000), passed: v.boolean(), last: text(200), durationMs: count })),
  commands: list(object({ title, exitCode: v.exactOptional(integer), durationMs: count }), 1000),
  startMs: v.exactOptional(count),
  metrics: v.exactOptional(object({ memTotal: count, memUsed: count, diskTotal: count, diskUsed: count })),
});

const document = v.pipe(
  v.custom<object>((value) => typeof value === 'object' && !Array.isArray(value), 'an object'),
  object({
    schemaVersion: v.literal(1, '1'),
    name: text(300),
    tags: list(text(128), 1000),
    previous: v.exactOptional(v.record(text(128), v.nullable(word(uuid, 'a UUID')), 'an object')),
    elsewhere: v.exactOptional(list(text(128), 1000)),
    templateId: v.exactOptional(word(/^[A-Za-z0-9_-]{1,64}$/, 'an identifier')),
    buildId: v.exactOptional(word(uuid, 'a UUID')),
    reference: v.exactOptional(text(400)),
    status: oneOf([
      'ready',
      'error',
      'superseded',
      'building',
      'skipped',
      'unpublished',
      'validated',
      'planned',
    ]),
    local: v.exactOptional(v.literal(true)),
    fingerprint: v.exactOptional(word(/^[0-9a-f]{64}$/, 'a SHA-256')),
    reused: v.exactOptional(reused),
    durationMs: count,
    cpuCount: v.exactOptional(count),
    memoryMb: v.exactOptional(count),
    base: v.exactOptional(title),
    steps: list(step, 5000),
    test: v.exactOptional(test),
    testedBefore: v.exactOptional(v.literal(true)),
    changes: v.exactOptional(changes),
    failure: v.exactOptional(failure),
  }),
);

/**
 * Reads a result file that may come from anyone. Keeps only what a comment shows, with unchanged texts.
 *
 * @throws ShapeError that names the first wrong field
 */
export function readUntrustedResult(json: string): ResultDocument {
  const value = parseJson(json);
  if (value === undefined)
    throw new ShapeError('', 'text that is not JSON', 'a result file of the build action');
  const { success, output: result, issues } = v.safeParse(document, value, { abortEarly: true });
  if (!success) throw shapeError(issues[0]);
  const { name, tags, templateId, buildId, reference, status, local } = result;
  const [wrongName] = nameProblems(name);
  if (wrongName) throw new ShapeError('name', JSON.stringify(name.slice(0, 80)), 'the name of a template');
  for (const [index, tag] of tags.entries()) {
    if (tagMistake(tag)) throw new ShapeError(`tags[${index}]`, JSON.stringify(tag.slice(0, 80)), 'a tag');
  }
  // A build without identifiers is one that nobody can start.
  const built = !local && isBuilt(status);
  for (const [field, found] of Object.entries({ templateId, buildId, reference })) {
    if ((found !== undefined) !== built) {
      throw new ShapeError(
        field,
        found === undefined ? 'nothing' : 'a value',
        `what fits the status ${status}`,
      );
    }
  }
  if (built && reference !== `${name}:${buildId}`) {
    throw new ShapeError('reference', JSON.stringify(reference?.slice(0, 80)), 'name:buildId');
  }
  return { ...result, warnings: [] } as ResultDocument;
}

function shapeError({ path, type, input, message }: v.BaseIssue<unknown>): ShapeError {
  const keys = path?.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`));
  return new ShapeError(keys?.join('').replace(/^\./, '') ?? '', foundIn(type, input), message);
}

/** The value when only its form is wrong, else its type. */
function foundIn(type: string, input: unknown): string {
  if (type === 'max_length') {
    const { length } = input as string | unknown[];
    return `${length} ${Array.isArray(input) ? 'items' : 'characters'}`;
  }
  if (input === undefined) return 'nothing';
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'an object';
  const isOfKind = !['string', 'number', 'boolean', 'array', 'object'].includes(type);
  return isOfKind ? JSON.stringify(input).slice(0, 80) : `a ${typeof input}`;
}
