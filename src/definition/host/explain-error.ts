import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isRecord } from '../../json.ts';
import { type Problem, ProblemsError, type SourceLocation, shorten } from '../../problem.ts';
import { callerStack, type FrameFinder } from '../stack-frames.ts';
import { kindOf } from './check-arguments.ts';
import { withheldHint } from './withheld-keys.ts';

export interface ExplainContext {
  readonly file: string;
  readonly workingDirectory: string;
  readonly frames: FrameFinder;
  /** `novita-sandbox 2.1.1` */
  readonly sdkName: string;
  /** Names that were read from a builder and that the SDK does not have. */
  readonly missingMethods: ReadonlySet<string>;
  /** The stack of the request that failed with this error. */
  readonly requestStack: (error: unknown) => string | undefined;
  /** The end of what the definition printed. */
  readonly printed: string;
}

/** Explains any value that a definition threw: the place, what was found, and how to fix it. */
export function explain(thrown: unknown, context: ExplainContext): readonly [Problem, ...Problem[]] {
  if (thrown instanceof ProblemsError) {
    const [first, ...rest] = thrown.problems;
    return withoutTemplate.has(first.title) ? [withKeyHint(first, context), ...rest] : [first, ...rest];
  }
  if (!(thrown instanceof Error) && !looksLikeError(thrown)) return [thrownValue(thrown, context)];
  const error = thrown as Error & { code?: unknown };
  const explained =
    syntaxProblem(error, context) ??
    missingModule(error, context) ??
    missingMethod(error, context) ??
    sdkProblem(error, context) ??
    failedRequest(error, context) ??
    plainError(error, context);
  return [explained];
}

/** A definition that misses something may only say so, and go on without a template. */
const withoutTemplate = new Set(['No template exported', 'Export is not a template']);

function withKeyHint(found: Problem, { printed, file }: ExplainContext): Problem {
  return { ...found, message: found.message + withheldHint(printed, [file]) };
}

function looksLikeError(value: unknown): boolean {
  return isRecord(value) && typeof value['message'] === 'string';
}

/** The loader's parse errors name file, line and column; Babel counts columns from 0. */
function syntaxProblem(error: Error, context: ExplainContext): Problem | undefined {
  const parse = /ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)\s*$/s.exec(error.message);
  if (parse?.[2]) {
    const at = { file: parse[2].trim(), line: Number(parse[3]), column: Number(parse[4]) + 1 };
    const text = lineText(at);
    return {
      title: 'Syntax error in the definition',
      message: `${sentence(parse[1] ?? '')}${text ? ` The line reads: ${text}` : ''}`,
      at,
    };
  }
  if (error.name !== 'SyntaxError') return undefined;
  const json = /^(\/.+?\.json): (.*)$/s.exec(error.message);
  if (json?.[1]) {
    const at = { file: json[1], line: Number(/line (\d+)/.exec(json[2] ?? '')?.[1] ?? 1) };
    return {
      title: 'A JSON file is not valid',
      message: `${sentence(json[2] ?? '')} The definition imports this file; fix its JSON.`,
      at,
    };
  }
  const first = /^(\/.+):(\d+)$/m.exec(String(error.stack).split('\n')[0] ?? '');
  const at = first?.[1] ? { file: first[1], line: Number(first[2]) } : whereOf(error, context);
  return {
    title: 'Syntax error in the definition',
    message: `${fileUnless(at, context)}${sentence(error.message)}`,
    ...(at && { at }),
  };
}

function missingModule(error: Error & { code?: unknown }, context: ExplainContext): Problem | undefined {
  if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const name = /Cannot find (?:module|package) '([^']+)'/.exec(error.message)?.[1];
  if (!name) return undefined;
  const at = whereOf(error, context);
  if (/^(\.{1,2}(\/|$)|\/|[A-Za-z]:\\)/.test(name)) {
    return {
      title: 'An imported file does not exist',
      message: `${fileUnless(at, context)}${shortened(name, context)} is imported, and there is no such file. Check the path; if the file is generated, generate it in a step before this one.`,
      ...(at && { at }),
    };
  }
  return {
    title: `Package ${name} is not installed`,
    message: `${fileUnless(at, context)}${name} is imported and not installed. Install the repository's dependencies in a step before this one (npm ci), or remove the import. Only novita-sandbox, e2b and their sub-packages need no installation.`,
    ...(at && { at }),
  };
}

function missingMethod(error: Error, context: ExplainContext): Problem | undefined {
  const name = /\.(\w+) is not a function/.exec(error.message)?.[1];
  if (error.name !== 'TypeError' || !name || !context.missingMethods.has(name)) return undefined;
  const at = whereOf(error, context);
  return {
    title: `The SDK has no ${name}()`,
    message: `${fileUnless(at, context)}templates of ${context.sdkName} have no ${name}(). ${replacementFor(name)}`,
    ...(at && { at }),
  };
}

/** What to write instead of a method that only `e2b` has. */
function replacementFor(name: string): string {
  const image = /^from(\w+)Image$/.exec(name)?.[1];
  if (image)
    return `Use fromImage('${image.toLowerCase()}:<tag>') or one of fromPythonImage(), fromNodeImage(), fromBunImage(), fromUbuntuImage(), fromDebianImage().`;
  return 'Use another method, or runCmd() with the command itself.';
}

const sdkErrors = new Set([
  'BuildError',
  'TemplateError',
  'AuthenticationError',
  'InvalidArgumentError',
  'FileUploadError',
  'SandboxError',
  'NotFoundError',
  'RateLimitError',
]);

function sdkProblem(error: Error, context: ExplainContext): Problem | undefined {
  const kind = sdkErrors.has(error.name) ? error.name : error.constructor?.name;
  if (!kind || !sdkErrors.has(kind)) return undefined;
  const at = whereOf(error, context);
  const needsKey = kind === 'AuthenticationError' || /api key/i.test(error.message);
  const hint = needsKey
    ? ' A definition is evaluated without the API key: it should only describe the template, and not call the service.'
    : '';
  return {
    title: needsKey ? 'The definition calls the service' : 'The SDK refuses the template',
    message: `${fileUnless(at, context)}${sentence(error.message)}${hint}`,
    ...(at && { at }),
  };
}

const networkCodes =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+)$/;

function failedRequest(error: Error & { code?: unknown }, context: ExplainContext): Problem | undefined {
  if (!context.requestStack(error) && !networkCodes.test(String(error.code))) return undefined;
  const at = whereOf(error, context);
  return {
    title: 'A request of the definition failed',
    message: `${fileUnless(at, context)}${sentence(error.message)}${causeOf(error)} A definition should need neither the network nor an API key, since it only describes the template: move downloads to RUN steps, and calls of the service to a separate script.`,
    ...(at && { at }),
  };
}

/** What only another runtime has. */
function otherRuntime({ message }: Error): string {
  const runtime = /^(Bun|Deno) is not defined/.exec(message)?.[1];
  return runtime
    ? ` A definition runs on Node.js, which has no ${runtime}: use process.env, node:fs or what else Node.js has.`
    : '';
}

const needsNoError = ' A definition must load without an error and export its template.';

function plainError(error: Error, context: ExplainContext): Problem {
  const at = whereOf(error, context);
  const name = error.name && error.name !== 'Error' ? `${error.name}: ` : '';
  return {
    title: 'The definition throws an error',
    message: `${fileUnless(at, context)}${name}${sentence(error.message || '(no message)')}${causeOf(error)}${keyHint(error.message, at, context) || otherRuntime(error) || needsNoError}`,
    ...(at && { at }),
  };
}

function causeOf({ cause }: Error): string {
  if (!(cause instanceof Error)) return '';
  // After several addresses were tried, the message is empty, and only the code says why.
  return ` Cause: ${sentence(cause.message || String(Reflect.get(cause, 'code') ?? cause.name))}`;
}

function thrownValue(thrown: unknown, context: ExplainContext): Problem {
  const value = typeof thrown === 'string' ? `'${shorten(thrown, 1500)}'` : kindOf(thrown);
  const name = relative(context.workingDirectory, context.file);
  return {
    title: 'The definition throws a value',
    message: `${name} throws ${value} while it is loaded.${keyHint(String(thrown), undefined, context) || needsNoError} Throw new Error(…) if something is missing, so that its line can be named.`,
  };
}

/** The line that threw; undefined when the stack has none of the user's lines. No line is better than a wrong one. */
function whereOf(error: Error, context: ExplainContext): SourceLocation | undefined {
  const request = context.requestStack(error);
  return (
    (typeof error.stack === 'string' ? context.frames.find(error.stack) : undefined) ??
    (request === undefined ? undefined : context.frames.find(request))
  );
}

/** The definition's name for a message without a line. The line itself is shown beside every message that has one. */
function fileUnless(at: SourceLocation | undefined, context: ExplainContext): string {
  return at ? '' : `${relative(context.workingDirectory, context.file)}: `;
}

/** That keys are withheld, where an error speaks of one. */
function keyHint(said: string, at: SourceLocation | undefined, context: ExplainContext): string {
  return withheldHint(said, [context.file, ...(at ? [at.file] : [])]);
}

function shortened(path: string, context: ExplainContext): string {
  return path.startsWith('/') ? relative(context.workingDirectory, path) : path;
}

function lineText(at: SourceLocation): string {
  if (!existsSync(at.file)) return '';
  return shorten(readFileSync(at.file, 'utf8').split('\n')[at.line - 1]?.trim() ?? '', 120);
}

function sentence(text: string): string {
  const trimmed = shorten(text.replace(/\nRequire stack:[\s\S]*$/, '').trim(), 1500);
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/**
 * Watches `fetch` to find the line that made a failed request: Node's error has no stack.
 *
 * @returns a function that gives the stack of the request that failed with an error
 */
export function watchRequests(): (error: unknown) => string | undefined {
  const failed = new WeakMap<object, string>();
  const fetch = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    const stack = callerStack();
    try {
      return await fetch(...args);
    } catch (error) {
      if (error instanceof Error) failed.set(error, stack);
      throw error;
    }
  };
  return (error) => failed.get(Object(error));
}
