/**
 * The messages between the action and the definition's process: one request on the child's standard input, then lines
 * on an extra pipe. Each line starts with the run's random token, so nothing else that the definition writes there
 * passes for a message.
 */
import type { ImageRegistry } from '../api/types.ts';
import type { Problem, SourceLocation } from '../problem.ts';
import type { Definition } from './definition.ts';
import type { KindName } from './kinds.ts';

/** File descriptor of the extra pipe in the child. */
export const channelDescriptor = 3;

/** File descriptor of a silent pipe in the child. It closes when the action exits. */
export const lifelineDescriptor = 4;

/** Exit code of a process that could not write its result. */
export const lostChannelCode = 70;

/** The only commit whose files may be loaded, and the event that is the reason. */
export interface CommittedOnly {
  /** Root of its checkout. */
  readonly root: string;
  readonly commit: string;
  readonly event: string;
}

/** What the inputs say about how a definition is read. */
export interface ReadingInputs {
  /** The export or variable to use. Chosen by rule when absent. */
  readonly exportName?: string;
  /** The input `name`: picks among several builds of one script. */
  readonly name?: string;
  /** The input `context` as an absolute path: where the files of COPY are, whatever the definition says. */
  readonly contextDirectory?: string;
  /** Values for `ARG` of a Dockerfile. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Handed to a definition that is a function. */
  readonly args?: unknown;
  /** The Python interpreter, a path or a command. */
  readonly python?: string;
}

export interface HostRequest extends ReadingInputs {
  readonly token: string;
  readonly kind: KindName;
  readonly file: string;
  readonly workingDirectory: string;
  /** Absolute path of the action's own copy of the SDK. */
  readonly bundledSdk: string;
  /** Absolute path of a folder for this run. It may not be there yet, and is removed after the job's step. */
  readonly temporaryDirectory: string;
  /** The folder of the checkout, where the job's system names one. */
  readonly workspace?: string;
  readonly committedOnly?: CommittedOnly;
}

/** What the definition's process is doing. */
export type Phase =
  | { readonly name: 'starting' }
  /** A package that the definition needs; not counted as the definition's time. */
  | { readonly name: 'installing'; readonly what: string }
  /** `at`: the line that runs, as far as it is known. */
  | { readonly name: 'evaluating'; readonly at?: SourceLocation }
  | { readonly name: 'calling'; readonly exportName: string }
  | {
      readonly name: 'reading-image';
      readonly image: string;
      /** Its credentials, as the recipe has them. */
      readonly registry?: ImageRegistry;
      readonly advice: string;
      readonly at?: SourceLocation;
    };

export type HostMessage =
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'definition'; readonly definition: Definition }
  | { readonly type: 'problems'; readonly problems: readonly [Problem, ...Problem[]] };
