import type { Instruction, LogLevel, RecipeBody } from '../api/types.ts';
import type { SourceLocation } from '../problem.ts';
import type { RuleId } from '../recipe/rules.ts';
import type { KindName } from './kinds.ts';

/** A step of the recipe from the definition. COPY steps have no `filesHash` yet. */
export interface RecipeStep {
  readonly wire: Instruction;
  /** The line of the user's file that made this step. Absent for a step that the SDK added. */
  readonly source?: SourceLocation;
  /**
   * Set for steps that the SDK adds: `environment` writes the ENV values into the sandbox's profile, `workdir` restores
   * the working directory of the base image.
   */
  readonly addedBySdk?: 'environment' | 'workdir';
  /** COPY only: upload even if the service has the content. */
  readonly forceUpload?: boolean;
  /** COPY only: send what a symbolic link points at instead of the link. */
  readonly resolveSymlinks?: boolean;
}

/** Something that builds, but probably not as meant. */
export interface DefinitionWarning {
  readonly title: string;
  readonly message: string;
  readonly at?: SourceLocation;
  /** The recipe check that found it. Without one it is a fact, which nothing silences. */
  readonly rule?: RuleId;
}

/** Where the SDK that evaluated the definition came from. */
export interface SdkOrigin {
  readonly from: 'repository' | 'action';
  readonly version: string;
}

/** A value that a definition gives, and its line. */
export interface Setting<Value> {
  readonly value: Value;
  readonly at?: SourceLocation;
}

/** What a definition says about its build besides the recipe. An input of the same name wins. */
export interface DefinitionSettings {
  readonly name?: Setting<string>;
  /** In the order given. */
  readonly tags?: Setting<readonly string[]>;
  readonly cpuCount?: Setting<number>;
  /** MiB. */
  readonly memoryMb?: Setting<number>;
  readonly skipCache?: Setting<boolean>;
  readonly logLevel?: Setting<LogLevel>;
}

/** What to build, as plain data without objects of the user's program. */
export interface Definition {
  readonly kind: KindName;
  /** Absolute path of the definition file. */
  readonly file: string;
  /** The export or variable that was chosen: `template`, `default`, … Absent for kinds that have none. */
  readonly exportName?: string;
  readonly sdk: SdkOrigin;
  /** The recipe without its steps. */
  readonly recipe: Omit<RecipeBody, 'steps'>;
  readonly steps: readonly RecipeStep[];
  /** Lines of the parts of the recipe that are not steps. */
  readonly sources: {
    readonly base?: SourceLocation;
    readonly start?: SourceLocation;
    readonly ready?: SourceLocation;
  };
  /** Absolute path that COPY sources are relative to. */
  readonly contextDirectory: string;
  /** Set where the definition names that path relative to the working directory: as it is written. */
  readonly relativeContext?: { readonly written: string; readonly workingDirectory: string };
  /** The input `context` set that path, in place of the definition. */
  readonly contextGiven?: true;
  /** The input `start-cmd` gave the start command. */
  readonly startGiven?: true;
  /** `fileIgnorePatterns` of the definition, in the order given. */
  readonly ignorePatterns: readonly string[];
  /** Absolute path of a file that counts in place of `.dockerignore`, as `app.Dockerfile.dockerignore` does. */
  readonly ignoreFile?: string;
  readonly warnings: readonly DefinitionWarning[];
  readonly settings: DefinitionSettings;
  /** Which program read it, in words for the log; absent where the action itself does. */
  readonly readBy?: string;
  /** What the user should know and need not change, such as what a script does after its build. */
  readonly notices: readonly DefinitionWarning[];
}
