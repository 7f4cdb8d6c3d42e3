import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeText } from '../../../decode-text.ts';
import { type Problem, quote, type SourceLocation } from '../../../problem.ts';
import type { Finding } from '../../dockerfile/finding.ts';
import { readDockerfile } from '../../dockerfile/read.ts';
import type { CommittedFiles } from '../committed-files.ts';
import { contextFiles } from './context-files.ts';

/** What a run says about reading Dockerfiles. */
export interface DockerfileOptions {
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** The files of COPY, where that is not for the template to say. Absolute. */
  readonly contextDirectory?: string;
  /** Gets each instruction of the SDK that changes with the PATH of the base image. */
  readonly notePath?: (instruction: object, withPath: (path: string) => string) => void;
  /** Set in a guarded run: the only files that may be read. */
  readonly files?: CommittedFiles;
}

/** A message about a line of a Dockerfile. */
export interface DockerfileFinding extends Problem {
  readonly severity: Finding['severity'];
  /** It concerns the start command, which the definition may replace. */
  readonly start?: boolean;
}

/** What came of a Dockerfile besides the calls. */
export interface AppliedDockerfile {
  /** What to say about its lines. */
  readonly findings: readonly DockerfileFinding[];
  /** The ignore file that stands beside it under its name, and counts in place of `.dockerignore`. */
  readonly ignoreFile?: string;
}

type Builder = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Where the SDK's own reader has its ready command from: it waits. */
const waitForStart = 'sleep 20';

/**
 * Does what `fromDockerfile()` means: makes the builder calls that a Dockerfile stands for.
 *
 * @param given - the path of a file, relative to the working directory or to the file that names it; or the text itself
 * @param call - the line of `fromDockerfile()`, which is used for every line of a text
 * @param callAt - makes a builder call that counts as written at a line
 * @throws ProblemsError for a file that a guarded run may not read
 */
export function applyDockerfile(
  template: object,
  given: string,
  call: SourceLocation | undefined,
  callAt: (line: SourceLocation | undefined, make: () => unknown) => unknown,
  { buildArgs, files, contextDirectory, notePath }: DockerfileOptions = {},
): AppliedDockerfile {
  const found = findDockerfile(given, call, files);
  if (typeof found === 'object' && 'title' in found) return { findings: [{ ...found, severity: 'mistake' }] };
  const { file, text } = found;
  const place = (line: number): SourceLocation | undefined => (file ? { file, line } : call);
  const context: unknown = Reflect.get(template, 'fileContextPath');
  const own = context instanceof URL ? fileURLToPath(context) : resolve(String(context ?? '.'));
  const ignoreFile = file && existsSync(`${file}.dockerignore`) ? `${file}.dockerignore` : undefined;
  const directory = contextDirectory ?? own;
  const ignores = ignoreFile !== undefined || existsSync(join(directory, '.dockerignore'));
  const reading = readDockerfile(text, {
    ...(buildArgs && { buildArgs }),
    files: contextFiles(directory, ignores),
  });
  const builder = template as Builder;
  const make = (line: number, method: string, ...args: unknown[]): void => {
    callAt(place(line), () => Reflect.apply(builder[method] as () => unknown, template, args));
  };
  const { base, start, ready } = reading;
  if (base) make(base.line, 'fromImage', base.image);
  for (const one of reading.calls) {
    const { line } = one;
    if (one.method === 'runCmd') make(line, 'runCmd', one.command, one.user ? { user: one.user } : undefined);
    else if (one.method === 'copy')
      make(line, 'copy', one.source, one.destination, {
        ...(one.user && { user: one.user }),
        ...(one.mode && { mode: one.mode }),
      });
    else if (one.method === 'setEnvs') make(line, 'setEnvs', one.envs);
    else if (one.method === 'setUser') make(line, 'setUser', one.user);
    else make(line, 'setWorkdir', one.path);
    const instructions: unknown = Reflect.get(template, 'instructions');
    const last: unknown = Array.isArray(instructions) ? instructions.at(-1) : undefined;
    if ('withPath' in one && one.withPath && last) notePath?.(Object(last), one.withPath);
  }
  if (start) make(start.line, 'setStartCmd', start.command, ready?.command ?? waitForStart);
  if (ready) make(ready.line, 'setReadyCmd', ready.command);
  const findings = reading.findings.map(({ line, message, ...finding }) => {
    const at = place(line);
    const where = file ? '' : `Line ${line} of the Dockerfile: `;
    return { ...finding, message: `${where}${message}`, ...(at && { at }) };
  });
  return { findings, ...(ignoreFile && { ignoreFile }) };
}

interface DockerfileText {
  /** Absolute; absent for a text in the definition. */
  readonly file?: string;
  readonly text: string;
}

function findDockerfile(
  given: string,
  call: SourceLocation | undefined,
  files: CommittedFiles | undefined,
): DockerfileText | Problem {
  if (/\n/.test(given) || /^\s*(?:#|(?:FROM|ARG)\s)/i.test(given)) return { text: given };
  const places = [resolve(given), ...(call ? [resolve(dirname(call.file), given)] : [])];
  const file = places.find((path) => isFile(path));
  if (file === undefined) {
    const looked = [...new Set(places)].join(' and ');
    return {
      title: 'No such Dockerfile',
      message: `fromDockerfile(${quote(given)}) names a file that does not exist. Looked for ${looked}. A path is relative to the working directory, else to the file that names it: correct it, or set the input working-directory.`,
      ...(call && { at: call }),
    };
  }
  files?.checkSource(file);
  const decoded = decodeText(readFileSync(file));
  if (decoded.ok) return { file, text: decoded.value };
  return {
    title: 'Encoding of the Dockerfile',
    message: `The Dockerfile cannot be read: ${decoded.reason}. Save it as UTF-8.`,
    at: { file, line: decoded.line },
  };
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
