import type { Instruction, LogLevel } from '../api/types.ts';
import { shorten } from '../problem.ts';
import type { Result } from '../result.ts';
import { checkCopy } from './archive.ts';
import type { ExecutorBuild } from './executor.ts';
import { failures } from './failures.ts';
import { layerKeys } from './layer-keys.ts';
import { stepPrefix, stepText } from './log-format.ts';
import type { ScriptedLine, ScriptedPlace } from './simulation-script.ts';

/** One stretch of a simulated build. */
export interface Phase extends ScriptedPlace {
  /** The log's step field and the failure's. */
  readonly id: string;
  /** The text in brackets before its output: `builder 1/3`, `start` and so on. */
  readonly label: string;
  /** Level of its output. */
  readonly level: LogLevel;
  /** Present where a header is printed: `[prefix] text [key]`. */
  readonly header?: { readonly prefix: string; readonly key: string };
  /** `always` and `never` do not use the cache; `force` rebuilds this layer and all after it. */
  readonly cache: 'by-key' | 'always' | 'never' | 'force';
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

const QUIET: Phase['work'] = async () => ({ ok: true, value: [] });

/** The phases of a build in the order in which the service runs them. */
export function phasesOf(build: ExecutorBuild): Phase[] {
  const keys = layerKeys(build.template, build.parent?.buildId);
  const { steps } = build.template;
  const finalize = { id: 'finalize', cache: 'never', before: [], after: [] } as const;
  return [
    ...basePhases(build, keys.base, keys.user),
    ...steps.map((step, index) => stepPhase(build, step, index + 1, keys.steps[index] ?? '')),
    {
      ...finalize,
      at: 'finalize',
      text: 'Finalizing template build',
      label: 'config',
      level: 'debug',
      header: { prefix: 'finalize', key: keys.finalize },
      weight: 0.3,
      work: QUIET,
    },
    ...commandPhases(build, finalize),
    {
      ...finalize,
      id: 'optimize',
      at: 'optimize',
      text: 'Optimizing template',
      label: 'optimize',
      level: 'debug',
      header: { prefix: 'optimize', key: keys.optimize },
      weight: 0.2,
      work: QUIET,
    },
  ];
}

function basePhases(build: ExecutorBuild, baseKey: string, userKey: string): Phase[] {
  const { fromImage, fromTemplate, force } = build.template;
  const common = { id: 'base', label: 'base', level: 'debug', after: [] } as const;
  const base = { ...common, at: 'base', header: { prefix: 'base', key: baseKey }, work: QUIET } as const;
  if (fromTemplate) {
    return [{ ...base, text: `FROM TEMPLATE ${fromTemplate}`, cache: 'always', weight: 0, before: [] }];
  }
  return [
    {
      ...base,
      text: `FROM ${fromImage}`,
      cache: force ? 'force' : 'by-key',
      weight: 2,
      before: [
        raw('Requesting Docker Image', 'debug'),
        raw('Base Docker image size: 48 MB (simulated)', 'info'),
      ],
      after: [
        raw('Creating file system and pulling Docker image', 'info'),
        raw(`Uncompressing layer sha256:${baseKey} 48 MB (simulated)`, 'info'),
        raw('Layers extracted', 'info'),
        raw('Provisioning sandbox template', 'info'),
        raw('Provisioning was successful, cleaning up', 'info'),
        raw('Sandbox template provisioned', 'info'),
      ],
    },
    {
      ...common,
      at: 'user',
      text: 'DEFAULT USER user',
      header: { prefix: 'base', key: userKey },
      cache: 'by-key',
      weight: 0.1,
      before: [],
      work: async () => ({ ok: true, value: ['(simulated) adduser user'] }),
    },
  ];
}

function stepPhase(build: ExecutorBuild, step: Instruction, number: number, key: string): Phase {
  const type = step.type.toUpperCase();
  const prefix = stepPrefix(number, build.template.steps.length);
  const copies = type === 'COPY' || type === 'ADD';
  return {
    id: String(number),
    at: number,
    type,
    text: stepText(step),
    label: copies ? 'unpack' : prefix,
    level: copies ? 'debug' : 'info',
    header: { prefix, key },
    cache: step.force ? 'force' : 'by-key',
    weight: type === 'RUN' ? 1 : 0.3,
    before: [],
    after: [],
    work: () => simulateStep(build, step, type),
  };
}

function ran(value: readonly ScriptedLine[]): Result<readonly ScriptedLine[]> {
  return { ok: true, value };
}

async function simulateStep(
  build: ExecutorBuild,
  step: Instruction,
  type: string,
): ReturnType<Phase['work']> {
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

function commandPhases(
  build: ExecutorBuild,
  finalize: Pick<Phase, 'id' | 'cache' | 'before' | 'after'>,
): Phase[] {
  const { startCmd } = build;
  // What the service waits for when there is only a start command.
  const readyCmd = build.readyCmd ?? (startCmd === undefined ? undefined : 'sleep 20');
  const phases: Phase[] = [];
  const isReady = raw('Template is ready', 'info');
  if (startCmd !== undefined) {
    phases.push({
      ...finalize,
      at: 'start',
      text: startCmd,
      label: 'start',
      level: 'info',
      weight: 0.3,
      before: [raw(`Running start command: ${startCmd}`, 'info')],
      // The service prints this even when the start command has died.
      onFailure: [raw(`Waiting for template to be ready: ${readyCmd}`, 'info'), isReady],
      work: async () => ran([`(simulated) ${firstLine(startCmd)}`]),
    });
  }
  if (readyCmd !== undefined) {
    phases.push({
      ...finalize,
      at: 'ready',
      text: readyCmd,
      label: 'ready',
      level: 'debug',
      weight: 0.5,
      before: [raw(`Waiting for template to be ready: ${readyCmd}`, 'info')],
      after: [isReady],
      work: QUIET,
    });
  }
  return phases;
}

function raw(text: string, level: LogLevel): ScriptedLine {
  return { text, level, raw: true };
}

function firstLine(command: string): string {
  return shorten(command.trim().split('\n', 1)[0] ?? '', 160);
}
