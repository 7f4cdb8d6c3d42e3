import { ApiError } from './http.ts';

/** `namespace/alias:tag` in lower case, without missing parts. */
export interface TemplateReference {
  readonly namespace?: string;
  /** An alias, or the template's ID where the call takes one. */
  readonly alias: string;
  readonly tag?: string;
}

/** The tag of every reference without one. */
export const DEFAULT_TAG = 'default';

const ALIAS = /^[a-z0-9-_]+$/;
const TAG = /^[a-z0-9-_.]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text.toLowerCase());
}

/**
 * Splits at the first `:` and then at the first `/`. A `:default` suffix counts as no tag.
 *
 * @throws ApiError 400 that names the part which breaks the rules, behind the words of `invalid`
 */
export function parseReference(text: string, invalid: string): TemplateReference {
  const fail = (why: string) => new ApiError(400, `${invalid}: ${why}`);
  const [path, writtenTag] = cut(text, ':');
  const [first, second] = cut(path, '/');
  const namespace = second === undefined ? undefined : fold(first);
  const alias = fold(second ?? first);
  if (namespace !== undefined && !ALIAS.test(namespace)) throw fail(`invalid namespace: ${first}`);
  if (!ALIAS.test(alias)) throw fail(`invalid template ID: ${second ?? first}`);
  const tag = writtenTag === undefined ? undefined : fold(writtenTag);
  if (tag !== undefined && !TAG.test(tag)) throw fail(`invalid tag: ${writtenTag}`);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    alias,
    ...(tag === undefined || tag === DEFAULT_TAG ? {} : { tag }),
  };
}

/**
 * Tags to be assigned, in lower case and without duplicates.
 *
 * @throws ApiError 400 for characters outside `a-z 0-9 - _ .` and for a tag that is a UUID.
 */
export function parseTags(tags: readonly string[]): string[] {
  const parsed = tags.map((text) => {
    const tag = fold(text);
    const fail = (why: string) => new ApiError(400, `Invalid tag: invalid tag '${text}': ${why}`);
    if (!TAG.test(tag)) throw fail(`invalid tag: ${text}`);
    if (isUuid(tag)) throw fail('tag cannot be a UUID');
    return tag;
  });
  return [...new Set(parsed)];
}

/** @throws ApiError 400 when the reference names another team's namespace. */
export function checkNamespace(reference: TemplateReference, team: string): void {
  if (reference.namespace !== undefined && reference.namespace !== team) {
    throw new ApiError(400, `namespace '${reference.namespace}' must match your team '${team}'`);
  }
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
