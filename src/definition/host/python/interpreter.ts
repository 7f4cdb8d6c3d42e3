import { execFile } from 'node:child_process';
import { accessSync, constants, lstatSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path';
import { isRecord, parseJson } from '../../../json.ts';
import { problem, quote, shorten } from '../../../problem.ts';
import type { HostRequest } from '../../protocol.ts';

/** The Python that reads a recipe. */
export interface Interpreter {
  /** Absolute path. */
  readonly path: string;
  /** `3.12.1` */
  readonly version: string;
  /** Absolute path of the interpreter that a virtual environment was made with; else of this one. */
  readonly base: string;
  /** Version of `novita-sandbox` that is installed for it. */
  readonly sdk?: string;
}

/** Older versions have no wheels of what the SDK needs. */
const oldest: readonly [number, number] = [3, 10];

const isWindows = process.platform === 'win32';

/**
 * The interpreter that the input `python` names; else that of the working directory's `.venv`; else `python3`. A guarded
 * run takes none from the checkout, and nothing that is installed for the one that it takes.
 *
 * @throws ProblemsError when there is none that is new enough
 */
export async function findInterpreter(request: HostRequest): Promise<Interpreter> {
  const { file, workingDirectory, python, committedOnly } = request;
  const at = { file, line: 1 };
  const guarded = committedOnly?.root;
  const own = join(workingDirectory, '.venv', ...(isWindows ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const path = python
    ? named(python, workingDirectory, guarded)
    : !guarded && exists(own)
      ? own
      : (onPath('python3', guarded) ?? onPath('python', guarded));
  if (path === undefined) {
    const looked = python ? `python: ${python} is not there.` : 'There is no python3 on the PATH.';
    const fix =
      'Use actions/setup-python in a step before this one, or name an interpreter with the input python:.';
    throw problem(
      'Python is missing',
      `${looked} The definition is a Python file, and needs Python ${oldest.join('.')} or newer. ${fix}`,
      at,
    );
  }
  if (guarded && isInside(guarded, realPath(path)))
    throw problem(
      'Python of the checkout',
      `python: ${quote(python ?? path)} is in the checkout. Runs of ${committedOnly.event} have secrets, and a stranger may have caused this one: an interpreter of the checkout is not started. Leave the input python: empty, or name one of the machine.`,
      at,
    );
  const found = await probe(path, guarded !== undefined);
  if (typeof found === 'string')
    throw problem('Python does not start', `${path} could not be started: ${found}`, at);
  const [major = 0, minor = 0] = found.version.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    throw problem(
      'Python is too old',
      `${path} is Python ${found.version}; ${oldest.join('.')} or newer is needed. Use actions/setup-python in a step before this one, or name a newer interpreter with the input python:.`,
      at,
    );
  return { path, ...found };
}

/** An interpreter that a person has named: a path, relative to the working directory, or a command. */
function named(python: string, workingDirectory: string, guarded: string | undefined): string | undefined {
  if (!/[\\/]/.test(python)) return onPath(python, guarded);
  const path = resolve(workingDirectory, python);
  return isProgram(path) ? path : undefined;
}

/**
 * A command's absolute path.
 *
 * @param outside - folder whose programs do not count
 */
export function onPath(command: string, outside: string | undefined): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, isWindows && !/\.exe$/i.test(command) ? `${command}.exe` : command);
    if (isProgram(path) && !(outside && (isInside(outside, path) || isInside(outside, realPath(path)))))
      return path;
  }
  return undefined;
}

/** Whether a path is in a folder; both absolute. */
export function isInside(folder: string, path: string): boolean {
  const root = realPath(folder);
  return [folder, root].some((parent) => path === parent || path.startsWith(parent + sep));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, isWindows ? constants.F_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A virtual environment that lost its interpreter is still the one that is meant. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Nothing is found in the current directory, which `-c` puts first. */
const question = `
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import json
answer = {"version": "%d.%d.%d" % sys.version_info[:3], "base": getattr(sys, "_base_executable", None) or sys.executable}
try:
    import importlib.util, importlib.metadata
    if importlib.util.find_spec("novita_sandbox"):
        answer["sdk"] = importlib.metadata.version("novita-sandbox")
except Exception:
    pass
print(json.dumps(answer))
`;

/** Asks an interpreter what it is; a text says why it did not answer. */
function probe(path: string, guarded: boolean): Promise<Omit<Interpreter, 'path'> | string> {
  return new Promise((done) => {
    const flags = guarded ? ['-I', '-S'] : [];
    execFile(path, [...flags, '-B', '-c', question], { timeout: 30_000 }, (error, stdout, stderr) => {
      const answer = parseJson(stdout.trim().split('\n').at(-1) ?? '');
      if (isRecord(answer) && typeof answer['version'] === 'string' && typeof answer['base'] === 'string') {
        const { version, base, sdk } = answer;
        return done({ version, base, ...(typeof sdk === 'string' && { sdk }) });
      }
      done(shorten(stderr.trim().split('\n').at(-1) || error?.message || 'it gave no answer', 300));
    });
  });
}
