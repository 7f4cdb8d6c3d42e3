import { compareStable, parseVersion, type Version } from './version.ts';

/** A stable version among a template's tags. */
export interface KnownVersion {
  readonly tag: string;
  readonly version: Version;
}

/** What is written around versions in tags. */
export interface Affixes {
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * The stable versions among tags, bare or between the affixes. `1.2` counts as 1.2.0, the least that it can stand
 * for; a lone number is left out, since it may as well be a date.
 */
export function knownVersions(tags: readonly string[], { prefix, suffix }: Affixes): KnownVersion[] {
  return tags.flatMap((tag) => {
    const inner =
      tag.startsWith(prefix) && tag.endsWith(suffix) && tag.length > prefix.length + suffix.length
        ? tag.slice(prefix.length, tag.length - suffix.length)
        : tag;
    // With a suffix, `1.2.3-slim` is no pre-release.
    const version = [tag, inner].map(readVersion).find((found) => found?.prerelease === '');
    return version ? [{ tag, version }] : [];
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
