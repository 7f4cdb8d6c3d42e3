import { buildReference } from '../../api/names.ts';
import type { LogLevel } from '../../api/types.ts';
import type { FailureClass } from '../../driver/diagnosis/failure-classes.ts';
import { type BuildFailure, type BuildOutcome, mayStart } from '../../driver/events.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { SourceLocation } from '../../problem.ts';
import {
  explanation,
  failureLines,
  failureMessage,
  failureOf,
  failurePlace,
  failureTitle,
} from '../text/failure.ts';
import { formatCount, formatDuration } from '../text/format.ts';
import { cutWithMark, singleLine } from '../text/sanitize.ts';
import { type CodeLine, numberedLines, placeLabel, type SourceView } from '../text/source-lines.ts';
import type { Output } from './output.ts';

/** What the log's level left out. */
export interface LeftOut {
  readonly leftOut: number;
  readonly level: LogLevel;
}

/** How lines of the definition are shown. */
export interface SourceOptions {
  readonly sources?: SourceView;
  /** What file names are shown relative to. */
  readonly workspace?: string;
  /** The build ran in containers of the runner, and has no identifiers that mean anything elsewhere. */
  readonly local?: true;
  /** Failures that do not fail the step, and are a notice. */
  readonly mild?: ReadonlySet<FailureClass>;
}

/** The end of a build's log: on failure what failed and its last lines, then totals and identifiers. */
export function logOutcome(
  output: Output,
  plan: PartialPlan,
  outcome: BuildOutcome,
  { leftOut, level, sources, workspace, local, mild }: LeftOut & SourceOptions,
): void {
  const failure = failureOf(outcome);
  // Of a build that the job gave up, its end tells (`exitForOutcome`).
  if (failure && !outcome.abortedBy)
    logFailure(output, plan, outcome, failure, {
      ...(sources && { sources }),
      ...(workspace && { workspace }),
      ...(local && { local }),
      ...(mild && { mild }),
    });
  output.line('');
  output.line(totals(outcome));
  const facts = local ? [['name', singleLine(outcome.name)] as const] : identifiers(outcome);
  for (const [label, value] of facts) output.line(`${`${label}:`.padEnd(12)}${value}`);
  if (leftOut > 0) {
    output.line(
      `${formatCount(leftOut, 'line')} below level ${level} not shown; log-level: debug shows all.`,
    );
  }
}

/** `7 steps, 5 cached, 1m 12s`; counts the steps of the recipe, not the phases around them. */
export function totals(outcome: BuildOutcome): string {
  const took = formatDuration(outcome.durationMs);
  const verdict = testVerdict(outcome);
  if (verdict && outcome.reused?.source === 'existing') return `Nothing was built, and ${verdict}: ${took}`;
  if (outcome.reused?.source === 'existing') return `Nothing was built, ${took}`;
  if (outcome.reused && outcome.steps.length === 0) return `The build of another run was used, ${took}`;
  const steps = outcome.steps.filter((step) => step.number !== undefined);
  const cached = steps.filter((step) => step.cached).length;
  const counts = `${formatCount(steps.length, 'step')}, ${cached} cached, ${took}`;
  if (outcome.status === 'building') {
    const isUnseen = outcome.failure || outcome.abortedBy;
    return isUnseen
      ? `The end of the build was not seen: ${counts}`
      : 'The build was started and not waited for';
  }
  if (outcome.status === 'superseded') return `Superseded: ${counts}`;
  if (verdict) return `Built, and ${verdict}: ${counts}`;
  return outcome.status === 'error' ? `Failed: ${counts}` : counts;
}

/** What there is to say of a ready build whose tags this run has not moved, or not seen to move. */
function testVerdict({ test, testedBefore, endedDuring, diagnosis }: BuildOutcome): string | undefined {
  if (endedDuring === undefined) return undefined;
  const tags = endedDuring === 'tags' ? 'not seen to move' : 'not moved';
  if (test?.passed || testedBefore) return `its test passed, and its tags were ${tags}`;
  return diagnosis?.class === 'smoke-test' ? 'its test failed' : 'not tested';
}

function identifiers(outcome: BuildOutcome): [string, string][] {
  const startable = mayStart(outcome);
  return [
    ['name', singleLine(outcome.name)],
    ...(startable
      ? [['tags', singleLine(outcome.tags.join(', ')) || '(none)'] satisfies [string, string]]
      : []),
    ['templateId', singleLine(outcome.templateId)],
    ['buildId', singleLine(outcome.buildId)],
    ...(startable
      ? [['reference', singleLine(buildReference(outcome), 400)] satisfies [string, string]]
      : []),
  ];
}

function logFailure(
  output: Output,
  plan: PartialPlan,
  outcome: BuildOutcome,
  failure: BuildFailure,
  options: SourceOptions,
): void {
  const title = failureTitle(plan, failure, outcome.diagnosis);
  const lines = failureLines(plan, failure);
  const at = failurePlace(plan, outcome, failure);
  const code = (at && options.sources?.around(at)) ?? [];
  if (at && code.length > 0) logSource(output, title, at, code, options);
  if (lines.length > 0) {
    const last = lines.length === 1 ? 'Its last line:' : `Its last ${lines.length} lines:`;
    if (code.length === 0) output.line('');
    output.line(code.length > 0 ? last : `${title}. ${last}`);
    for (const line of lines) output.printUntrusted(line.text, line.stream);
  }
  const explained = explanation(outcome);
  const reason = failureMessage(plan, failure);
  const isOurs = failure.request !== undefined || explained.length === 0 || outcome.test !== undefined;
  const said = isOurs ? reason : `The ${options.local ? 'local build' : 'service'} says: ${reason}`;
  const quoted = cutWithMark(said, 2000);
  const which = options.local ? 'This was a local build.' : `Build ${buildReference(outcome)}`;
  // Which command of a test failed says more than that one did.
  const parts = outcome.test ? [quoted, ...explained] : [...explained, quoted];
  const message = [...parts, which].join('\n');
  const placement = { title, at };
  const isMild = outcome.diagnosis !== undefined && options.mild?.has(outcome.diagnosis.class);
  if (outcome.status === 'superseded' || isMild) output.notice(message, placement);
  else output.error(message, placement);
}

function logSource(
  output: Output,
  title: string,
  at: SourceLocation,
  code: readonly CodeLine[],
  { sources, workspace }: SourceOptions,
): void {
  const url = sources?.link(at);
  output.line('');
  output.line(title);
  output.line(`At ${singleLine(placeLabel(at, workspace), 400)}${url ? `, ${url}` : ''}`);
  for (const line of numberedLines(code, at)) output.printUntrusted(line);
}
