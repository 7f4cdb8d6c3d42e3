import type { BuildStatus, LogEntry } from '../api/schemas.ts';
import type { PlanStep } from '../plan/plan.ts';
import { parseAnnouncedStep } from '../recipe/instruction.ts';
import type { BuildEvent, LogLine, StepHeader, StepOutcome, UnfinishedStep } from './events.ts';
import { closingState, entryTime, parseMessage } from './log-parser.ts';

/** Turns the service's log into steps that begin, print and end. */
export interface StepTracker {
  /** Takes the next entry of the log, in order; gives the events. */
  take(entry: LogEntry): BuildEvent[];
  /** The log is over: ends the open step, by the final status if that is known. */
  end(final?: Pick<BuildStatus, 'status' | 'reason'>): BuildEvent[];
  /** Every step so far, in the order of their headers. */
  outcomes(): StepOutcome[];
  /** The last lines that a step printed, oldest first. */
  lastLines(stepId: string): readonly LogLine[];
}

interface OpenStep {
  readonly header: StepHeader;
  readonly startedAt: number;
}

const keptLines = 200;

/** `planned` has the titles; a step that is not in the plan has the title of its header. */
export function createStepTracker(planned: readonly PlanStep[]): StepTracker {
  const steps = new Map<string, StepOutcome>();
  const tails = new Map<string, LogLine[]>();
  let open: OpenStep | undefined;
  /** The last line does not say whether the open step was completed; the build's status does. */
  let closing: BuildEvent[] = [];
  let now = 0;

  function close(unfinished?: UnfinishedStep): BuildEvent[] {
    const last = closing;
    closing = [];
    if (!open) return last;
    const { header, startedAt } = open;
    open = undefined;
    const durationMs = Math.max(0, now - startedAt);
    const outcome = steps.get(header.id);
    const how = unfinished && { unfinished: unfinished.how };
    if (outcome) steps.set(header.id, { ...outcome, durationMs, ...how });
    return [{ type: 'step-finished', step: header, durationMs, ...(unfinished && { unfinished }) }, ...last];
  }

  function begin(header: StepHeader): BuildEvent[] {
    const finished = close();
    open = { header, startedAt: now };
    const { id, number, text, cached } = header;
    const step = number === undefined ? undefined : (planned[number - 1] ?? parseAnnouncedStep(text));
    steps.set(id, {
      id,
      ...(number !== undefined && { number }),
      title: step?.title ?? firstLine(text),
      cached,
      ...(step?.addedBySdk && { addedBySdk: step.addedBySdk }),
      startedAt: now,
    });
    return [...finished, { type: 'step-started', step: header, at: now }];
  }

  function print(entry: LogEntry, text: string, stream?: 'stdout' | 'stderr'): BuildEvent[] {
    const stepId = entry.step ?? open?.header.id;
    const line: LogLine = {
      at: now,
      level: entry.level,
      ...(stream && { stream }),
      ...(stepId !== undefined && { stepId }),
      text,
    };
    if (stepId !== undefined) {
      const tail = tails.get(stepId) ?? [];
      tails.set(stepId, tail);
      tail.push(line);
      // Cut rarely rather than on every line: a build may print hundreds of thousands.
      if (tail.length > 2 * keptLines) tail.splice(0, tail.length - keptLines);
    }
    return [{ type: 'line', line }];
  }

  function read(entry: LogEntry): BuildEvent[] {
    const parsed = parseMessage(entry.message);
    if (parsed.kind === 'header') {
      // A phase may have two headers, as the base does for its default user: that is one group.
      if (steps.has(parsed.stepId)) return print(entry, parsed.text);
      const { kind: _, stepId: id, ...rest } = parsed;
      return begin({ id, ...rest });
    }
    if (parsed.kind === 'output') {
      // Commands of the last phase name themselves: `start`, `ready`, `config`.
      const ofStep = parsed.source === entry.step || parsed.source.startsWith('builder ');
      return print(entry, ofStep ? parsed.text : `${parsed.source}: ${parsed.text}`, parsed.stream);
    }
    if (entry.step !== undefined) return print(entry, parsed.text);
    // A line about the whole build comes before the first step or after the last.
    return [...close(), wholeBuild(entry, parsed.text)];
  }

  function wholeBuild({ level }: LogEntry, text: string): BuildEvent {
    return { type: 'line', line: { at: now, level, text } };
  }

  return {
    take(entry) {
      now = Math.max(now, entryTime(entry) ?? now);
      const before = closing.length > 0 ? close() : [];
      if (closingState(entry) === undefined) return [...before, ...read(entry)];
      closing = [wholeBuild(entry, entry.message)];
      return before;
    },
    end: (final) => close(final ? unfinishedBy(final, open?.header.id) : { how: 'unseen' }),
    outcomes: () => [...steps.values()],
    lastLines: (stepId) => tails.get(stepId)?.slice(-keptLines) ?? [],
  };
}

function unfinishedBy(
  { status, reason }: Pick<BuildStatus, 'status' | 'reason'>,
  stepId: string | undefined,
): UnfinishedStep | undefined {
  if (status === 'ready') return undefined;
  const failed = reason?.step !== undefined && reason.step === stepId;
  return failed ? { how: 'failed', reason: reason.message } : { how: 'stopped' };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
