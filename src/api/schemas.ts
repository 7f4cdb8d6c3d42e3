/**
 * The parts of the service's responses that this project relies on. Other fields are ignored. A field that decides
 * something must have its type. A field that is only displayed may be anything, so that an odd word in a log fails no
 * build. The messages of the schemas say what is expected.
 */

import * as v from 'valibot';
import { isRecord } from '../json.ts';
import { shorten } from '../problem.ts';
import type { Result } from '../result.ts';
import type { LogLevel } from './types.ts';

/** An identifier becomes a part of paths, outputs and file names. */
const identifier = v.pipe(v.string('a text'), v.regex(/^[\w-]{1,100}$/, 'an identifier'));

/** A field that may be missing. A value of another type counts as missing. */
const optional = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined);

/** A text; empty where it is missing or of another type. */
const anyText = v.fallback(v.string(), '');

const isTag = (tag: unknown): tag is string => typeof tag === 'string' && /^[\w.-]+$/.test(tag);

/** `tags` is missing where the response has no list of them. */
export const registration = v.object(
  {
    templateID: identifier,
    buildID: identifier,
    tags: optional(
      v.pipe(
        v.array(v.unknown()),
        v.transform((list) => list.filter(isTag)),
      ),
    ),
  },
  'an object',
);

const levels = new Set<unknown>(['debug', 'info', 'warn', 'error'] satisfies LogLevel[]);

/** Every entry counts, even one that is not an object, since the offsets of the service count them too. */
const logEntry = v.pipe(v.unknown(), v.transform(readLogEntry));

/** `null` is an empty list. */
const logEntries = v.nullish(v.array(logEntry, 'a list'), []);

/** A status without a list of log entries has none; the driver requests them again, also by the other route. */
export const buildStatus = v.object(
  {
    status: v.string('a text'),
    logEntries: v.fallback(logEntries, []),
    reason: v.optional(v.pipe(v.unknown(), v.transform(readReason))),
  },
  'an object',
);

export const buildLog = v.object({ logs: logEntries }, 'an object');

export const uploadLink = v.pipe(
  v.object(
    { present: v.optional(v.boolean('true or false'), false), url: v.optional(v.unknown()) },
    'an object',
  ),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): UploadLink => {
    const { present, url } = value;
    if (typeof url === 'string' && isWebAddress(url)) return { present, url };
    // Nothing is to be uploaded, so the address does not matter.
    if (present) return { present };
    addIssue({
      input: url,
      message: 'an address with http:// or https://',
      path: [pathItem(value, 'url')],
    });
    return NEVER;
  }),
);

/** A list, without the elements that are not objects. */
const rows = <T>(row: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.array(v.unknown(), 'a list'),
    v.transform((list) => list.filter((each) => fieldsOf(each) !== undefined)),
    v.array(row),
  );

/** A field of another type becomes an empty text. */
const templateTag = v.object({ tag: anyText, buildID: anyText, createdAt: anyText });

export const templateTags = rows(templateTag);

const listedBuild = v.object({
  buildID: anyText,
  status: anyText,
  cpuCount: optional(v.number()),
  memoryMB: optional(v.number()),
  createdAt: anyText,
  finishedAt: optional(v.string()),
});

export const template = v.object({ builds: v.nullish(rows(listedBuild), []) }, 'an object');

export const alias = v.object({ templateID: identifier }, 'an object');

/** Without `buildID`, the caller reads it from the list of tags. */
export const assignedTags = v.object(
  { buildID: optional(v.string()), tags: optional(v.array(v.string())) },
  'an object',
);

const apiError = v.object({ message: v.string() });

/** Response to `POST /v3/templates`. */
export type Registration = v.InferOutput<typeof registration>;
/** State of a build, with at most 100 log entries from an offset on. */
export type BuildStatus = v.InferOutput<typeof buildStatus>;
/** One line of the build log. `timestamp` is RFC 3339 or empty; `step` is `base`, a step number as text, … */
export interface LogEntry {
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly step?: string;
}

export type UploadLink =
  | { readonly present: true; readonly url?: string }
  | { readonly present: false; readonly url: string };
export type TemplateTag = v.InferOutput<typeof templateTag>;
/** A build as its template lists it. */
export type ListedBuild = v.InferOutput<typeof listedBuild>;
/** A template's builds, newest first, and the token of the next page where there is one. */
export type TemplatePage = v.InferOutput<typeof template> & { readonly nextPage?: string };
export type AssignedTags = v.InferOutput<typeof assignedTags>;

/** The response as the schema defines it, or a few words on the first field that does not fit. */
export function parse<T>(schema: v.GenericSchema<unknown, T>, response: unknown): Result<T> {
  const { success, output, issues } = v.safeParse(schema, response, { abortEarly: true });
  return success ? { ok: true, value: output } : { ok: false, reason: inWords(issues[0]) };
}

/** Whether an error body comes from the API itself, and not from something in between, such as a proxy. */
export function isOfApi(body: unknown): boolean {
  return v.is(apiError, body);
}

function inWords(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? '';
  if (issue.input === undefined) return path === '' ? 'nothing' : `no ${path}`;
  const place = path === '' ? '' : `${path} `;
  return `${place}${inShort(issue.input)} instead of ${issue.message}`;
}

function inShort(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'an object';
  // An address may hold a signature.
  const text = JSON.stringify(typeof input === 'string' ? input.replace(/\?.*/s, '?…') : input);
  return shorten(text, 80);
}

function readLogEntry(entry: unknown): LogEntry {
  const { timestamp, level, message, step } = fieldsOf(entry) ?? { message: entry };
  const id = typeof step === 'number' ? String(step) : step;
  return {
    timestamp: typeof timestamp === 'string' ? timestamp : '',
    level: levels.has(level) ? (level as LogLevel) : 'info',
    message: asText(message),
    ...(typeof id === 'string' && { step: id }),
  };
}

/** Why a build failed: an object or a bare text. */
function readReason(reason: unknown): { readonly message: string; readonly step?: string } | undefined {
  const { message, step } = fieldsOf(reason) ?? { message: reason };
  const id = typeof step === 'number' ? String(step) : step;
  const text = asText(message);
  if (text === '' && typeof id !== 'string') return undefined;
  return { message: text, ...(typeof id === 'string' && { step: id }) };
}

function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  return isRecord(value) ? value : undefined;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function pathItem(input: { readonly url?: unknown }, key: 'url'): v.IssuePathItem {
  return { type: 'object', origin: 'value', input, key, value: input[key] };
}
