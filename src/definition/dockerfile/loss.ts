import type { DockerfileInstruction } from './instructions.ts';
import type { Flag, Values } from './words.ts';

/** A call of the builder that the SDK made. */
export interface BuilderCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** One instruction, as Docker reads it, beside what the SDK made of it. */
export interface Reading {
  readonly keyword: string;
  readonly instruction: DockerfileInstruction;
  readonly flags: readonly Flag[];
  /** What follows the keyword and its flags. */
  readonly text: string;
  /** Absent when the SDK made no call of it. */
  readonly call: BuilderCall | undefined;
  /** The character that escapes in this file. */
  readonly escaping: string;
  /** What ARG and ENV declare above. */
  readonly values: Values;
}

/** What is lost of an instruction: a mistake where something else would be built, else a warning. */
export interface Loss {
  readonly severity: 'mistake' | 'warning';
  /** Sentences: what was found, and what is to be written instead. */
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
