import type { RunFacts } from '../run-facts.ts';

/** A CI system as the job in it sees it. Making one reads variables and no files, and never fails. */
export interface Provider {
  /** Its name in sentences: `GitHub Actions`. */
  readonly title: string;
  /** The folder that the job works in. Absent where the system names none. */
  readonly workspace?: string;
  /** A folder that later steps of the job can read. */
  readonly temporaryDirectory: string;
  readonly commands: RunnerCommands;
  /** A person watches the log on a terminal that can be redrawn. */
  readonly isWatched?: boolean;
  /** The repository on GitHub, or on a server with the same API. */
  readonly github?: GithubPlace;
  /** The merge request on GitLab that is built. */
  readonly gitlab?: GitlabPlace;
  /** The cache of GitHub Actions; absent where there is none like it. */
  readonly cache?: CachePlace;
  /**
   * Reads what started the run.
   *
   * @throws ProblemsError where that cannot be read
   */
  readFacts(): RunFacts;
}

/** How a job talks to its system. */
export interface RunnerCommands extends LogCommands {
  /** Shown only in runs with debug logs. */
  debug(message: string): void;
  /** Hands a value to later steps or jobs. */
  setOutput(name: string, value: string): void | Promise<void>;
  /** Lets the system hide a text in its logs, where it can. */
  setSecret(text: string): void;
  /** Where a summary can be shown: adds to it. */
  readonly addSummary?: (markdown: string) => Promise<void>;
  /** Keeps a text for the step that follows this one. Does nothing where there is no such step. */
  saveState(name: string, value: string): void;
  /** The text that was kept, or `''`. */
  getState(name: string): string;
  /**
   * Declares what this step made, for attestations, where the system takes that.
   *
   * @returns why it was not declared, as sentences
   */
  readonly declareSubject?: (subject: DeclaredSubject) => Promise<string | undefined>;
  /** Waits for what is still on its way to the system. */
  finish?(): Promise<void>;
}

/** What a step made: a name as images have it, and `sha256:` with 64 lower-case hex digits. */
export interface DeclaredSubject {
  readonly name: string;
  readonly digest: string;
}

/**
 * How lines, groups and annotations are printed. Texts have no secrets and no control characters, and only the messages
 * of annotations have line breaks. Nothing in them may act as a command of the system: each function breaks what would.
 */
export interface LogCommands {
  info(line: string): void;
  startGroup(title: string): void;
  endGroup(): void;
  notice(message: string, properties?: AnnotationProperties): void;
  warning(message: string, properties?: AnnotationProperties): void;
  error(message: string, properties?: AnnotationProperties): void;
  /** How many annotations of each kind the system shows for one step, if it leaves the rest out. */
  readonly annotationLimit?: number;
  /** Annotations are lines of the log and nothing else, so what the log has already needs none. */
  readonly onlyLog?: boolean;
}

/** The title and place of an annotation. `file` is relative to the workspace; lines and columns count from 1. */
export interface AnnotationProperties {
  readonly title?: string;
  readonly file?: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

export interface GithubPlace {
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly graphqlUrl?: string;
  /** `owner/name`. */
  readonly repository: string;
}

export interface GitlabPlace {
  readonly apiUrl: string;
  /** Identifier of the project that has the merge request. */
  readonly project: string;
  readonly mergeRequest: number;
  /** Web address of the merge request. */
  readonly url: string;
}

/** Whose entries in the cache are read and written. */
export interface CachePlace {
  readonly available: boolean;
  /** The branch or tag that is built; empty if unknown. */
  readonly branch: string;
  /** The base branch of a pull request. */
  readonly base?: string;
}
