import { quoteForShell } from '../shell-text.ts';
import type { Finding } from './finding.ts';
import type { DockerfileInstruction } from './instructions.ts';
import { readWord } from './read-word.ts';
import { defaultShell, type Shell } from './shell.ts';
import { environmentValue, Fault, plainText, unknownNames, type Word } from './words.ts';

/** A call of the SDK's builder that an instruction stands for. */
export type BuilderCall = { readonly line: number } & (
  | {
      readonly method: 'runCmd';
      readonly command: string;
      readonly user?: string;
      /** The command where the PATH of the base image is known. */
      readonly withPath?: (path: string) => string;
    }
  | {
      readonly method: 'copy';
      readonly source: string;
      readonly destination: string;
      readonly user?: string;
      readonly mode?: number;
    }
  | {
      readonly method: 'setEnvs';
      readonly envs: Readonly<Record<string, string>>;
      /** The value of PATH where that of the base image is known. */
      readonly withPath?: (path: string) => string;
    }
  | { readonly method: 'setUser'; readonly user: string }
  | { readonly method: 'setWorkdir'; readonly path: string }
);

/** What is known of a file of the context directory. Paths are relative to it. */
export interface ContextFiles {
  /** `archive` for a file that ADD unpacks. `undefined` for what does not exist. */
  kind(path: string): 'file' | 'directory' | 'archive' | undefined;
  /** The path that a path leads to, where a link is a part of it. */
  target(path: string): string;
  /** Whether there is an ignore file. */
  readonly ignores: boolean;
  /** The paths that match a pattern of COPY. */
  match(pattern: string): readonly string[];
}

/** A command of CMD, ENTRYPOINT or HEALTHCHECK. */
export interface Command {
  readonly instruction: DockerfileInstruction;
  /** Absent for the shell form. */
  readonly words?: readonly string[];
  readonly text: string;
  readonly shell: Shell;
}

/** What the instructions so far have made. It changes while a Dockerfile is read. */
export interface State {
  readonly escaping: string;
  readonly files: ContextFiles | undefined;
  readonly calls: BuilderCall[];
  readonly findings: Finding[];
  /** The variables that later instructions may use. */
  readonly values: Map<string, Word>;
  /** Those that only a RUN gets: ARG. */
  readonly args: Map<string, Word>;
  /** What has no counterpart, and its lines. */
  readonly dropped: Map<string, readonly number[]>;
  /** The value of `ENV PATH`. */
  path: Word | undefined;
  shell: Shell;
  user: string;
  /** Absolute. */
  workdir: string;
  /** Folders that are there for sure. */
  readonly folders: Set<string>;
  userSet: boolean;
  workdirSet: boolean;
  entrypoint: Command | undefined;
  cmd: Command | undefined;
  healthcheck: Command | undefined;
}

/** Folders of every Debian. */
const standardFolders = [
  ...[
    '/',
    '/bin',
    '/etc',
    '/home',
    '/home/user',
    '/opt',
    '/root',
    '/srv',
    '/tmp',
    '/usr',
    '/usr/bin',
    '/usr/lib',
    '/usr/local',
  ],
  ...[
    '/usr/local/bin',
    '/usr/local/lib',
    '/usr/local/share',
    '/usr/share',
    '/usr/src',
    '/var',
    '/var/lib',
    '/var/log',
  ],
];

export function newState(escaping: string, files: ContextFiles | undefined): State {
  return {
    escaping,
    files,
    calls: [],
    findings: [],
    values: new Map(),
    args: new Map(),
    dropped: new Map(),
    path: undefined,
    shell: defaultShell,
    user: 'root',
    workdir: '/',
    folders: new Set(standardFolders),
    userSet: false,
    workdirSet: false,
    entrypoint: undefined,
    cmd: undefined,
    healthcheck: undefined,
  };
}

/** Notes something that has no counterpart and does no harm. */
export function drop({ dropped }: State, what: string, line: number): void {
  dropped.set(what, [...(dropped.get(what) ?? []), line]);
}

/**
 * A word of an instruction whose value must be known.
 *
 * @throws Fault when it has a variable that the Dockerfile does not set
 */
export function knownText(state: Pick<State, 'escaping' | 'values'>, written: string): string {
  const word = readWord(written, state);
  const text = plainText(word);
  if (text !== undefined) return text;
  const names = unknownNames([word]).join(' and ');
  throw new Fault(
    `The Dockerfile does not set ${names} above, and the environment of the base image is not known here.`,
    `Set it with ARG or ENV, or write its value.`,
  );
}

/** The commands that give a RUN the variables of ARG, and the PATH that a login shell resets. */
export function exportsOf({ args, path }: Pick<State, 'args' | 'path'>): string {
  const words = [...args].map(([name, value]) => `${name}=${shellValue(value)}`);
  if (path) words.push(`PATH=${shellValue(path)}`);
  return words.length > 0 ? `export ${words.join(' ')}; ` : '';
}

function shellValue(word: Word): string {
  const text = plainText(word);
  if (text !== undefined) return text === '' ? '' : quoteForShell(text);
  const escaped = word.map((piece) =>
    typeof piece === 'string' ? piece.replace(/["\\`]/g, '\\$&').replace(/\$\(/g, '\\$(') : piece,
  );
  const value = environmentValue(escaped);
  return /^[\w@%+=:,./${}-]*$/.test(value) ? value : `"${value}"`;
}
