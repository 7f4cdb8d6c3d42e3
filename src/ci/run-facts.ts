import type { CiEvent } from './event.ts';
import type { Payload } from './payload.ts';
import type { WorkflowRun } from './run.ts';

/** What a CI system says about the run of this process. */
export interface RunFacts {
  readonly event: CiEvent;
  /** Other data of the event, in the form that GitHub has for it. */
  readonly payload: Payload;
  readonly run: WorkflowRun;
  /** Commits that are certainly this repository's own: those that the system runs. */
  readonly ownCommits: readonly string[];
  /** The repository in the form of `repositoryOfUrl`: `github.com/octo-org/agent`; empty if unknown. */
  readonly home: string;
  /** Where its files can be looked at; absent if unknown. */
  readonly source?: SourcePlace;
}

/** Where the files of a repository can be looked at in a browser. */
export interface SourcePlace {
  /** Web address of the repository, without a slash at the end. */
  readonly address: string;
  /** The commit that the system runs. */
  readonly commit?: string;
  /** Folder of the checkout, if the system names it. */
  readonly workspace?: string;
  /** Address of a line. `path` is encoded. */
  lineAddress(commit: string, path: string, line: number): string;
}
