import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { problem, shorten } from '../../../problem.ts';
import type { HostRequest } from '../../protocol.ts';
import { type Interpreter, isInside, onPath } from './interpreter.ts';

/** Settings of pip that say where packages come from, and how they are reached. All others could change what is done. */
const sources =
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|TIMEOUT|DEFAULT_TIMEOUT|RETRIES|CACHE_DIR|NO_CACHE_DIR|KEYRING_PROVIDER|CONFIG_FILE)$/;

const timeLimitMs = 240_000;

/**
 * Installs the SDK that belongs to this action, by its lock file: exact versions, hashes, wheels only, so that no code
 * of a package runs. The index comes from the job's variables or the machine's settings; files of the checkout are not
 * looked at.
 *
 * @param python - has the version that the packages are for
 * @param lock - absolute path of the lock file
 * @returns the folder with the packages
 * @throws ProblemsError when it fails
 */
export async function installSdk(python: Interpreter, request: HostRequest, lock: string): Promise<string> {
  const { file, temporaryDirectory, committedOnly, workspace, workingDirectory } = request;
  const checkout = committedOnly?.root ?? workspace ?? workingDirectory;
  const refuse = (reason: string) =>
    problem(
      'The Python SDK cannot be installed',
      `novita-sandbox is not installed for ${python.path}, and installing it for this run failed: ${reason} Install it in a step before this one (pip install novita-sandbox), or let the runner reach a package index (PIP_INDEX_URL names another).`,
      { file, line: 1 },
    );
  if (isInside(checkout, python.base))
    throw refuse(`its interpreter, ${python.base}, is in the checkout, and is not used for it.`);
  const folder = join(temporaryDirectory, 'python-sdk');
  const empty = join(temporaryDirectory, 'python-sdk-install');
  for (const path of [folder, empty]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const common = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '--target', folder, '-r', lock];
  const options = { cwd: empty, env: environment(checkout), timeout: timeLimitMs };
  const withPip = ['-I', '-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--no-compile'];
  const first = await run(python.base, [...withPip, '--quiet', ...common], options);
  const uv = first && /No module named pip/.test(first) ? onPath('uv', checkout) : undefined;
  const failed = uv
    ? await run(uv, ['pip', 'install', '--no-config', '--python', python.base, ...common], options)
    : first;
  if (failed !== undefined) throw refuse(`${shorten(failed, 600)}.`);
  if (!readdirSync(folder).includes('novita_sandbox')) throw refuse('the package is not there afterwards.');
  return folder;
}

/** The environment of this process, which has no key; of pip's settings only where packages come from. */
function environment(checkout: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name, value = '']) => {
    const upper = name.toUpperCase();
    if (upper === 'PIP_CONFIG_FILE') return !isInside(checkout, value);
    return (
      !/^(PIP|UV|PYTHON)_?/.test(upper) ||
      sources.test(upper) ||
      /^UV_(DEFAULT_)?INDEX|^UV_OFFLINE$/.test(upper)
    );
  });
  return { ...Object.fromEntries(kept), PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
}

/** Runs a command; gives the end of what it said when it failed. */
function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly timeout: number },
): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(command, args, { ...options, maxBuffer: 16 * 1024 * 1024 }, (error, _, stderr) => {
      if (!error) return done(undefined);
      if (error.killed) return done(`it took longer than ${options.timeout / 1000} s`);
      const lines = stderr
        .split('\n')
        .map((line) => line.trim().replaceAll(/\s+/g, ' '))
        .filter((line) => line !== '' && !/^\[?notice|^WARNING: (Retrying|Running pip as)/.test(line));
      const first = lines.findIndex((line) => line.startsWith('ERROR: '));
      const told = (first < 0 ? lines.slice(-2) : lines.slice(first)).map((line) =>
        line.replace(/^ERROR: /, ''),
      );
      done((told.join(' ') || error.message).replace(/\.$/, ''));
    });
  });
}
