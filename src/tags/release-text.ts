import {
  type EventExpression,
  literals,
  mentions,
  type TextTemplate,
  versionExpressions,
} from './expression.ts';
import { normalizeTag } from './normalize.ts';
import { bare, parseVersion, type Variant, type Version } from './version.ts';

/** The versions that a moving tag stands for in turn: those of one major, of one minor, or all. */
export type Line = 'major' | 'minor' | 'all';

/** What a rule took for the release's name. */
export interface ReleaseText {
  readonly name: string;
  /** Absent when the name is no version. */
  readonly version?: Version;
  /** Absent when what stands around the version is another for each build. */
  readonly variant?: Variant;
  /** Set for a tag that means the highest of several versions. */
  readonly line?: Line;
  /** Set for a git tag such as `1.2`, which is the name of a line itself: the least version that it can stand for. */
  readonly least?: Version;
}

/** Expressions that make a tag one that no other version comes to. */
const exact = ['version', 'patch', 'raw', 'build', 'sha', 'tag', 'date', 'commit_date'] as const;

/** The line that a pattern of versions gives the tag of, or `undefined` when it names one version. */
export function lineOfPattern(templates: readonly TextTemplate[]): Line | undefined {
  if (mentions(templates, exact)) return undefined;
  if (mentions(templates, ['minor'])) return 'minor';
  return mentions(templates, ['major']) ? 'major' : 'all';
}

/** The line that a text names which was found in the name of a version: `1`, `v1.2`. */
export function lineOfText(text: string, { major, minor }: Version): Line | undefined {
  const numbers = text.replace(/^v/i, '');
  if (numbers === `${major}.${minor}`) return 'minor';
  return numbers === String(major) ? 'major' : undefined;
}

/** What a git tag such as `1.2` or `1` can stand for: the tag of a line that moves with each release. */
export function gitTagOfLine(tag: string): { readonly line: Line; readonly least: Version } | undefined {
  const [, major, minor] = /^(\d{1,6})(?:\.(\d+))?$/.exec(tag) ?? [];
  const least = major === undefined ? undefined : parseVersion(`${major}.${minor ?? 0}.0`);
  return least && { line: minor === undefined ? 'major' : 'minor', least };
}

/** What a pattern has before its first part of a version and after its last. */
export function aroundVersion(pattern: TextTemplate): { before: TextTemplate; after: TextTemplate } {
  const isVersion = (part: TextTemplate[number]) => mentions([[part]], versionExpressions);
  const first = pattern.findIndex(isVersion);
  if (first < 0) return { before: [], after: [] };
  return { before: pattern.slice(0, first), after: pattern.slice(pattern.findLastIndex(isVersion) + 1) };
}

/** The variant whose versions stand between these texts. Signs and the `v` of a version make none. */
export function variantOf(before: TextTemplate, after: TextTemplate): Variant | undefined {
  const prefix = literals(before).replace(/(^|[^a-z0-9])v$/i, '$1');
  const suffix = literals(after);
  if (!/[a-z0-9]/i.test(prefix + suffix)) return bare;
  const steady = [...before, ...after].every((part) => typeof part === 'string');
  return steady ? { prefix: folded(prefix), suffix: folded(suffix) } : undefined;
}

function folded(affix: string): string {
  return affix === '' ? '' : normalizeTag(affix).tag;
}

/** What a rule's tag says of where its build was made, so that it is right on no other build. */
export type Origin = 'commit' | 'branch' | 'schedule';

const ofBranch: readonly EventExpression[] = ['branch', 'head_ref'];

/** What of a build's origin stands in these texts, if anything does. */
export function originIn(templates: readonly TextTemplate[]): Origin | undefined {
  if (mentions(templates, ['sha'])) return 'commit';
  return mentions(templates, ofBranch) ? 'branch' : undefined;
}
