import type { Instruction, LogLevel } from '../api/types.ts';
import type { ExecutorBuild } from './executor.ts';
import { layerKeys } from './layer-keys.ts';
import { stepPrefix, stepText } from './log-format.ts';

/**
 * A part of a build: a step by its number from 1, or one of the phases around the steps. `base` is the FROM line, `user`
 * the default user, `start` and `ready` the two commands.
 */
export type Place = number | 'base' | 'user' | 'finalize' | 'start' | 'ready' | 'optimize';

/** One stretch of a build, as every executor shows it. */
export interface Phase {
  readonly at: Place;
  /** A step's type: `RUN`, `COPY`, … in upper case. */
  readonly type?: string;
  /** The header's text: `RUN pip install requests`, `FROM python:3.12`, the start command. */
  readonly text: string;
  /** The instruction of a step. */
  readonly step?: Instruction;
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
}

/** The phases of a build in the order in which the service runs them. */
export function phasesOf(build: ExecutorBuild): Phase[] {
  const keys = layerKeys(build.template, build.parent?.buildId);
  const { steps } = build.template;
  const last = { id: 'finalize', cache: 'never' } as const;
  const { startCmd, readyCmd } = commandsOf(build);
  return [
    ...basePhases(build, keys.base, keys.user),
    ...steps.map((step, index) => stepPhase(step, index + 1, steps.length, keys.steps[index] ?? '')),
    {
      ...last,
      at: 'finalize',
      text: 'Finalizing template build',
      label: 'config',
      level: 'debug',
      header: { prefix: 'finalize', key: keys.finalize },
    },
    ...(startCmd === undefined
      ? []
      : [{ ...last, at: 'start', text: startCmd, label: 'start', level: 'info' } as const]),
    ...(readyCmd === undefined
      ? []
      : [{ ...last, at: 'ready', text: readyCmd, label: 'ready', level: 'debug' } as const]),
    {
      ...last,
      id: 'optimize',
      at: 'optimize',
      text: 'Optimizing template',
      label: 'optimize',
      level: 'debug',
      header: { prefix: 'optimize', key: keys.optimize },
    },
  ];
}

/** Start and ready command; `sleep 20` is what the service waits for when there is only a start command. */
export function commandsOf(build: ExecutorBuild): Pick<ExecutorBuild, 'startCmd' | 'readyCmd'> {
  const { startCmd, readyCmd = startCmd === undefined ? undefined : 'sleep 20' } = build;
  return { ...(startCmd !== undefined && { startCmd }), ...(readyCmd !== undefined && { readyCmd }) };
}

function basePhases(build: ExecutorBuild, baseKey: string, userKey: string): Phase[] {
  const { fromImage, fromTemplate, force } = build.template;
  const common = { id: 'base', label: 'base', level: 'debug' } as const;
  const base = { ...common, at: 'base', header: { prefix: 'base', key: baseKey } } as const;
  if (fromTemplate) return [{ ...base, text: `FROM TEMPLATE ${fromTemplate}`, cache: 'always' }];
  return [
    { ...base, text: `FROM ${fromImage}`, cache: force ? 'force' : 'by-key' },
    {
      ...common,
      at: 'user',
      text: 'DEFAULT USER user',
      header: { prefix: 'base', key: userKey },
      cache: 'by-key',
    },
  ];
}

function stepPhase(step: Instruction, number: number, total: number, key: string): Phase {
  const type = step.type.toUpperCase();
  const prefix = stepPrefix(number, total);
  const copies = type === 'COPY' || type === 'ADD';
  return {
    id: String(number),
    at: number,
    type,
    text: stepText(step),
    step,
    label: copies ? 'unpack' : prefix,
    level: copies ? 'debug' : 'info',
    header: { prefix, key },
    cache: step.force ? 'force' : 'by-key',
  };
}
