import type { TextTemplate } from './expression.ts';

/** One rule, checked as far as that is possible without an event. */
export type TagRule = RuleBase & RuleKind;

interface RuleBase {
  /** 1-based line of the input. */
  readonly line: number;
  /** As it was written. */
  readonly source: string;
  /** Higher ones go first. Rules of the same priority keep their order. */
  readonly priority: number;
  /** Must give `true` or `false`. */
  readonly enable: TextTemplate;
  readonly prefix: TextTemplate;
  readonly suffix: TextTemplate;
  /** The rule has a prefix or suffix, even an empty one. Then the name of a branch or git tag is used as it is. */
  readonly affixed: boolean;
}

export type RuleKind =
  /** A plain tag, which is never changed. */
  | { readonly type: 'plain'; readonly tag: string }
  | { readonly type: 'schedule'; readonly pattern: TextTemplate }
  | {
      readonly type: 'semver';
      readonly pattern: TextTemplate;
      /** Read instead of the git tag. */
      readonly value: TextTemplate;
      /** Finds the version in a longer tag: group 1, or the whole match. */
      readonly match?: RegExp;
    }
  | {
      readonly type: 'match';
      readonly pattern: RegExp;
      readonly group: number;
      readonly value: TextTemplate;
    }
  | { readonly type: 'edge'; readonly branch?: string }
  | { readonly type: 'ref'; readonly event: RefEvent }
  | { readonly type: 'raw'; readonly value: TextTemplate }
  | { readonly type: 'sha'; readonly format: 'short' | 'long' };

export const refEvents = ['branch', 'tag', 'pr', 'queue'] as const;
export type RefEvent = (typeof refEvents)[number];

/** A type that a line can name. */
export type RuleType = Exclude<RuleKind['type'], 'plain'>;

/** The attributes of each type besides `type`, and its default priority. */
export const ruleTypes: Readonly<
  Record<RuleType, { readonly priority: number; readonly attributes: readonly string[] }>
> = {
  schedule: { priority: 1000, attributes: ['pattern'] },
  semver: { priority: 900, attributes: ['pattern', 'value', 'match'] },
  match: { priority: 800, attributes: ['pattern', 'group', 'value'] },
  edge: { priority: 700, attributes: ['branch'] },
  ref: { priority: 600, attributes: ['event'] },
  raw: { priority: 200, attributes: ['value'] },
  sha: { priority: 100, attributes: ['format'] },
};

/** Attributes that every type has. */
export const commonAttributes = ['enable', 'priority', 'prefix', 'suffix'] as const;

/** Takes what is wrong with a line, in words that follow the line's name. */
export type Report = (mistake: string) => void;

/** The default prefix of a rule. */
export function usualPrefix(kind: RuleKind): string {
  if (kind.type === 'sha') return 'sha-';
  if (kind.type !== 'ref') return '';
  return kind.event === 'pr' ? 'pr-' : kind.event === 'queue' ? 'queue-' : '';
}
