import type { Problem, SourceLocation } from '../../problem.ts';
import type { DefinitionWarning } from '../definition.ts';
import { callerStack, type FrameFinder } from '../stack-frames.ts';
import { argumentProblems } from './check-arguments.ts';
import {
  applyDockerfile,
  type DockerfileFinding,
  type DockerfileOptions,
} from './dockerfile/from-dockerfile.ts';
import { tolerantMethods } from './tolerant-methods.ts';
import { unquotedArguments } from './unquoted-arguments.ts';

/** What was recorded while the definition called the builder. */
export interface Recorder {
  /** The line that made this instruction; `instruction` is the SDK's own object. */
  stepLine(instruction: unknown): SourceLocation | undefined;
  /** Sets the line of an instruction that no call of the builder made. */
  noteLine(instruction: object, line: SourceLocation): void;
  /** Makes builder calls that count as written at this line. Their arguments are not checked. */
  callAt<Result>(line: SourceLocation | undefined, make: () => Result): Result;
  /** What an instruction of a Dockerfile holds where the PATH of the base image is known. */
  withPath(instruction: object): ((path: string) => string) | undefined;
  /** Lines of a template's parts other than steps. */
  parts(template: object): TemplateParts;
  /** Calls of this template that build, but probably not as meant. */
  warnings(template: object): readonly DefinitionWarning[];
  /** What the user should know about the Dockerfile of this template, and need not change. */
  notices(template: object): readonly DefinitionWarning[];
  /** What is wrong in the Dockerfile of this template. */
  mistakes(template: object): readonly Problem[];
  /** What is wrong with the arguments of the calls so far. */
  readonly problems: readonly Problem[];
  /** Names that were read from a builder and that the SDK does not have. */
  readonly missingMethods: ReadonlySet<string>;
}

export interface TemplateParts {
  readonly base?: SourceLocation;
  readonly start?: SourceLocation;
  readonly ready?: SourceLocation;
  /** The base comes from a Dockerfile. */
  readonly dockerfile?: boolean;
  /** The ignore file that belongs to that Dockerfile. */
  readonly ignoreFile?: string;
}

/** Methods of the builder that are not for definitions, or that make no step. */
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
  readonly line: SourceLocation | undefined;
  /** The calls within it are those of a Dockerfile. */
  readonly dockerfile?: boolean;
}

/**
 * Records which line of the user's files made which instruction. The SDK's own stack traces do not fit, since steps
 * that it adds shift their index. A builder of an unexpected form is not wrapped, and gives no lines.
 *
 * `fromDockerfile()` gets another reader than the SDK's, which loses much of what a Dockerfile says.
 */
export function recordBuilder(
  TemplateBase: unknown,
  frames: FrameFinder,
  dockerfiles: DockerfileOptions = {},
): Recorder {
  const lines = new WeakMap<object, SourceLocation>();
  const parts = new WeakMap<object, TemplateParts>();
  const warnings = new WeakMap<object, DefinitionWarning[]>();
  const findings = new WeakMap<object, readonly DockerfileFinding[]>();
  const problems: Problem[] = [];
  const missingMethods = new Set<string>();
  const calls: Call[] = [];
  const paths = new WeakMap<object, (path: string) => string>();

  const warn = (template: object, more: readonly DefinitionWarning[]): void => {
    if (more.length > 0) warnings.set(template, [...(warnings.get(template) ?? []), ...more]);
  };

  const begin = (template: object, method: string, args: readonly unknown[]): Call => {
    const outer = calls.at(-1);
    if (outer) return { line: outer.line };
    const line = frames.find(callerStack());
    problems.push(...argumentProblems(method, args, line));
    warn(template, unquotedArguments(method, args, line));
    return { line };
  };

  const note = (template: object, method: string, call: Call, before: number): void => {
    const instructions = instructionsOf(template);
    for (const instruction of instructions.slice(before)) {
      if (call.line && !lines.has(instruction)) lines.set(instruction, call.line);
    }
    const { line } = call;
    if (!line) return;
    const earlier = parts.get(template) ?? {};
    if (method.startsWith('from') && method !== 'fromDockerfile')
      parts.set(template, { ...earlier, base: line, dockerfile: calls.some(({ dockerfile }) => dockerfile) });
    if (method === 'setStartCmd') parts.set(template, { ...earlier, start: line, ready: line });
    if (method === 'setReadyCmd') parts.set(template, { ...earlier, ready: line });
  };

  const ofKind = (template: object, kind: DockerfileFinding['severity']): Problem[] =>
    (findings.get(template) ?? [])
      .filter(({ severity }) => severity === kind)
      .map(({ title, message, at }) => ({ title, message, ...(at && { at }) }));

  const callAt = <Result>(line: SourceLocation | undefined, make: () => Result): Result => {
    calls.push({ line });
    try {
      return make();
    } finally {
      calls.pop();
    }
  };

  const wrap = (method: string, original: (...args: unknown[]) => unknown) =>
    function watched(this: object, ...args: unknown[]): unknown {
      const call = begin(this, method, args);
      const before = instructionsOf(this).length;
      const [given] = args;
      const dockerfile = method === 'fromDockerfile' && typeof given === 'string';
      calls.push({ ...call, dockerfile });
      try {
        if (!dockerfile) return original.apply(this, args);
        const applied = applyDockerfile(this, given, call.line, callAt, {
          ...dockerfiles,
          notePath: (instruction, withPath) => void paths.set(instruction, withPath),
        });
        findings.set(this, applied.findings);
        const { ignoreFile } = applied;
        if (ignoreFile) parts.set(this, { ...parts.get(this), ignoreFile });
        return this;
      } finally {
        calls.pop();
        note(this, method, call, before);
        // A start command in the definition replaces CMD and ENTRYPOINT.
        if (method === 'setStartCmd' && !calls.some((outer) => outer.dockerfile)) {
          findings.set(
            this,
            (findings.get(this) ?? []).filter(({ start }) => !start),
          );
        }
      }
    };

  const prototype: unknown = typeof TemplateBase === 'function' ? TemplateBase.prototype : undefined;
  if (typeof prototype === 'object' && prototype !== null) {
    for (const [method, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (internal.has(method) || typeof property.value !== 'function' || !property.configurable) continue;
      const call = tolerantMethods[method]?.(property.value) ?? property.value;
      Object.defineProperty(prototype, method, { ...property, value: wrap(method, call) });
    }
    noteMissing(prototype, missingMethods);
  }

  return {
    stepLine: (instruction) => lines.get(Object(instruction)),
    noteLine: (instruction, line) => void lines.set(instruction, line),
    callAt,
    withPath: (instruction) => paths.get(instruction),
    parts: (template) => parts.get(template) ?? {},
    mistakes: (template) => ofKind(template, 'mistake'),
    notices: (template) => ofKind(template, 'notice'),
    warnings: (template) => [
      ...ofKind(template, 'warning').map((found) => ({ ...found, rule: 'dockerfile-difference' as const })),
      ...(warnings.get(template) ?? []),
    ],
    problems,
    missingMethods,
  };
}

/** Notes every read of a name that the builder does not have; the value stays `undefined`. */
function noteMissing(prototype: object, missing: Set<string>): void {
  const parent: unknown = Object.getPrototypeOf(prototype);
  if (parent !== Object.prototype) return;
  const noting = new Proxy(Object.prototype, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target) && !probed.test(key)) missing.add(key);
      return Reflect.get(target, key, receiver);
    },
    // An assignment must set a property of the builder, never one of Object.prototype.
    set: (_, key, value, receiver) =>
      Reflect.defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true }),
  });
  Object.setPrototypeOf(prototype, noting);
}

/** The SDK's private list of instructions; empty where a version keeps it differently. */
export function instructionsOf(template: object): readonly object[] {
  const instructions: unknown = Reflect.get(template, 'instructions');
  return Array.isArray(instructions) ? instructions : [];
}
