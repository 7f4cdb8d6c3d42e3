import type { WorkflowRun } from '../ci/run.ts';

/** How a template's build stands, as its comment says. */
export type CommentState =
  | 'building'
  | 'ready'
  | 'failed'
  | 'superseded'
  | 'skipped'
  | 'unpublished'
  | 'removed';

/** What a comment says about itself to machines. */
export interface CommentHeader extends WorkflowRun {
  /** Name of the template. */
  readonly name: string;
  /** Tells comments about one template apart; mostly empty. */
  readonly key: string;
  readonly state: CommentState;
  readonly build?: string;
}

const open = '<!-- novita-template ';
const close = ' -->';
const version = 1;

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
  let value: unknown;
  try {
    value = JSON.parse(line.slice(open.length, -close.length));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, name, key, state, build, sha, run, attempt } = value as Record<string, unknown>;
  const texts = [name, key, state].every((text) => typeof text === 'string');
  const numbers = [run, attempt].every((number) => Number.isSafeInteger(number));
  if (v !== version || !texts || !numbers) return undefined;
  return {
    name: name as string,
    key: key as string,
    state: state as CommentState,
    run: run as number,
    attempt: attempt as number,
    ...(typeof build === 'string' && { build }),
    ...(typeof sha === 'string' && { sha }),
  };
}

/** A comment as it is to stand on a pull request. */
export interface Comment {
  readonly header: Parameters<typeof commentMarker>[0];
  readonly body: string;
}
