import type { WorkflowRun } from '../../ci/run.ts';
import {
  type Comment,
  type CommentHeader,
  type CommentState,
  commentMarker,
} from '../../github/comment-marker.ts';
import { isBuilt, type ResultDocument } from '../result/result.ts';
import { formatCount, formatDuration } from '../text/format.ts';
import { cutWithMark } from '../text/sanitize.ts';
import { factRows, failureSection, heading, localLine, originLines } from './build-parts.ts';
import { changesSection } from './changes.ts';
import { escapeMarkdown, snippets, table } from './markdown.ts';
import { stepTable } from './step-table.ts';
import { testSection } from './test-section.ts';

/** GitHub refuses a comment of more characters; counted here in UTF-8 bytes, which are never fewer. */
export const commentLimit = 65_536;

const tagLimit = 20;
const messageLimit = 4000;
const lineBytes = 12_000;
/** Room for the table's head and for the row that counts the omitted steps. */
const leastStepBytes = 1000;

export interface CommentInput {
  /** Everything to show. Its texts are untrusted. */
  readonly result: ResultDocument;
  readonly run: WorkflowRun;
  readonly key: string;
  readonly runUrl?: string;
  /** Says that the result may come from a stranger's run. */
  readonly unverified?: boolean;
}

/**
 * The comment about one build as Markdown, at most {@link commentLimit} bytes. When it is too long, rows in the middle
 * of the table are dropped, then the changes, then the explanation; marker, heading and identifiers stay.
 */
export function renderComment({ result, run, key, runUrl, unverified = false }: CommentInput): Comment {
  const { name, buildId, status, reference, changes, failure } = result;
  const state: CommentState = status === 'error' ? 'failed' : status;
  const header: CommentHeader = { name, key, state, ...(buildId && { build: buildId }), ...run };
  const head = `${commentMarker(header)}\n### ${heading(result)}${key && ` (${escapeMarkdown(key, 100)})`}`;
  const explained = [explanation(result) || originLines(result), localLine(result)]
    .filter(Boolean)
    .join('\n\n');
  const facts = [factSection(result), testSection(result, 4)].filter(Boolean).join('\n\n');
  const start = status === 'ready' && reference ? snippets(reference) : '';
  const foot = footer(run, runUrl, unverified);
  const write = (failed: string, diff: string, steps: string): string => {
    const middle = failure ? [failed, start, diff, facts] : [facts, start, diff];
    return `${[head, explained, ...middle, steps, foot].filter(Boolean).join('\n\n')}\n`;
  };
  const failed = failure ? commentedFailure(failure) : '';
  const diff = changes ? changesSection(changes, 4) : '';
  const bytesLeft = (failed: string, diff: string) =>
    commentLimit - Buffer.byteLength(write(failed, diff, '')) - 10;
  // Which of the optional parts fit, from all of them to none.
  const choices: [failed: string, diff: string][] = [
    [failed, diff],
    [failed, ''],
  ];
  const parts = choices.find((parts) => bytesLeft(...parts) > leastStepBytes) ?? ['', ''];
  return { header, body: write(...parts, stepSection(result, bytesLeft(...parts))) };
}

function explanation({ status, failure, fingerprint, local }: ResultDocument): string {
  if (status === 'building' && !failure) return 'This comment will show how it ends.';
  if (status === 'unpublished') {
    return fingerprint === undefined
      ? 'The action cannot tell whether a build has the content of this commit; the log says why. None was made (`reuse: require`); a run with `reuse: auto` publishes it.'
      : 'No build that may be reused has the content of this commit, and none was made (`reuse: require`). A run with `reuse: auto` publishes it.';
  }
  if (status === 'planned') return 'Nothing was built (`dry-run`).';
  if (status !== 'skipped' || local) return '';
  return 'This run has no API key. The recipe was read and planned, and nothing is wrong with it.';
}

const factOrder = ['tags', 'previous', 'reference', 'templateId', 'buildId', 'size', 'base'] as const;

function factSection(result: ResultDocument): string {
  const [head, ...rows] = factRows(result, factOrder, tagLimit);
  return head ? table(head, rows) : '';
}

function commentedFailure(failure: NonNullable<ResultDocument['failure']>): string {
  const { what, advice, next = '', lastLines } = failure;
  const explained = [what, advice, next].filter(Boolean);
  return failureSection(failure, { level: 4, explained, messageLimit, lastLines: newestOf(lastLines) });
}

/** The newest lines that fit. */
function newestOf(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(-30).reverse()) {
    const text = cutWithMark(line, 2000);
    bytes += Buffer.byteLength(text);
    if (bytes > lineBytes) break;
    kept.unshift(text);
  }
  return kept;
}

function stepSection({ steps, status, durationMs, reused }: ResultDocument, budget: number): string {
  const numbered = steps.filter((step) => step.number !== undefined);
  const cached = numbered.filter((step) => step.cached).length;
  const notRun = status === 'building' || !isBuilt(status) || reused?.how === 'found';
  const totals = notRun ? '' : `, ${cached} cached, ${formatDuration(durationMs)}`;
  const open = `<details><summary>${formatCount(numbered.length, 'step')}${totals}</summary>\n\n`;
  const close = '\n\n</details>';
  return open + stepTable(steps, budget - Buffer.byteLength(open + close)) + close;
}

function footer({ run, attempt, sha }: WorkflowRun, runUrl: string | undefined, unverified: boolean): string {
  const number = `run ${run}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
  const link = runUrl && /^https?:\/\/[\w.:/-]+$/.test(runUrl) ? `[${number}](${runUrl})` : number;
  const commit = sha && /^[0-9a-f]{7,64}$/.test(sha) ? `Commit ${sha}` : '';
  const parts = [commit, run > 0 && link].filter(Boolean).join(', ');
  const doubt = unverified
    ? ' This is what a run of the pull request itself reported; it was not checked.'
    : '';
  return `<sub>${parts}${parts && '.'}${doubt}</sub>`;
}
