import { posix } from 'node:path';
import { isRecord, parseJson } from '../../json.ts';
import type { MachineCommand } from '../executor.ts';
import type { Command } from './container.ts';

/** What steps change beside files; the next steps, the commands and a child template begin with it. */
export interface RecipeState {
  /** ID of the image that the recipe began with. */
  readonly base: string;
  readonly user: string;
  readonly workdir?: string;
  /** Of the image and of ENV steps. */
  readonly env: Readonly<Record<string, string>>;
  /** Home folders of the users so far. */
  readonly homes: Readonly<Record<string, string>>;
  /** Programs that the service has and this image lacks. */
  readonly missing: readonly string[];
}

const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The state of a label; `undefined` when an older version wrote it in another form. */
export function readState(label: string | undefined): RecipeState | undefined {
  const found = parseJson(label ?? '');
  if (!isRecord(found) || typeof found['user'] !== 'string' || typeof found['base'] !== 'string') {
    return undefined;
  }
  return isRecord(found['env']) && isRecord(found['homes']) && Array.isArray(found['missing'])
    ? (found as unknown as RecipeState)
    : undefined;
}

export function homeOf(state: RecipeState, user: string): string {
  return state.homes[user] ?? (user === 'root' ? '/root' : `/home/${user}`);
}

export function workdirOf(state: RecipeState, user = state.user): string {
  return state.workdir ?? homeOf(state, user);
}

/**
 * A command as the service runs it: by a login shell, with the variables of the user, the image and the ENV steps. A PATH
 * of the recipe keeps the usual folders.
 */
export function loginCommand(state: RecipeState, command: string, user = state.user): Command {
  const path = state.env['PATH'];
  return {
    argv: ['/bin/bash', '-l', '-c', command],
    user,
    workdir: workdirOf(state, user),
    env: {
      ...variablesOf(state, user),
      ...state.env,
      PATH: path === undefined ? STANDARD_PATH : `${path}:${STANDARD_PATH}`,
    },
  };
}

/**
 * A program as a sandbox runs it: the image's variables and those of ENV steps are not handed to it. Its first line on
 * standard output is its number.
 */
export function sandboxCommand(state: RecipeState, command: MachineCommand): Command {
  const user = command.user ?? state.user;
  const workdir = command.cwd ?? (command.user === undefined ? workdirOf(state) : homeOf(state, user));
  const variables = { ...variablesOf(state, user), PATH: STANDARD_PATH, ...command.envs };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const program = ['/bin/bash', '--norc', '--noprofile', '-c', 'echo $$; exec "$0" "$@"', command.cmd];
  return {
    argv: ['/usr/bin/env', '-i', ...assignments, ...program, ...command.args],
    user,
    workdir,
    env: {},
  };
}

/** A script of our own, run by root; `args` are its `$1`, `$2` and so on. */
export function rootScript(script: string, args: readonly string[] = []): Command {
  return {
    argv: ['/bin/bash', '--norc', '--noprofile', '-c', script, 'template', ...args],
    user: '0:0',
    workdir: '/',
    env: { PATH: STANDARD_PATH, HOME: '/root', BASH_ENV: '' },
  };
}

/** A login shell of root that sees nothing of the recipe; ENV values are expanded in it. */
export function rootShell(script: string): Command {
  const variables = ['HOME=/root', 'USER=root', 'LOGNAME=root', `PATH=${STANDARD_PATH}`];
  return {
    argv: ['/usr/bin/env', '-i', ...variables, '/bin/bash', '-l', '-c', script],
    user: '0:0',
    workdir: '/',
    env: {},
  };
}

/** A path of WORKDIR, from the folder before it. */
export function resolveWorkdir(state: RecipeState, path: string): string {
  return posix.resolve('/', state.workdir ?? '/', path);
}

function variablesOf(state: RecipeState, user: string): Record<string, string> {
  return { HOME: homeOf(state, user), USER: user, LOGNAME: user };
}
