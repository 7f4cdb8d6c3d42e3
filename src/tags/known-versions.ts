import { compareStable, parseVersion, type Version } from './version.ts';

/** A stable version among a template's tags. */
export interface KnownVersion {
  readonly tag: string;
  readonly version: Version;
  /** Whether the tag names all of it, and is not that of a line such as `1.2`. */
  readonly whole: boolean;
}

/** What stands around the versions of a variant: `1.2.3-slim`, `app-1.2.3`. Both are empty for versions without any. */
export interface Variant {
  readonly prefix: string;
  readonly suffix: string;
}

/** Versions as they are, which `latest` and `1` mean. */
export const bare: Variant = { prefix: '', suffix: '' };

/**
 * The stable versions of a variant among tags. `1.2` counts as 1.2.0, the least that it can stand for; a lone number
 * is left out, since it may as well be a date.
 */
export function knownVersions(tags: readonly string[], { prefix, suffix }: Variant): KnownVersion[] {
  return tags.flatMap((tag) => {
    if (!tag.startsWith(prefix) || !tag.endsWith(suffix) || tag.length <= prefix.length + suffix.length) {
      return [];
    }
    const text = tag.slice(prefix.length, tag.length - suffix.length);
    const version = readVersion(text);
    return version?.prerelease === '' ? [{ tag, version, whole: parseVersion(text) !== undefined }] : [];
  });
}

/** The highest of those that are above a version, if any is. */
export function highestAbove(version: Version, known: readonly KnownVersion[]): KnownVersion | undefined {
  return known
    .filter((other) => compareStable(other.version, version) > 0)
    .sort((one, other) => compareStable(other.version, one.version))[0];
}

function readVersion(tag: string): Version | undefined {
  return parseVersion(/^v?\d+\.\d+$/.test(tag) ? `${tag}.0` : tag);
}
