import type { WorkflowRun } from '../../ci/run.ts';
import { type Comment, type CommentState, commentMarker } from '../../github/comment-marker.ts';
import type { ResultDocument } from '../result/result.ts';
import { formatCount, formatDuration } from '../text/format.ts';
import { reusedSentence } from '../text/reused.ts';
import { cutWithMark } from '../text/sanitize.ts';
import { changesSection } from './changes.ts';
import { escapeMarkdown, fence, inlineCode, placeMarkdown, snippets, table } from './markdown.ts';
import { stepTable } from './step-table.ts';

/** GitHub refuses a comment of more characters; counted here in UTF-8 bytes, which are never fewer. */
export const commentLimit = 65_536;

const tagLimit = 20;
const messageLimit = 4000;
const lineBytes = 12_000;
/** Room for the head of the table of steps, and for the row that says how many are left out. */
const leastStepBytes = 1000;

export interface CommentInput {
  /** Everything that is shown; its texts may be anybody's. */
  readonly result: ResultDocument;
  readonly run: WorkflowRun;
  readonly key: string;
  readonly runUrl?: string;
  /** Says that the result comes from a run that anybody may have written. */
  readonly unverified?: boolean;
}

/**
 * The comment about one build as Markdown, at most {@link commentLimit} bytes. When it is too long, steps in the
 * middle of the table give way, then what changed, then the explanation; marker, heading and identifiers stay.
 */
export function renderComment({ result, run, key, runUrl, unverified = false }: CommentInput): Comment {
  const { name, buildId, changes, reused } = result;
  const state = commentState(result);
  const header = { name, key, state, ...(buildId && { build: buildId }), ...run };
  const write = ({ diff = '', failure = '', steps = '' }): string => {
    const parts = [
      `${commentMarker(header)}\n### ${heading(state, result)}${key && ` (${escapeMarkdown(key, 100)})`}`,
      explained(result, state) ||
        (reused ? reusedSentence(reused, buildId ? `build ${inlineCode(buildId)}` : 'this build') : ''),
      failure,
      !result.failure && facts(result),
      state === 'ready' && result.reference && snippets(result.reference),
      diff,
      result.failure && facts(result),
      steps,
      footer(run, runUrl, unverified),
    ];
    return `${parts.filter(Boolean).join('\n\n')}\n`;
  };
  const room = (parts: Parameters<typeof write>[0]) => commentLimit - Buffer.byteLength(write(parts)) - 10;
  const failure = failureSection(result);
  const diff = changes ? changesSection(changes, 4) : '';
  // What is left of the parts that are not needed, from all of them to none.
  const fitting = [{ failure, diff }, { failure }, {}].find((parts) => room(parts) > leastStepBytes) ?? {};
  return { header, body: write({ ...fitting, steps: stepSection(result, room(fitting)) }) };
}

function commentState({ status, failure }: ResultDocument): CommentState {
  if (status === 'error') return 'failed';
  if (status === 'building' && failure) return 'building';
  return status;
}

function heading(state: CommentState, { name, fingerprint }: ResultDocument): string {
  const template = `Template ${inlineCode(name)}`;
  switch (state) {
    case 'ready':
      return `${template} is ready`;
    case 'failed':
      return `${template} failed to build`;
    case 'superseded':
      return `${template}: superseded by a newer build`;
    case 'skipped':
      return `${template} was planned and not built`;
    case 'unpublished':
      return `${template} is not ${fingerprint === undefined ? 'known to be ' : ''}published`;
    case 'removed':
      return `Preview of template ${inlineCode(name)} is gone`;
    case 'building':
      return `${template} is building`;
  }
}

function explained(result: ResultDocument, state: CommentState): string {
  if (state === 'building' && !result.failure) return 'This comment will tell how it ends.';
  if (state === 'unpublished') {
    return result.fingerprint === undefined
      ? 'Whether a build has the content of this commit cannot be known; the log says why. None was made (`reuse: require`); a run with `reuse: auto` publishes it.'
      : 'No build has the content of this commit, and none was made (`reuse: require`). A run with `reuse: auto` publishes it.';
  }
  if (state !== 'skipped') return '';
  return 'This run has no API key. The recipe was read and planned, and nothing is wrong with it.';
}

function facts(result: ResultDocument): string {
  const shown = result.tags.slice(0, tagLimit).map((tag) => inlineCode(tag));
  const more = result.tags.length - shown.length;
  const tags = `${shown.join(' ') || '(none)'}${more > 0 ? ` and ${more} more` : ''}`;
  const { templateId, buildId, reference, status } = result;
  // Neither starts anything where the build failed.
  const startable = status !== 'error' && status !== 'superseded';
  const tagTitle = status === 'skipped' || status === 'unpublished' ? 'Tags it would get' : 'Tags';
  const rows: (string[] | false | undefined)[] = [
    startable && [tagTitle, tags],
    startable && reference !== undefined && ['Exactly this build', inlineCode(reference, 400)],
    templateId !== undefined && ['Template ID', inlineCode(templateId)],
    buildId !== undefined && ['Build ID', inlineCode(buildId)],
    result.cpuCount !== undefined && ['Size', `${result.cpuCount} CPU, ${result.memoryMb} MiB memory`],
    result.base !== undefined && ['Base', inlineCode(result.base)],
  ];
  const [head, ...rest] = rows.filter((row) => Array.isArray(row));
  return head ? table(head, rest) : '';
}

function failureSection({ failure }: ResultDocument): string {
  if (!failure) return '';
  const { title, what, advice, next, source, sourceUrl, message, lastLines } = failure;
  const lines = lastOf(lastLines);
  return [
    `#### ${escapeMarkdown(title, 300)}`,
    ...[what, advice, next ?? ''].map((sentence) => escapeMarkdown(sentence)),
    source && `At ${placeMarkdown(source, sourceUrl)}:`,
    message && fence(cutWithMark(message, messageLimit), 'text'),
    lines.length > 0 &&
      `Its last ${formatCount(lines.length, 'line')}:\n\n${fence(lines.join('\n'), 'text')}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The newest lines, as many as have room. */
function lastOf(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(-30).reverse()) {
    const shown = cutWithMark(line, 2000);
    bytes += Buffer.byteLength(shown);
    if (bytes > lineBytes) break;
    kept.unshift(shown);
  }
  return kept;
}

function stepSection({ steps, status, durationMs, reused }: ResultDocument, budget: number): string {
  const unchanged = reused?.how === 'found';
  const numbered = steps.filter((step) => step.number !== undefined);
  const cached = numbered.filter((step) => step.cached).length;
  const counted = formatCount(numbered.length, 'step');
  const seen =
    ['building', 'skipped', 'unpublished'].includes(status) || unchanged
      ? ''
      : `, ${cached} cached, ${formatDuration(durationMs)}`;
  const frame = (rows: string) => `<details><summary>${counted}${seen}</summary>\n\n${rows}\n\n</details>`;
  return frame(stepTable(steps, budget - Buffer.byteLength(frame(''))));
}

function footer({ run, attempt, sha }: WorkflowRun, runUrl: string | undefined, unverified: boolean): string {
  const number = `run ${run}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
  const link = runUrl && /^https?:\/\/[\w.:/-]+$/.test(runUrl) ? `[${number}](${runUrl})` : number;
  const commit = sha && /^[0-9a-f]{7,64}$/.test(sha) ? `Commit ${sha}` : '';
  const parts = [commit, run > 0 && link].filter(Boolean).join(', ');
  const doubt = unverified
    ? ' This is what a run of the pull request itself reported; nobody checked that it is true.'
    : '';
  return `<sub>${parts}${parts && '.'}${doubt}</sub>`;
}
