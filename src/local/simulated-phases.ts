import type { Instruction, LogLevel } from '../api/types.ts';
import { shorten } from '../problem.ts';
import type { Result } from '../result.ts';
import { checkCopy } from './archive.ts';
import type { ExecutorBuild } from './executor.ts';
import { failures } from './failures.ts';
import { commandsOf, type Phase, phasesOf } from './phases.ts';
import type { ScriptedLine } from './simulation-script.ts';

/** One stretch of a simulated build. */
export interface SimulatedPhase extends Phase {
  /** How long it takes, in units of the usual step. */
  readonly weight: number;
  /** Lines around the output. */
  readonly before: readonly ScriptedLine[];
  readonly after: readonly ScriptedLine[];
  /** Printed when a rule makes it fail. */
  readonly onFailure?: readonly ScriptedLine[];
  /** The simulated output, or the reason why the step cannot work. */
  work(): Promise<Result<readonly ScriptedLine[]>>;
}

type Play = Pick<SimulatedPhase, 'weight' | 'before' | 'after' | 'onFailure' | 'work'>;

/** The phases of a build in the order in which the service runs them, with what they print. */
export function simulatedPhasesOf(build: ExecutorBuild): SimulatedPhase[] {
  return phasesOf(build).map((phase) => ({ ...phase, ...playOf(phase, build) }));
}

function playOf(phase: Phase, build: ExecutorBuild): Play {
  const quiet: Play = { weight: 0.3, before: [], after: [], work: async () => ran([]) };
  const { readyCmd } = commandsOf(build);
  const isReady = raw('Template is ready', 'info');
  const waiting = raw(`Waiting for template to be ready: ${readyCmd}`, 'info');
  switch (phase.at) {
    case 'base':
      return build.template.fromTemplate ? { ...quiet, weight: 0 } : { ...quiet, ...fromImage(phase) };
    case 'user':
      return { ...quiet, weight: 0.1, work: async () => ran(['(simulated) adduser user']) };
    case 'finalize':
      return quiet;
    case 'start':
      return {
        ...quiet,
        before: [raw(`Running start command: ${phase.text}`, 'info')],
        // The service prints this even when the start command has died.
        onFailure: [waiting, isReady],
        work: async () => ran([`(simulated) ${firstLine(phase.text)}`]),
      };
    case 'ready':
      return { ...quiet, weight: 0.5, before: [waiting], after: [isReady] };
    case 'optimize':
      return { ...quiet, weight: 0.2 };
    default: {
      const { step = { type: '' }, type = '' } = phase;
      return { ...quiet, weight: type === 'RUN' ? 1 : 0.3, work: () => simulateStep(build, step, type) };
    }
  }
}

function fromImage({ header }: Phase): Pick<Play, 'weight' | 'before' | 'after'> {
  return {
    weight: 2,
    before: [
      raw('Requesting Docker Image', 'debug'),
      raw('Base Docker image size: 48 MB (simulated)', 'info'),
    ],
    after: [
      raw('Creating file system and pulling Docker image', 'info'),
      raw(`Uncompressing layer sha256:${header?.key} 48 MB (simulated)`, 'info'),
      raw('Layers extracted', 'info'),
      raw('Provisioning sandbox template', 'info'),
      raw('Provisioning was successful, cleaning up', 'info'),
      raw('Sandbox template provisioned', 'info'),
    ],
  };
}

function ran(value: readonly ScriptedLine[]): Result<readonly ScriptedLine[]> {
  return { ok: true, value };
}

async function simulateStep(build: ExecutorBuild, step: Instruction, type: string): ReturnType<Play['work']> {
  const args = step.args ?? [];
  switch (type) {
    case 'RUN':
      return ran([`(simulated) ${firstLine(args[0] ?? '')}`, '(simulated) exit status 0']);
    case 'COPY':
    case 'ADD': {
      const check = await checkCopy(step, step.filesHash ? build.archivePath(step.filesHash) : undefined);
      if (!check.ok) return check;
      const { entries, bytes } = check.value;
      return ran([`(simulated) unpacked ${entries} entries, ${bytes} bytes`]);
    }
    case 'ENV':
    case 'ARG':
      return args.length > 0 && args.length % 2 === 0
        ? ran([])
        : { ok: false, reason: failures.envIncomplete() };
    case 'WORKDIR':
    case 'USER':
      return ran([]);
    default:
      return { ok: false, reason: failures.unknownStepType(step.type) };
  }
}

function raw(text: string, level: LogLevel): ScriptedLine {
  return { text, level, raw: true };
}

function firstLine(command: string): string {
  return shorten(command.trim().split('\n', 1)[0] ?? '', 160);
}
