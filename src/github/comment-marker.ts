import * as v from 'valibot';
import type { WorkflowRun } from '../ci/run.ts';
import { parseJson } from '../json.ts';

/** The state of a template's build in its comment. */
export type CommentState =
  | 'building'
  | 'ready'
  | 'failed'
  | 'superseded'
  | 'skipped'
  | 'unpublished'
  | 'planned'
  | 'validated'
  | 'removed';

/** The machine-readable part of a comment. */
export interface CommentHeader extends WorkflowRun {
  /** Name of the template. */
  readonly name: string;
  /** Keeps several comments about one template apart; mostly empty. */
  readonly key: string;
  readonly state: CommentState;
  readonly build?: string;
}

const open = '<!-- novita-template ';
const close = ' -->';
const version = 1;

const optionalText = v.fallback(v.optional(v.string()), undefined);
const safeInteger = v.pipe(v.number(), v.safeInteger());
/** The state is not checked: an older or newer version of this action may have others. */
const header = v.object({
  v: v.literal(version),
  name: v.string(),
  key: v.string(),
  state: v.custom<CommentState>((state) => typeof state === 'string'),
  run: safeInteger,
  attempt: safeInteger,
  build: optionalText,
  sha: optionalText,
});

/**
 * The hidden first line of a comment: an HTML comment with the header as JSON. Nothing in it can end the HTML
 * comment: `<`, `>` and every second hyphen of a row are written as JSON escapes.
 */
export function commentMarker(header: CommentHeader): string {
  const json = JSON.stringify({ v: version, ...header })
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('--', '-\\u002d')
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return open + json + close;
}

/** Reads the header of a comment; nothing unless a marker is its very first line. */
export function readCommentMarker(body: string): CommentHeader | undefined {
  const [line = ''] = body.split(/\r?\n/, 1);
  if (!line.startsWith(open) || !line.endsWith(close)) return undefined;
  const { success, output } = v.safeParse(header, parseJson(line.slice(open.length, -close.length)));
  if (!success) return undefined;
  const { v: _, build, sha, ...rest } = output;
  return { ...rest, ...(build !== undefined && { build }), ...(sha !== undefined && { sha }) };
}

/** A comment to be written to a pull request. */
export interface Comment {
  readonly header: Parameters<typeof commentMarker>[0];
  readonly body: string;
}
