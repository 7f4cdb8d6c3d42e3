import {
  type EventExpression,
  literals,
  mentions,
  type TextTemplate,
  versionExpressions,
} from './expression.ts';
import { normalizeTag } from './normalize.ts';
import { bare, parseVersion, type Variant, type Version } from './version.ts';

/** The versions that a moving tag can mean: those of one major version, of one minor version, or all. */
export type Line = 'major' | 'minor' | 'all';

/** The release that a rule names. */
export interface ReleaseText {
  readonly name: string;
  /** Absent when the name is not a version. */
  readonly version?: Version;
  /** Absent when the text around the version changes with each build. */
  readonly variant?: Variant;
  /** Set for a tag of the highest of several versions. */
  readonly line?: Line;
  /** Set for a git tag such as `1.2`, which names a line: the lowest version that it can mean. */
  readonly least?: Version;
}

/** Expressions that make a tag specific to one version. */
const exact = ['version', 'patch', 'raw', 'build', 'sha', 'tag', 'date', 'commit_date'] as const;

/** The line of a version pattern; `undefined` when it names one version. */
export function lineOfPattern(templates: readonly TextTemplate[]): Line | undefined {
  if (mentions(templates, exact)) return undefined;
  if (mentions(templates, ['minor'])) return 'minor';
  return mentions(templates, ['major']) ? 'major' : 'all';
}

/** The line of a text that was found in the name of a version: `1`, `v1.2`. */
export function lineOfText(text: string, { major, minor }: Version): Line | undefined {
  const numbers = text.replace(/^v/i, '');
  if (numbers === `${major}.${minor}`) return 'minor';
  return numbers === String(major) ? 'major' : undefined;
}

/** The line and lowest version of a git tag such as `1.2` or `1`, which moves with each release. */
export function gitTagOfLine(tag: string): { readonly line: Line; readonly least: Version } | undefined {
  const [, major, minor] = /^(\d{1,6})(?:\.(\d+))?$/.exec(tag) ?? [];
  const least = major === undefined ? undefined : parseVersion(`${major}.${minor ?? 0}.0`);
  return least && { line: minor === undefined ? 'major' : 'minor', least };
}

/** The parts of a pattern before its first version expression and after its last. */
export function aroundVersion(pattern: TextTemplate): { before: TextTemplate; after: TextTemplate } {
  const isVersion = (part: TextTemplate[number]) => mentions([[part]], versionExpressions);
  const first = pattern.findIndex(isVersion);
  if (first < 0) return { before: [], after: [] };
  return { before: pattern.slice(0, first), after: pattern.slice(pattern.findLastIndex(isVersion) + 1) };
}

/** The variant with these texts around its versions. Signs and the `v` of a version do not count. */
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

/** The origin that a tag states. The tag is wrong on a build of another origin. */
export type Origin = 'commit' | 'branch' | 'schedule';

const ofBranch: readonly EventExpression[] = ['branch', 'head_ref'];

/** The origin that these texts state, if any. */
export function originIn(templates: readonly TextTemplate[]): Origin | undefined {
  if (mentions(templates, ['sha'])) return 'commit';
  return mentions(templates, ofBranch) ? 'branch' : undefined;
}
