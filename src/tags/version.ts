/** A version as Semantic Versioning 2.0.0 has it. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `rc.1`; empty for a stable version. */
  readonly prerelease: string;
  /** Build metadata, `20250101.5`; empty without. */
  readonly build: string;
  /** Everything but the build metadata and a leading `v`. */
  readonly text: string;
}

const number = '(0|[1-9]\\d{0,15})';
const prereleasePart = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const grammar = new RegExp(
  `^v?${number}\\.${number}\\.${number}(?:-(${prereleasePart}(?:\\.${prereleasePart})*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$`,
);

/** Reads a version strictly; one lower-case `v` in front is taken. `1.2`, `V1.2.3` and `1.02.3` are none. */
export function parseVersion(text: string): Version | undefined {
  const match = grammar.exec(text);
  if (!match || text.length > 256) return undefined;
  const [, major, minor, patch, prerelease = '', build = ''] = match;
  const version = { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease, build };
  if (![version.major, version.minor, version.patch].every(Number.isSafeInteger)) return undefined;
  return { ...version, text: `${major}.${minor}.${patch}${prerelease && `-${prerelease}`}` };
}

/** Order of two stable versions: negative when the first is lower. */
export function compareStable(one: Version, other: Version): number {
  return one.major - other.major || one.minor - other.minor || one.patch - other.patch;
}

/**
 * Whether users take a tag for a released version: `1.2.3`, `1.2`, `1`, also with a `v` and with a pre-release
 * part. A longer number is a date or an abbreviated commit.
 */
export function isVersionTag(tag: string): boolean {
  return /^v?\d{1,6}(\.\d+){0,2}$/.test(tag) || parseVersion(tag) !== undefined;
}
