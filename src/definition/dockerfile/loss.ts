import type { DockerfileInstruction } from './instructions.ts';
import type { Flag, Values } from './words.ts';

/** A call of the builder that the SDK made. */
export interface BuilderCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** One instruction in Docker's reading, and the SDK's calls for it. */
export interface Reading {
  readonly keyword: string;
  readonly instruction: DockerfileInstruction;
  readonly flags: readonly Flag[];
  /** The text after the keyword and its flags. */
  readonly text: string;
  /** Absent when the SDK made no call for it. */
  readonly call: BuilderCall | undefined;
  /** The escape character of this file. */
  readonly escaping: string;
  /** What ARG and ENV declare above. */
  readonly values: Values;
}

/** A loss in an instruction. It is a mistake when something else would be built, else a warning. */
export interface Loss {
  readonly severity: 'mistake' | 'warning';
  /** Sentences: what was found, and what to write instead. */
  readonly found: string;
  readonly instead: string;
}

export function mistake(found: string, instead: string): Loss {
  return { severity: 'mistake', found, instead };
}

export function warning(found: string, instead: string): Loss {
  return { severity: 'warning', found, instead };
}

/** The first argument of the call as text. */
export function sentText({ call }: Reading, index = 0): string | undefined {
  const value = call?.args[index];
  return value === undefined ? undefined : String(value);
}
