import { nameProblems, tagMistake } from '../../api/names.ts';
import { planParts } from '../../history/diff.ts';
import { type ResultDocument, stepStates } from './result.ts';
import { count, flag, list, object, oneOf, optional, type Shape, ShapeError, text, word } from './schema.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const kebab = /^[a-z0-9][a-z0-9-]{0,60}$/;
const title = text(2000);
const sentence = text(20_000);

const files = object({ count, bytes: count, hash: word(/^[0-9a-f]{1,64}$/, 'a hash') });

const stepChange: Shape<unknown> = object({
  kind: oneOf('added', 'removed', 'changed', 'content'),
  number: count,
  title,
});

const changes = object({
  against: text(500),
  parts: list(
    object({
      part: oneOf(...planParts),
      before: optional(title),
      after: optional(title),
    }),
    10,
  ),
  steps: list((value, at) => {
    const { kind } = stepChange(value, at) as { kind: string };
    const plain = { kind: oneOf('added', 'removed'), number: count, title };
    if (kind === 'changed') return object({ ...plain, kind: oneOf('changed'), before: title })(value, at);
    if (kind === 'content')
      return object({ ...plain, kind: oneOf('content'), before: files, after: files })(value, at);
    return object(plain)(value, at);
  }, 5000),
});

const step = object({
  id: text(100),
  number: optional(count),
  title,
  state: oneOf(...stepStates),
  cached: flag,
  durationMs: optional(count),
  usualMs: optional(count),
  hidden: optional(oneOf('environment', 'workdir')),
});

const failure = object({
  class: word(kebab, 'a class of failures'),
  title,
  what: sentence,
  advice: sentence,
  next: optional(sentence),
  retry: oneOf('never', 'new-build', 'without-cache'),
  message: text(200_000),
  source: optional(title),
  lastLines: list(text(10_000), 200),
});

const document = object({
  schemaVersion: oneOf(1),
  name: text(300),
  tags: list(text(128), 1000),
  templateId: optional(word(/^[A-Za-z0-9_-]{1,64}$/, 'an identifier')),
  buildId: optional(word(uuid, 'a UUID')),
  reference: optional(text(400)),
  status: oneOf('ready', 'error', 'superseded', 'building', 'skipped', 'unpublished'),
  fingerprint: optional(word(/^[0-9a-f]{64}$/, 'a SHA-256')),
  reused: optional(
    object({
      how: oneOf('found', 'followed'),
      finishedAt: optional(word(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/, 'a time')),
      commit: optional(word(/^[0-9a-f]{7,64}$/, 'a commit')),
    }),
  ),
  durationMs: count,
  cpuCount: optional(count),
  memoryMb: optional(count),
  base: optional(title),
  steps: list(step, 5000),
  changes: optional(changes),
  failure: optional(failure),
});

/**
 * Reads a result file that anybody may have written, and keeps of it only what a comment shows. Texts in it are as
 * they came.
 *
 * @throws ShapeError that names the first field which is not what a result file holds
 */
export function readUntrustedResult(json: string): ResultDocument {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ShapeError('', 'text that is no JSON', 'a result file of the build action');
  }
  const result = document(value, '');
  const { name, tags, templateId, buildId, reference, status } = result;
  const [wrongName] = nameProblems(name);
  if (wrongName) throw new ShapeError('name', JSON.stringify(name.slice(0, 80)), 'the name of a template');
  for (const [index, tag] of tags.entries()) {
    if (tagMistake(tag)) throw new ShapeError(`tags[${index}]`, JSON.stringify(tag.slice(0, 80)), 'a tag');
  }
  const built = status !== 'skipped' && status !== 'unpublished';
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
