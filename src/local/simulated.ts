import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Executor, ExecutorBuild, ExecutorResult, LogSink } from './executor.ts';
import { layerHeader, outputLines } from './log-format.ts';
import { startSimulatedMachine } from './simulated-machine.ts';
import { type SimulatedPhase, simulatedPhasesOf } from './simulated-phases.ts';
import {
  findRule,
  rulesFor,
  type ScriptedLine,
  type SimulationRule,
  type SimulationScript,
} from './simulation-script.ts';

export interface SimulatedOptions {
  /** Milliseconds for a RUN without a rule; other steps take proportional times. Default 20. */
  readonly stepMs?: number;
  /** Rules that change what happens. */
  readonly script?: SimulationScript;
}

/** The second line of every build's log. */
export const SIMULATION_NOTICE =
  'This service is simulated: it prints what each step would do and runs nothing.';

const LINES_AT_ONCE = 1000;

/**
 * Walks through a recipe in real time and prints what it would do. It checks what needs no run: step types and arguments,
 * and that the archive of each COPY contains its source. It has its own layer cache.
 */
export function createSimulatedExecutor(options: SimulatedOptions = {}): Executor {
  const stepMs = options.stepMs ?? 20;
  const layers = new Set<string>();
  return {
    name: 'simulated',
    async execute(build, log, signal) {
      log({ level: 'info', message: SIMULATION_NOTICE });
      const rules = rulesFor(options.script, build);
      return walk(build, { rules, layers, stepMs, log, signal });
    },
    startMachine: (build) => startSimulatedMachine(build, rulesFor(options.script, build)),
  };
}

interface Walk {
  readonly rules: readonly SimulationRule[];
  readonly layers: Set<string>;
  readonly stepMs: number;
  readonly log: LogSink;
  readonly signal: AbortSignal;
}

async function walk(build: ExecutorBuild, context: Walk): Promise<ExecutorResult> {
  let rebuilding = false;
  for (const phase of simulatedPhasesOf(build)) {
    const rule = findRule(context.rules, phase);
    const cached = !rebuilding && isCached(phase, rule, context.layers);
    if (phase.header) {
      const message = layerHeader(phase.header.prefix, phase.text, phase.header.key, cached);
      context.log({ level: 'info', message, step: phase.id });
    }
    if (cached) continue;
    rebuilding = true;
    const failure = await perform(phase, rule, context);
    if (failure) return { status: 'error', reason: failure };
    if (phase.header) context.layers.add(phase.header.key);
  }
  return { status: 'ready' };
}

function isCached(
  phase: SimulatedPhase,
  rule: SimulationRule | undefined,
  layers: ReadonlySet<string>,
): boolean {
  if (rule?.fail) return false;
  if (rule?.cached !== undefined) return rule.cached;
  if (phase.cache !== 'by-key') return phase.cache === 'always';
  return phase.header !== undefined && layers.has(phase.header.key);
}

async function perform(
  phase: SimulatedPhase,
  rule: SimulationRule | undefined,
  { stepMs, log, signal }: Walk,
): Promise<{ message: string; step?: string } | undefined> {
  const say = (lines: Iterable<ScriptedLine>) => print(phase, lines, log, signal);
  await say(phase.before);
  await pause(rule?.durationMs ?? stepMs * phase.weight, signal);
  if (rule?.until) await Promise.race([rule.until, aborted(signal)]);
  const work = rule?.lines || rule?.fail ? undefined : await phase.work();
  if (work && !work.ok) return { message: work.reason, step: phase.id };
  await say(scripted(rule?.lines) ?? work?.value ?? []);
  if (!rule?.fail) {
    await say(phase.after);
    return undefined;
  }
  await say(phase.onFailure ?? []);
  const { message, step = phase.id } = rule.fail;
  return step === null ? { message } : { message, step };
}

function scripted(lines: SimulationRule['lines']): Iterable<ScriptedLine> | undefined {
  return typeof lines === 'function' ? lines() : lines;
}

async function print(
  phase: SimulatedPhase,
  lines: Iterable<ScriptedLine>,
  log: LogSink,
  signal: AbortSignal,
) {
  let printed = 0;
  for (const line of lines) {
    const {
      text,
      stream = 'stdout',
      level = phase.level,
      raw = false,
    } = typeof line === 'string' ? { text: line } : line;
    const messages = raw ? [text] : outputLines(phase.label, stream, text);
    for (const message of messages) log({ level, message, step: phase.id });
    printed += 1;
    // Lets requests through during much output.
    if (printed % LINES_AT_ONCE === 0) await setImmediate(undefined, { signal });
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY) await aborted(signal);
  else if (milliseconds > 0) await setTimeout(milliseconds, undefined, { signal });
  signal.throwIfAborted();
}

/** Never resolves; rejects when the signal fires. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
