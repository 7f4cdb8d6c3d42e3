import { readFileSync } from 'node:fs';
import { isRecord } from '../../json.ts';
import type { Problem, SourceLocation } from '../../problem.ts';
import { isWithheld } from '../environment.ts';

type Kind = 'text' | 'path' | 'texts' | 'paths' | 'ready' | 'credentials';
/** The kinds of a builder method's arguments; a `?` marks an optional one. */
const expected: Readonly<Record<string, ReadonlyArray<Kind | `${Kind}?`>>> = {
  fromImage: ['text'],
  fromTemplate: ['text'],
  fromDockerfile: ['text'],
  fromAWSRegistry: ['text', 'credentials'],
  fromGCPRegistry: ['text', 'credentials'],
  fromOCIRegistry: ['text', 'credentials'],
  fromHuaweiCloudRegistry: ['text', 'credentials'],
  fromDebianImage: ['text?'],
  fromUbuntuImage: ['text?'],
  fromPythonImage: ['text?'],
  fromNodeImage: ['text?'],
  fromBunImage: ['text?'],
  copy: ['paths', 'path'],
  remove: ['paths'],
  rename: ['path', 'path'],
  makeDir: ['paths'],
  makeSymlink: ['path', 'path'],
  runCmd: ['texts'],
  setWorkdir: ['path'],
  setUser: ['text'],
  pipInstall: ['texts?'],
  npmInstall: ['texts?'],
  bunInstall: ['texts?'],
  aptInstall: ['texts'],
  gitClone: ['text', 'path?'],
  setStartCmd: ['text', 'ready'],
  setReadyCmd: ['ready'],
  setPatchCmd: ['text'],
};

const expectation: Readonly<Record<Kind, string>> = {
  text: 'a string',
  path: 'a path',
  texts: 'a string or a list of strings',
  paths: 'a path or a list of paths',
  credentials: 'an object with the credentials of the registry',
  ready: 'a string or one of waitForPort(), waitForURL(), waitForProcess(), waitForFile(), waitForTimeout()',
};

/** What is wrong with the arguments of one call in the definition. The SDK itself checks none of them. */
export function argumentProblems(
  method: string,
  args: readonly unknown[],
  at: SourceLocation | undefined,
): Problem[] {
  if (method === 'setEnvs') return envProblems(args[0], at);
  const problems: Problem[] = method === 'fromGCPRegistry' ? serviceAccountProblems(args[1], at) : [];
  for (const [index, rule] of (expected[method] ?? []).entries()) {
    const kind = rule.replace('?', '') as Kind;
    const value = args[index];
    if (value === undefined && rule.endsWith('?')) continue;
    const wrong = wrongPart(kind, value);
    if (!wrong) continue;
    const position = `argument ${index + 1}${wrong.index === undefined ? '' : `, item ${wrong.index + 1},`}`;
    problems.push({
      title: `${method}() got ${wrong.found}`,
      message: `${method}: ${position} is ${wrong.found}; ${expectation[kind]} is expected.${wrong.found === 'undefined' ? ' If it comes from an environment variable, that variable is not set in this job: set it in env: of the step, or give a default.' : ''}`,
      ...(at ? { at } : {}),
    });
  }
  return problems;
}

/** The SDK reads a string as the path of a file, and prints it when no such file exists. Here it would be a key. */
function serviceAccountProblems(credentials: unknown, at: SourceLocation | undefined): Problem[] {
  const account: unknown = Reflect.get(Object(credentials), 'serviceAccountJSON');
  if (typeof account !== 'string' || !account.trim().startsWith('{')) return [];
  return [
    {
      title: 'fromGCPRegistry() got JSON as text',
      message:
        'fromGCPRegistry: serviceAccountJSON is JSON as text, and the SDK reads a text as the path of a file. Pass the object: JSON.parse(text).',
      ...(at ? { at } : {}),
    },
  ];
}

function envProblems(envs: unknown, at: SourceLocation | undefined): Problem[] {
  if (!isRecord(envs)) {
    const found = kindOf(envs);
    const message = `setEnvs: the argument is ${found}; an object of names and strings is expected, such as { PORT: '8080' }.`;
    return [{ title: `setEnvs() got ${found}`, message, ...(at ? { at } : {}) }];
  }
  return Object.entries(envs)
    .filter(([, value]) => typeof value !== 'string')
    .map(([name, value]) => {
      const place = at && envPlace(at, name);
      const where = place ? { at: place.at } : at ? { at } : {};
      if (value !== undefined && value !== null) {
        const hint = typeof value === 'object' ? '' : ` Write ${name}: '${String(value)}'.`;
        const message = `setEnvs: ${name} is ${kindOf(value)}; a string is expected.${hint}`;
        return { title: `Environment variable ${name} is not a string`, message, ...where };
      }
      const fix = 'Set it in env: of the step, or give a default.';
      const source = place?.variable;
      const cause = !source
        ? `If it comes from an environment variable, that variable is not set in this job. ${fix}`
        : isWithheld(source)
          ? `It comes from process.env.${source}, which the action does not hand to a definition, since it belongs to the action or the runner. A template must not hold keys or tokens; hand them to the sandbox when it starts.`
          : `It comes from process.env.${source}, which is not set in this job, or names a file of the runner, which the action does not hand to a definition. ${fix}`;
      return {
        title: `Environment variable ${name} is ${value}`,
        message: `setEnvs: ${name} is ${value}; a string is expected. ${cause}`,
        ...where,
      };
    });
}

/** The line that sets a variable, and the variable of the job that it comes from, as far as the text shows both. */
function envPlace(call: SourceLocation, name: string): { at: SourceLocation; variable?: string } | undefined {
  const quoted = name.replace(/[^\w]/g, '\\$&');
  const entry = new RegExp(`(?:^|[{,\\s'"])${quoted}['"]?\\s*(?::|,|\\}|$)`);
  try {
    const lines = readFileSync(call.file, 'utf8').split('\n');
    const offset = lines.slice(call.line - 1, call.line + 199).findIndex((line) => entry.test(line));
    if (offset < 0) return undefined;
    const text = lines[call.line - 1 + offset] ?? '';
    const after = text.slice(text.search(entry));
    const variable = /^\W?[\w'"]+\s*:\s*process\.env(?:\.(\w+)|\[['"](\w+)['"]\])/.exec(after);
    const from = variable?.[1] ?? variable?.[2];
    return { at: { file: call.file, line: call.line + offset }, ...(from ? { variable: from } : {}) };
  } catch {
    return undefined;
  }
}

function wrongPart(kind: Kind, value: unknown): { found: string; index?: number } | undefined {
  if (kind === 'ready') {
    const isReady = typeof value === 'string' || typeof Reflect.get(Object(value), 'getCmd') === 'function';
    return isReady ? undefined : { found: kindOf(value) };
  }
  if (kind === 'credentials') {
    return isRecord(value) ? undefined : { found: kindOf(value) };
  }
  const fits = (item: unknown): boolean =>
    typeof item === 'string' || (kind.startsWith('path') && (item instanceof URL || Buffer.isBuffer(item)));
  if (kind.endsWith('s') && Array.isArray(value)) {
    const index = value.findIndex((item) => !fits(item));
    return index < 0 ? undefined : { found: kindOf(value[index]), index };
  }
  return fits(value) ? undefined : { found: kindOf(value) };
}

/** A value as a person would call it: `undefined`, `the number 8080`, `a list`, … */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return 'a string';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'function' ? 'a function' : typeof value === 'symbol' ? 'a symbol' : 'an object';
}
