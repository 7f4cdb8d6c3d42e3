/** Numbers that look random and are the same for each seed, so that a run can be had again. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Another series, which does not depend on how many numbers were taken from this one. */
  of(name: string): Random;
}

export function random(seed: string): Random {
  let state = hash(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T,
    of: (name) => random(`${seed}/${name}`),
  };
}

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16777619);
  return value;
}

/** The seeds that `CAMPAIGN_SEEDS` names, one or a range; without it the usual ones. */
export function seedsOr(usual: readonly number[]): readonly number[] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(process.env['CAMPAIGN_SEEDS'] ?? '') ?? [];
  if (first === undefined) return usual;
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
}
