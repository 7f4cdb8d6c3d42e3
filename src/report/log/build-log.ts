import type { LogLevel, TagChange } from '../../api/types.ts';
import { withoutCommand } from '../../driver/diagnosis/evidence.ts';
import type { BuildEvent, LogLine, ReusedBuild, StepHeader } from '../../driver/events.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import { failureMessage, visibleLine } from '../text/failure.ts';
import { formatBytes, formatCount, formatDuration, formatTimeLeft } from '../text/format.ts';
import { moveWords, reusedFields, reusedSentence } from '../text/reused.ts';
import { singleLine } from '../text/sanitize.ts';
import { groupTitle, headerRest, stepLabel, stepSource } from '../text/step-names.ts';
import { logOutcome, type SourceOptions } from './build-log-end.ts';
import type { Output } from './output.ts';

/** Shows a build as it happens. */
export interface BuildLog {
  show(event: BuildEvent): void;
  /** Closes the open group; call it in `finally`. */
  close(): void;
}

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const levelMark: Readonly<Record<LogLevel, string>> = {
  debug: 'debug: ',
  info: '',
  warn: 'warning: ',
  error: 'error: ',
};
/** So many warnings are told apart. More annotations are shown nowhere. */
const annotatedLimit = 10;
const uploads = 'uploads';
/** Shorter times are not shown: such a wait is over before it is read, and such a step is not slow. Milliseconds. */
const shortestShownMs = 10_000;

export interface BuildLogOptions extends SourceOptions {
  readonly level?: LogLevel;
  /** Expected milliseconds for the rest of the build when a step begins; `undefined` when unknown. */
  readonly timeLeft?: (step: StepHeader) => number | undefined;
}

/**
 * One flat group per step, then the totals. Each line of the build follows `│ `, or `┆ ` when a command wrote it to
 * stderr. Lines below `level` are left out and counted at the end. The remaining time is printed between the groups, so
 * that it is visible without opening one.
 */
export function createBuildLog(
  output: Output,
  plan: PartialPlan,
  { level = 'info', timeLeft = () => undefined, ...sourceOptions }: BuildLogOptions = {},
): BuildLog {
  const titles = new Map<string, string>();
  const annotated = new Set<string>();
  /** Id of the step whose group is open. */
  let current: string | undefined;
  let stderrExplained = false;
  let leftOut = 0;
  /** The build that this run registered last. */
  let own: string | undefined;

  function open(id: string, title: string): void {
    output.startGroup(title);
    current = id;
  }

  function endGroup(): void {
    output.endGroup();
    current = undefined;
  }

  function startStep(step: StepHeader): void {
    const title = groupTitle(plan, step);
    // A step that is announced again gets no second estimate.
    const remaining = titles.has(step.id) ? undefined : timeLeft(step);
    titles.set(step.id, title);
    if (remaining !== undefined && remaining >= shortestShownMs) {
      endGroup();
      output.line(progress(plan, step, remaining));
    }
    open(step.id, title);
    for (const rest of headerRest(plan, step)) output.printUntrusted(rest);
    if (step.cached) output.line('Taken from the cache.');
  }

  function finishStep(event: Extract<BuildEvent, { type: 'step-finished' }>): void {
    const { step, durationMs, unfinished } = event;
    const open = current === step.id;
    const label = open ? '' : `${stepLabel(plan, step.id)} `;
    // The end of a slow step is printed outside of its group, so that it is visible at once.
    const slow = open && !unfinished && durationMs !== undefined && durationMs >= shortestShownMs;
    const quiet = slow || (step.cached && !unfinished);
    if (!quiet) output.line(label + endOfStep(plan, event));
    if (open) endGroup();
    if (slow) output.line(`DONE ${formatDuration(durationMs)}`);
  }

  function showLine(raw: LogLine): void {
    const line = visibleLine(plan, raw);
    if (!line) return;
    if (line.level === 'warn') annotate(line);
    if (rank[line.level] < rank[level]) {
      leftOut += 1;
      return;
    }
    const { stepId } = line;
    if (stepId === undefined) endGroup();
    else if (current === undefined) {
      const title = titles.get(stepId);
      open(stepId, title === undefined ? stepLabel(plan, stepId) : `${title} (continued)`);
    }
    if (line.stream === 'stderr' && !stderrExplained) {
      stderrExplained = true;
      output.line('(┆ marks what a command wrote to stderr)');
    }
    const label = stepId !== undefined && stepId !== current ? `${stepLabel(plan, stepId)} ` : '';
    output.printUntrusted(label + levelMark[line.level] + line.text, line.stream);
  }

  function annotate(line: LogLine): void {
    const key = `${line.stepId}\n${line.text}`;
    if (annotated.has(key)) return;
    // After the limit they are only counted, so that many warnings take no memory.
    if (annotated.size < annotatedLimit) annotated.add(key);
    const label = line.stepId === undefined ? '' : ` in ${stepLabel(plan, line.stepId)}`;
    const at = stepSource(plan, line.stepId, line.text);
    output.warning(line.text, { title: `Build warning${label}`, at, inLog: true });
  }

  function show(event: BuildEvent): void {
    switch (event.type) {
      case 'registered':
        endGroup();
        own = event.buildId;
        if (!sourceOptions.local)
          output.line(`Registered ${plan.name} as template ${event.templateId}, build ${event.buildId}`);
        break;
      case 'joined':
        endGroup();
        output.line(`Another run is building the same content: following build ${event.buildId}`);
        break;
      case 'reused':
        endGroup();
        if (own !== undefined && own !== event.buildId) {
          output.line(`Build ${singleLine(own)} of this run was superseded by that of another run.`);
        }
        logReuse(output, event);
        break;
      case 'tags-moved':
        endGroup();
        logMoves(output, event.moves);
        break;
      case 'upload-started':
      case 'upload-finished':
        if (current !== uploads) open(uploads, uploadsTitle(plan));
        output.line(uploadLine(plan, event));
        break;
      case 'started':
        endGroup();
        output.line('Build started');
        break;
      case 'step-started':
        startStep(event.step);
        break;
      case 'step-finished':
        finishStep(event);
        break;
      case 'line':
        showLine(event.line);
        break;
      case 'notice':
        output.line(event.message);
        break;
      case 'finished':
        endGroup();
        logOutcome(output, plan, event.outcome, { leftOut, level, ...sourceOptions });
        leftOut = 0;
        break;
    }
  }

  return { show, close: endGroup };
}

/** How a step ended: `done in 4.2s`, `failed after 0.4s: exit status 1`. */
function endOfStep(
  plan: PartialPlan,
  { step, durationMs, unfinished }: Extract<BuildEvent, { type: 'step-finished' }>,
): string {
  const took = durationMs === undefined ? undefined : formatDuration(durationMs);
  const after = took === undefined ? '' : ` after ${took}`;
  switch (unfinished?.how) {
    case undefined:
      return took === undefined ? 'done' : `done in ${took}`;
    case 'failed': {
      const message = withoutCommand(unfinished.reason).replace(/^failed to run command '…': /, '');
      return `failed${after}: ${singleLine(failureMessage(plan, { stepId: step.id, message }))}`;
    }
    case 'stopped':
      return `not done: the build ended${after}`;
    case 'unseen':
      return `not seen to its end${took === undefined ? '' : `, ${took} so far`}`;
  }
}

function progress(plan: PartialPlan, { number, total }: StepHeader, remaining: number): string {
  const where = number === undefined ? 'About' : `Step ${number} of ${total ?? plan.steps.length}, about`;
  return `${where} ${formatTimeLeft(remaining)} left`;
}

function uploadsTitle(plan: PartialPlan): string {
  const sets = plan.steps.flatMap((step) => (step.files ? [step.files] : []));
  const bytes = sets.reduce((sum, files) => sum + files.bytes, 0);
  return `Upload ${formatCount(Math.max(1, sets.length), 'file set')} (${formatBytes(bytes)})`;
}

type UploadEvent = Extract<BuildEvent, { type: 'upload-started' | 'upload-finished' }>;

function uploadLine(plan: PartialPlan, event: UploadEvent): string {
  const label = `${stepLabel(plan, String(event.step))} ${singleLine(event.source, 80)}`;
  if (event.type === 'upload-started') {
    return `${label}: ${formatCount(event.fileCount, 'file')}, ${formatBytes(event.bytes)}`;
  }
  if (event.outcome === 'present') return `${label}: the service has these files, nothing to send`;
  return `${label}: ${formatBytes(event.sentBytes)} sent in ${formatDuration(event.durationMs)}`;
}

/** The sentence, and where each tag came from. */
export function logReuse(
  output: Output,
  { buildId, reused }: { readonly buildId: string; readonly reused: ReusedBuild },
): void {
  output.line(reusedSentence(reusedFields(reused), `build ${singleLine(buildId)}`));
  logMoves(output, reused.moves);
}

function logMoves(output: Output, moves: readonly TagChange[]): void {
  for (const move of moves) output.line(`Tag ${singleLine(move.tag)}: ${moveWords(move)}`);
}
