import { type Problem, quote } from '../problem.ts';
import { unknownInputs, variableOf } from './unknown.ts';

/** Reads one kind of value after another from the inputs and keeps what is wrong with them. */
export interface InputReader {
  /** Trimmed text, or the fallback variables' value in order, or `''`. */
  text(name: string, ...variables: string[]): string;
  /** `true` or `false` as YAML 1.2 writes them. */
  flag(name: string, fallback: boolean): boolean;
  /** A decimal number that `accepts` takes; `expected` says in words which those are. */
  number(
    name: string,
    fallback: number,
    rule: { accepts: (value: number) => boolean; expected: string },
  ): number;
  /** One of a fixed set of words. */
  choice<const Word extends string>(name: string, words: readonly Word[], fallback: Word): Word;
  reject(name: string, message: string): void;
  readonly problems: readonly Problem[];
  /**
   * Ends the reading, once every input was asked for: what is wrong with them, and with the inputs that were given
   * and not asked for.
   */
  done<Inputs>(inputs: Inputs): ReadInputs<Inputs>;
}

/** Inputs with what is wrong about them, all of it. */
export interface ReadInputs<Inputs> {
  readonly inputs: Inputs;
  /** Stop the step. */
  readonly problems: Problem[];
  /** Are told, and the step goes on. */
  readonly warnings: Problem[];
}

/**
 * A reader over the runner's variables: input `cpu-count` is `INPUT_CPU-COUNT`. Nothing throws: a value that
 * is wrong is noted in `problems` and stands as its fallback, so that one run names every mistake.
 */
export function inputReader(env: NodeJS.ProcessEnv): InputReader {
  const problems: Problem[] = [];
  const known = new Set<string>();
  const raw = (name: string) => {
    known.add(name);
    return (env[variableOf(name)] ?? '').trim();
  };
  const reject = (name: string, message: string) => {
    problems.push({ title: `Input ${name}`, message });
  };

  return {
    problems,
    reject,
    text(name, ...variables) {
      const sources = [raw(name), ...variables.map((variable) => (env[variable] ?? '').trim())];
      return sources.find((value) => value !== '') ?? '';
    },
    flag(name, fallback) {
      const value = raw(name);
      if (value === '') return fallback;
      if (/^(true|True|TRUE)$/.test(value)) return true;
      if (/^(false|False|FALSE)$/.test(value)) return false;
      reject(name, `found ${quote(value)}, expected true or false.`);
      return fallback;
    },
    number(name, fallback, rule) {
      const value = raw(name);
      if (value === '') return fallback;
      const number = /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
      if (rule.accepts(number)) return number;
      reject(name, `found ${quote(value)}, expected ${rule.expected}.`);
      return fallback;
    },
    choice(name, words, fallback) {
      const value = raw(name);
      if (value === '') return fallback;
      const word = words.find((candidate) => candidate === value.toLowerCase());
      if (word !== undefined) return word;
      reject(name, `found ${quote(value)}, expected one of ${words.join(', ')}.`);
      return fallback;
    },
    done(inputs) {
      const unknown = unknownInputs(env, [...known]);
      return {
        inputs,
        problems: [...problems, ...unknown.problems],
        warnings: unknown.warnings,
      };
    },
  };
}
