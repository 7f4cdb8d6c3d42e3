/**
 * What the action and the definition's process say to each other: one request on the child's standard
 * input, then lines on an extra pipe, each of them starting with the run's random token so that nothing
 * else which the definition writes there is taken for an answer.
 */
import type { Problem, SourceLocation } from '../problem.ts';
import type { Definition, DefinitionWarning, RecipeStep } from './definition.ts';

/** File descriptor of the extra pipe in the child. */
export const channelDescriptor = 3;

/** File descriptor of a pipe in the child on which nothing is said: it ends when the action is gone. */
export const lifelineDescriptor = 4;

/** Exit code of a process that could not write its answer. */
export const lostChannelCode = 70;

/** The commit whose files alone may be loaded, and the event for the sake of which. */
export interface CommittedOnly {
  /** Root of its checkout. */
  readonly root: string;
  readonly commit: string;
  readonly event: string;
}

export interface HostRequest {
  readonly token: string;
  readonly file: string;
  readonly exportName?: string;
  readonly workingDirectory: string;
  /** Absolute path of the action's own copy of the SDK. */
  readonly bundledSdk: string;
  readonly committedOnly?: CommittedOnly;
}

/** What the definition's process is busy with. */
export type Phase =
  | { readonly name: 'starting' }
  | { readonly name: 'evaluating' }
  | { readonly name: 'calling'; readonly exportName: string }
  | {
      readonly name: 'reading-image';
      readonly image: string;
      readonly mend: string;
      readonly at?: SourceLocation;
    };

export type HostMessage =
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'definition'; readonly definition: Definition }
  | { readonly type: 'problems'; readonly problems: readonly [Problem, ...Problem[]] };

/** Reads one message of the host, or tells by `undefined` that it is none. */
export function parseMessage(text: string): HostMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  if (value['type'] === 'phase' && isPhase(value['phase'])) return { type: 'phase', phase: value['phase'] };
  if (value['type'] === 'definition' && isDefinition(value['definition'])) {
    return { type: 'definition', definition: value['definition'] };
  }
  if (value['type'] === 'problems' && isListOf(isProblem)(value['problems'])) {
    const [first, ...rest] = value['problems'];
    return first && { type: 'problems', problems: [first, ...rest] };
  }
  return undefined;
}

type Check<T> = (value: unknown) => value is T;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isString: Check<string> = (value) => typeof value === 'string';
const isBoolean: Check<boolean> = (value) => typeof value === 'boolean';

function isListOf<T>(check: Check<T>): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(check);
}

function isOptional<T>(check: Check<T>, value: unknown): boolean {
  return value === undefined || check(value);
}

const isLine: Check<SourceLocation> = (value): value is SourceLocation =>
  isRecord(value) &&
  isString(value['file']) &&
  Number.isSafeInteger(value['line']) &&
  isOptional((column): column is number => Number.isSafeInteger(column), value['column']);

const isProblem: Check<Problem | DefinitionWarning> = (value): value is Problem =>
  isRecord(value) &&
  isString(value['title']) &&
  isString(value['message']) &&
  isOptional(isLine, value['at']);

function isPhase(value: unknown): value is Phase {
  if (!isRecord(value)) return false;
  if (value['name'] === 'calling') return isString(value['exportName']);
  if (value['name'] === 'reading-image')
    return isString(value['image']) && isString(value['mend']) && isOptional(isLine, value['at']);
  return value['name'] === 'starting' || value['name'] === 'evaluating';
}

const isStep: Check<RecipeStep> = (value): value is RecipeStep =>
  isRecord(value) &&
  isRecord(value['wire']) &&
  isString(value['wire']['type']) &&
  isOptional(isListOf(isString), value['wire']['args']) &&
  isOptional(isBoolean, value['wire']['force']) &&
  isOptional(isLine, value['source']) &&
  [undefined, 'environment', 'workdir'].includes(value['hidden'] as string | undefined) &&
  isOptional(isBoolean, value['forceUpload']) &&
  isOptional(isBoolean, value['resolveSymlinks']);

const recipeStrings = ['fromImage', 'fromTemplate', 'startCmd', 'readyCmd', 'preBootScript'];

const isRecipe: Check<Definition['recipe']> = (value): value is Definition['recipe'] =>
  isRecord(value) &&
  recipeStrings.every((key) => isOptional(isString, value[key])) &&
  isOptional(isBoolean, value['force']) &&
  isOptional(isRecord, value['fromImageRegistry']);

const isDefinition: Check<Definition> = (value): value is Definition =>
  isRecord(value) &&
  isString(value['file']) &&
  isString(value['exportName']) &&
  isRecord(value['sdk']) &&
  (value['sdk']['from'] === 'repository' || value['sdk']['from'] === 'action') &&
  isString(value['sdk']['version']) &&
  isRecipe(value['recipe']) &&
  isListOf(isStep)(value['steps']) &&
  isRecord(value['sources']) &&
  ['base', 'start', 'ready'].every((key) =>
    isOptional(isLine, (value['sources'] as Record<string, unknown>)[key]),
  ) &&
  isString(value['contextDirectory']) &&
  isListOf(isString)(value['ignorePatterns']) &&
  isListOf(isProblem)(value['warnings']);
