import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem, SourceLine } from '../../problem.ts';
import type { DefinitionWarning } from '../definition.ts';
import { argumentProblems } from './arguments.ts';
import { dockerfileInstructions, followDockerfile } from './dockerfile-lines.ts';
import { callerStack, type FrameFinder } from './frames.ts';
import { instructionsOf } from './instructions.ts';
import { keepRefusedCopies } from './refused-copies.ts';
import { unquotedArguments } from './unquoted-arguments.ts';

/** What was noted while the definition called the builder. */
export interface Recorder {
  /** The line that made this instruction; `instruction` is the SDK's own object. */
  stepLine(instruction: unknown): SourceLine | undefined;
  /** Lines of the parts of a template that are not steps. */
  parts(template: object): TemplateParts;
  /** What builds, but probably not as meant, in the calls that made this template. */
  warnings(template: object): readonly DefinitionWarning[];
  /** What is wrong with the arguments of the calls so far. */
  readonly problems: readonly Problem[];
  /** Names that were read from a builder and that the SDK does not have. */
  readonly missingMethods: ReadonlySet<string>;
}

export interface TemplateParts {
  readonly base?: SourceLine;
  readonly start?: SourceLine;
  readonly ready?: SourceLine;
  /** The base comes from a Dockerfile. */
  readonly dockerfile?: boolean;
}

/** Methods of the builder that are not for definitions, or of which a call says nothing about a line. */
const internal = new Set([
  'constructor',
  'build',
  'toJSON',
  'toDockerfile',
  'serialize',
  'collectStackTrace',
  'disableStackTrace',
  'enableStackTrace',
  'runInNewStackTraceContext',
  'runInStackTraceOverrideContext',
  'instructionsWithHashes',
  'withRuntimeEnv',
  'runtimeEnvInstruction',
  'resolveInheritedConfig',
]);

/** Names that loaders, printers and `await` read from any object. */
const probed =
  /^(then|catch|finally|toJSON|inspect|default|module\.exports|constructor|nodeType|tagName|asymmetricMatch|length|\$\$.*|_.*|@@.*)$/;

interface Call {
  readonly line: SourceLine | undefined;
  /** Set while the SDK goes through a Dockerfile that is a file. */
  readonly nested?: (method: string, args: readonly unknown[]) => SourceLine;
  readonly base?: SourceLine;
}

/**
 * Watches the builder of an SDK: which line of the user's files made which instruction. The SDK's own
 * stack traces do not do, since its index of them is shifted by steps that it adds itself. A builder that
 * is not as expected is left alone; then there are no lines.
 */
export function recordBuilder(TemplateBase: unknown, frames: FrameFinder): Recorder {
  const lines = new WeakMap<object, SourceLine>();
  const parts = new WeakMap<object, TemplateParts>();
  const warnings = new WeakMap<object, DefinitionWarning[]>();
  const problems: Problem[] = [];
  const missingMethods = new Set<string>();
  const calls: Call[] = [];

  const warn = (template: object, more: readonly DefinitionWarning[]): void => {
    if (more.length > 0) warnings.set(template, [...(warnings.get(template) ?? []), ...more]);
  };

  const begin = (template: object, method: string, args: readonly unknown[]): Call => {
    const outer = calls.at(-1);
    if (outer) return outer.nested ? { line: outer.nested(method, args) } : { line: outer.line };
    const line = frames.find(callerStack());
    problems.push(...argumentProblems(method, args, line));
    warn(template, unquotedArguments(method, args, line));
    const dockerfile = method === 'fromDockerfile' ? followFile(args[0]) : undefined;
    return { line, ...dockerfile };
  };

  const note = (template: object, method: string, call: Call, before: number): void => {
    const instructions = instructionsOf(template);
    for (const instruction of instructions.slice(before)) {
      if (call.line && !lines.has(instruction)) lines.set(instruction, call.line);
    }
    const line = call.base ?? call.line;
    if (!line) return;
    const known = parts.get(template) ?? {};
    if (method.startsWith('from'))
      parts.set(template, { ...known, base: line, dockerfile: method === 'fromDockerfile' });
    if (method === 'setStartCmd') parts.set(template, { ...known, start: line, ready: line });
    if (method === 'setReadyCmd') parts.set(template, { ...known, ready: line });
  };

  const wrap = (method: string, original: (...args: unknown[]) => unknown) =>
    function watched(this: object, ...args: unknown[]): unknown {
      const call = begin(this, method, args);
      const before = instructionsOf(this).length;
      calls.push(call);
      try {
        return original.apply(this, args);
      } finally {
        calls.pop();
        note(this, method, call, before);
      }
    };

  const prototype: unknown = typeof TemplateBase === 'function' ? TemplateBase.prototype : undefined;
  if (typeof prototype === 'object' && prototype !== null) {
    for (const [method, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (internal.has(method) || typeof property.value !== 'function' || !property.configurable) continue;
      const call = method === 'copy' ? keepRefusedCopies(property.value) : property.value;
      Object.defineProperty(prototype, method, { ...property, value: wrap(method, call) });
    }
    noteMissing(prototype, missingMethods);
  }

  return {
    stepLine: (instruction) => lines.get(Object(instruction)),
    parts: (template) => parts.get(template) ?? {},
    warnings: (template) => warnings.get(template) ?? [],
    problems,
    missingMethods,
  };
}

/** Lets every read of a name that the builder does not have be noted; the answer stays `undefined`. */
function noteMissing(prototype: object, missing: Set<string>): void {
  const parent: unknown = Object.getPrototypeOf(prototype);
  if (parent !== Object.prototype) return;
  const noting = new Proxy(Object.prototype, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target) && !probed.test(key)) missing.add(key);
      return Reflect.get(target, key, receiver);
    },
    // Assigning to a builder must make its own property, never one of every object.
    set: (_, key, value, receiver) =>
      Reflect.defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true }),
  });
  Object.setPrototypeOf(prototype, noting);
}

function followFile(given: unknown): Omit<Call, 'line'> | undefined {
  if (typeof given !== 'string') return undefined;
  try {
    // The SDK takes what is no file for the Dockerfile's text, which has no lines of its own.
    if (!existsSync(given) || !statSync(given).isFile()) return undefined;
    const file = resolve(given);
    const instructions = dockerfileInstructions(readFileSync(file, 'utf8'));
    const follow = followDockerfile(instructions);
    const from = instructions.find(({ keyword }) => keyword === 'FROM');
    return {
      nested: (method, args) => ({ file, line: follow(method, args) }),
      ...(from ? { base: { file, line: from.line } } : {}),
    };
  } catch {
    return undefined;
  }
}
