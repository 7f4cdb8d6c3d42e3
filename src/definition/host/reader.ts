import { basename } from 'node:path';
import { type Problem, problem } from '../../problem.ts';
import type { DefinitionSettings, DefinitionWarning } from '../definition.ts';
import type { HostRequest, Phase } from '../protocol.ts';
import type { FrameFinder } from '../stack-frames.ts';
import type { CommittedFiles } from './committed-files.ts';
import type { Ending } from './guard-exit.ts';
import type { Sdk } from './load-sdk.ts';
import type { Recorder } from './recorder.ts';

/** The template that was read, and what the definition says about its build. */
export interface Choice {
  /** A builder of the TypeScript SDK, whatever the definition is written in. */
  readonly template: object;
  /** The export or variable that it came from. */
  readonly exportName?: string;
  readonly settings?: DefinitionSettings;
  /** What builds, but probably not as meant, besides what the builder's calls show. */
  readonly warnings?: readonly DefinitionWarning[];
  readonly notices?: readonly DefinitionWarning[];
  /** Which program read it, in words for the log. */
  readonly readBy?: string;
  /** Absolute path that COPY sources are relative to. Else the template's own, relative to the working directory. */
  readonly contextDirectory?: string;
  /** Ignore patterns that replace those of the template. */
  readonly ignorePatterns?: readonly string[];
}

/** What a reader works with in the definition's process. */
export interface HostSession {
  readonly sdk: Sdk;
  readonly recorder: Recorder;
  readonly frames: FrameFinder;
  /** Set in a guarded run: the only files of the checkout that may be read. */
  readonly files?: CommittedFiles;
  /** Folders of the action itself. */
  readonly ownFolders: readonly string[];
  /** Tells the action what this process does next. The time limit of a definition begins with `evaluating`. */
  phase(phase: Phase): void;
  /** Reports a problem and ends the process. */
  fail(problem: Problem): never;
  /** Sets what decides whether an end of the process, other than by a result, is expected. */
  expectEnd(decide: (ending: Ending) => boolean): void;
  /** Waits until the process is sure to end with the action. No code of the definition may run before. */
  readonly watched: Promise<void>;
}

/**
 * Reads one kind of definition. Rejects with a `ProblemsError`, or with whatever the definition itself threw.
 */
export type ReadKind = (request: HostRequest, session: HostSession) => Promise<Choice>;

/**
 * Refuses the input `args` for a definition that is no function.
 *
 * @param why - the end of a sentence
 * @throws ProblemsError when it is given
 */
export function refuseArguments({ file, args }: HostRequest, why: string): void {
  if (args === undefined) return;
  throw problem(
    'Arguments without a function',
    `The input args is given, and ${basename(file)} is no function that could take them: ${why}. Remove args, or write the template as a function.`,
    { file, line: 1 },
  );
}
