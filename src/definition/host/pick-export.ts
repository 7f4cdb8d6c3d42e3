import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isRecord } from '../../json.ts';
import { nearest } from '../../nearest.ts';
import { type ProblemsError, problem, type SourceLocation } from '../../problem.ts';
import { kindOf } from './check-arguments.ts';
import type { Choice } from './reader.ts';

/** Recognizes a template of any copy of the SDK by its methods, not by its class. */
export function isTemplate(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return ['runCmd', 'copy', 'setEnvs', 'toJSON'].every(
    (name) => typeof Reflect.get(value, name) === 'function',
  );
}

/**
 * Chooses what to build among a module's exports: the one named `wanted`; else `template`; else the
 * default export; else the only one that is a template. A function is called only when it has one of those names, or is
 * the only export. It gets `args`, and without these only one that needs no argument is called.
 *
 * @param args the input of that name, for a function
 * @param calling called before a function of the definition is called
 * @throws ProblemsError when there is no such export, none that is usable, or more than one
 */
export async function chooseTemplate(
  module: unknown,
  options: {
    readonly file: string;
    readonly wanted?: string;
    readonly args?: unknown;
    readonly calling: (exportName: string) => void;
  },
): Promise<Choice> {
  const { file, wanted, args, calling } = options;
  const found = exportsOf(module);
  const fail = (title: string, message: string, name?: string): ProblemsError =>
    problem(title, message, exportLine(file, name));
  const choose = (name: string): Promise<Choice> =>
    templateOf(name, found.get(name), { args, calling, fail });

  if (wanted) {
    if (found.has(wanted)) return choose(wanted);
    const near = nearest(wanted, [...found.keys()]);
    throw fail(
      `No export ${wanted}`,
      `export: ${wanted} is not an export of ${basename(file)}.${near ? ` Did you mean ${near}?` : ''} ${describeExports(found)}`,
    );
  }
  for (const name of ['template', 'default']) {
    const value = found.get(name);
    if (isTemplate(value) || isThenable(value) || isPlainFunction(value)) return choose(name);
  }
  const settled = new Map<string, unknown>();
  for (const [name, value] of found) settled.set(name, isThenable(value) ? await value : value);
  const templates = [...settled].filter(([, value]) => isTemplate(value));
  const distinct = new Set(templates.map(([, value]) => value));
  const [first] = templates;
  if (first && distinct.size === 1) return choose(first[0]);
  if (distinct.size > 1) {
    const names = templates.map(([name]) => name);
    throw fail(
      'Several templates exported',
      `${basename(file)} exports ${distinct.size} templates: ${names.join(', ')}. Which one is meant is not clear: name it with the input export:, or call it template.`,
      names[0],
    );
  }
  const functions = [...found].filter(([, value]) => isPlainFunction(value));
  const [only] = functions;
  // A function with parameters is a helper, not a recipe, unless there is something to give it.
  const isCallable = args !== undefined || Reflect.get(Object(only?.[1]), 'length') === 0;
  if (only && functions.length === 1 && isCallable) return choose(only[0]);
  throw fail('No template exported', `${describeExports(found)} ${expectation}`);
}

const expectation = 'Export the template: export const template = Template().fromPythonImage(…)…';

interface CallOptions {
  readonly args: unknown;
  readonly calling: (exportName: string) => void;
  readonly fail: (title: string, message: string, name: string) => ProblemsError;
}

async function templateOf(
  name: string,
  value: unknown,
  { args, calling, fail }: CallOptions,
): Promise<Choice> {
  let made: unknown = isThenable(value) ? await value : value;
  let what = `The export ${name}`;
  if (isPlainFunction(made)) {
    if (Reflect.get(made, 'toDockerfile') && Reflect.get(made, 'toJSON')) {
      throw fail(
        'Template itself exported',
        `The export ${name} is the SDK's Template function itself. Call it: export const template = Template().fromPythonImage(…)…`,
        name,
      );
    }
    if (args === undefined && made.length > 0) {
      throw fail(
        'Export takes arguments',
        `The export ${name} is ${describeValue(made)}. Give it one with the input args, a JSON object: args: '{"dev": true}'. Or export one that fills it in: export const template = ${name === 'default' ? 'make' : name}(…).`,
        name,
      );
    }
    if (args !== undefined && takesNothing(made)) {
      throw fail(
        'Arguments for a function that takes none',
        `The input args is given, and the export ${name} is a function without a parameter. Let it take them: export const template = ({ dev }) => Template()…, or remove args.`,
        name,
      );
    }
    calling(name);
    made = await (args === undefined ? made() : made(args));
    what = `The function ${name}()`;
  } else if (args !== undefined && isTemplate(made)) {
    throw fail(
      'Arguments without a function',
      `The input args is given, and the export ${name} is a template; a function that takes them is expected: export const template = ({ dev }) => Template()…. Export one, name it with the input export, or remove args.`,
      name,
    );
  }
  if (isTemplate(made)) return { exportName: name, template: made };
  const verb = what.endsWith('()') ? 'returned' : 'is';
  const hint = made === undefined && verb === 'returned' ? ' Is a return missing?' : '';
  throw fail(
    'Export is not a template',
    `${what} ${verb} ${describeValue(made)}; a template is expected.${hint} ${expectation}`,
    name,
  );
}

/** Exports by name. A CommonJS module that is itself a template counts as `default`. */
function exportsOf(module: unknown): Map<string, unknown> {
  if ((typeof module !== 'object' && typeof module !== 'function') || module === null) {
    return new Map(module === undefined ? [] : [['default', module]]);
  }
  if (isTemplate(module) || typeof module === 'function' || isThenable(module))
    return new Map([['default', module]]);
  const names = Object.keys(module).filter((name) => name !== '__esModule' && name !== 'module.exports');
  const found = new Map(names.map((name) => [name, Reflect.get(module, name) as unknown]));
  // `export default { template }` means the same as `module.exports = { template }`.
  const inDefault = found.get('default');
  if (
    !found.has('template') &&
    typeof inDefault === 'object' &&
    inDefault !== null &&
    !isTemplate(inDefault)
  ) {
    const template: unknown = Reflect.get(inDefault, 'template');
    if (template !== undefined) found.set('template', template);
  }
  return found;
}

function describeExports(found: ReadonlyMap<string, unknown>): string {
  if (found.size === 0) return 'The file exports nothing.';
  const listed = [...found].slice(0, 10).map(([name, value]) => `${name} (${describeValue(value)})`);
  return `It exports ${listed.join(', ')}${found.size > 10 ? ', …' : ''}.`;
}

function describeValue(value: unknown): string {
  if (isTemplate(value)) return 'a template';
  if (isThenable(value)) return 'a promise';
  if (typeof value === 'function') {
    if (!isPlainFunction(value)) return 'a class';
    return value.length === 0
      ? 'a function'
      : `a function that takes ${value.length === 1 ? 'an argument' : `${value.length} arguments`}`;
  }
  if (isRecord(value)) {
    const keys = Object.keys(value).slice(0, 5);
    return keys.length > 0 ? `an object with ${keys.join(', ')}` : 'an empty object';
  }
  return kindOf(value);
}

/** Whether a function has no parameter at all. One with a default value, which its `length` leaves out, has one. */
function takesNothing(made: AnyFunction): boolean {
  const text = Function.prototype.toString.call(made);
  return made.length === 0 && /^(?:async\s*)?(?:function\b\s*\*?)?\s*[\w$]*\s*\(\s*\)/.test(text);
}

type AnyFunction = (...args: unknown[]) => unknown;

function isPlainFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isTemplate(value) &&
    typeof Reflect.get(value, 'then') === 'function'
  );
}

/** The line on which an export is made, as far as the text shows it; else the first line. */
function exportLine(file: string, name?: string): SourceLocation {
  if (name === undefined) return { file, line: 1 };
  const pattern =
    name === 'default'
      ? /\bexport\s+default\b|\bas\s+default\b|\bmodule\.exports\s*=/
      : new RegExp(
          `\\bexport\\b.*\\b${name.replace(/\W/g, '\\$&')}\\b|\\bexports\\.${name.replace(/\W/g, '\\$&')}\\b`,
        );
  try {
    const index = readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => pattern.test(line));
    return { file, line: Math.max(1, index + 1) };
  } catch {
    return { file, line: 1 };
  }
}
