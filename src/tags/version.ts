import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';

/** A version as Semantic Versioning 2.0.0 has it. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `rc.1`; empty for a stable version. */
  readonly prerelease: string;
  /** Build metadata, `20250101.5`; empty without. */
  readonly build: string;
  /** Without the build metadata and a leading `v`. */
  readonly text: string;
}

/** Reads a version strictly; one lower-case `v` in front is allowed. `1.2`, `V1.2.3` and `1.02.3` are no versions. */
export function parseVersion(text: string): Version | undefined {
  // The library ignores blanks around a version.
  const parsed = text.trim() === text ? parse(text) : null;
  if (!parsed) return undefined;
  const { major, minor, patch, prerelease, build, version } = parsed;
  return { major, minor, patch, prerelease: prerelease.join('.'), build: build.join('.'), text: version };
}

/** Order of two versions: negative when the first is lower. */
export function compareVersions(one: Version, other: Version): number {
  return compare(one.text, other.text);
}

/**
 * Whether a tag looks like a released version to users: `1.2.3`, `1.2`, `1`, also with a `v` and with a pre-release
 * part. A longer number is a date or an abbreviated commit.
 */
export function isVersionTag(tag: string): boolean {
  return /^v?\d{1,6}(\.\d+){0,2}$/.test(tag) || parseVersion(tag) !== undefined;
}

/** A stable version among a template's tags. */
export interface StableVersion {
  readonly tag: string;
  readonly version: Version;
  /** Whether the tag names the whole version, and not a line such as `1.2`. */
  readonly whole: boolean;
}

/** The texts around the versions of a variant: `1.2.3-slim`, `app-1.2.3`. Both are empty without a variant. */
export interface Variant {
  readonly prefix: string;
  readonly suffix: string;
}

/** Versions without a variant, which `latest` and `1` mean. */
export const bare: Variant = { prefix: '', suffix: '' };

/**
 * The stable versions of a variant among tags. `1.2` counts as 1.2.0, the lowest version that it can mean. A single
 * number is left out, since it may be a date.
 */
export function stableVersions(tags: readonly string[], { prefix, suffix }: Variant): StableVersion[] {
  return tags.flatMap((tag) => {
    if (!tag.startsWith(prefix) || !tag.endsWith(suffix) || tag.length <= prefix.length + suffix.length) {
      return [];
    }
    const text = tag.slice(prefix.length, tag.length - suffix.length);
    const version = readVersion(text);
    return version?.prerelease === '' ? [{ tag, version, whole: parseVersion(text) !== undefined }] : [];
  });
}

/** The highest of the versions above this one, if any. */
export function highestAbove(version: Version, others: readonly StableVersion[]): StableVersion | undefined {
  return others
    .filter((other) => compareVersions(other.version, version) > 0)
    .sort((one, other) => compareVersions(other.version, one.version))[0];
}

function readVersion(tag: string): Version | undefined {
  return parseVersion(/^v?\d+\.\d+$/.test(tag) ? `${tag}.0` : tag);
}
