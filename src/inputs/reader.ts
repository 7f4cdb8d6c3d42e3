import type { NumberRule } from '../api/sandbox-size.ts';
import { type Problem, quote } from '../problem.ts';
import { unknownInputs, variableOf } from './unknown.ts';

/** Reads inputs one by one and collects what is wrong with them. */
export interface InputReader {
  /** The trimmed text, else the first fallback variable with a value, else `''`. */
  text(name: string, ...variables: string[]): string;
  /** `true` or `false` as YAML 1.2 writes them. */
  flag<Fallback extends boolean | undefined>(name: string, fallback: Fallback): boolean | Fallback;
  /** A decimal number that `accepts` allows. `expected` says in words which numbers those are. */
  number<Fallback extends number | undefined>(
    name: string,
    fallback: Fallback,
    rule: NumberRule,
  ): number | Fallback;
  /** One of a fixed set of words. */
  choice<const Word extends string, Fallback extends NoInfer<Word> | undefined>(
    name: string,
    words: readonly Word[],
    fallback: Fallback,
  ): Word | Fallback;
  reject(name: string, message: string): void;
  readonly problems: readonly Problem[];
  /**
   * Ends the reading after every input was read. The result also has the problems of inputs that were given and that
   * the action does not have.
   */
  done<Inputs>(inputs: Inputs): ReadInputs<Inputs>;
}

/** Inputs and everything that is wrong with them. */
export interface ReadInputs<Inputs> {
  readonly inputs: Inputs;
  /** The step stops. */
  readonly problems: Problem[];
  /** The step prints them and continues. */
  readonly warnings: Problem[];
  /** The inputs that the action has. */
  readonly names: readonly string[];
  /** Those that are `true` or `false`. */
  readonly flags: readonly string[];
}

/**
 * A reader of the runner's variables: input `cpu-count` is `INPUT_CPU-COUNT`. It never throws: a wrong value goes into
 * `problems` and is replaced by its fallback, so that one run names every mistake.
 */
export function inputReader(env: NodeJS.ProcessEnv): InputReader {
  const problems: Problem[] = [];
  const names = new Set<string>();
  const flags = new Set<string>();
  const raw = (name: string) => {
    names.add(name);
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
      flags.add(name);
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
      const unknown = unknownInputs(env, [...names]);
      return {
        inputs,
        problems: [...problems, ...unknown.problems],
        warnings: unknown.warnings,
        names: [...names],
        flags: [...flags],
      };
    },
  };
}
