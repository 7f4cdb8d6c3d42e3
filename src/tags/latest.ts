import type { CiEvent } from '../ci/event.ts';
import type { Line, ReleaseText } from './release-text.ts';
import {
  bare,
  highestAbove,
  type StableVersion,
  stableVersions,
  type Variant,
  type Version,
} from './version.ts';

/** Whether a release gets a tag that moves from version to version, and why. */
export interface LatestVerdict {
  readonly given: boolean;
  readonly reason: string;
}

/** Fetches the template's tags. `failed` says why they could not be read. */
export type TagLookup = () => Promise<{ readonly tags: readonly string[] } | { readonly failed: string }>;

/** The first words of a reason when the highest version is unknown. */
export const tagsUnreadable = 'the tags of the template could not be read';

const not = (reason: string): LatestVerdict => ({ given: false, reason });

/** Only the highest stable version of a variant is `latest`. Fetches the template's tags when nothing else decides. */
export async function judgeLatest(
  release: ReleaseText,
  event: CiEvent,
  lookUp: TagLookup,
  beside: readonly ReleaseText[] = [],
): Promise<LatestVerdict> {
  const { name, version, variant } = release;
  if (event.isUnmerged) return not('never for a pull request or a merge group');
  if (!version) return not(`${name} is not a version such as 1.2.3`);
  if (!variant) return not('the text around the version changes with each build');
  return judgeLine({ version, variant, line: 'all' }, event, lookUp, beside);
}

/** A tag for the highest version of its line. A release gets it unless a higher version has a tag. */
export interface LineTag {
  readonly version: Version;
  readonly variant: Variant;
  readonly line: Line;
}

/**
 * Whether a release gets the tag of its line. The tag never moves to a lower version or to a pre-release.
 *
 * @param beside - all version tags that the same build gets. Their variants count for versions without a variant, and
 *   for a variant without whole versions, such as `stable-1` beside `1.2.3`
 */
export async function judgeLine(
  { version, variant, line }: LineTag,
  event: CiEvent,
  lookUp: TagLookup,
  beside: readonly ReleaseText[] = [],
): Promise<LatestVerdict> {
  if (version.prerelease !== '') return not(`${version.text} is a pre-release`);
  if (event.prerelease) return not('the release is marked as a pre-release');
  const found = await lookUp();
  if ('failed' in found) return not(`${tagsUnreadable}: ${found.failed}`);
  const own = stableVersions(found.tags, variant);
  const named =
    own.some(({ whole }) => whole) || beside.some((one) => !one.line && isSame(one.variant, variant));
  const others = [bare, ...beside.flatMap((one) => one.variant ?? [])];
  const versions =
    named && variant !== bare
      ? own
      : [...own, ...others.flatMap((other) => stableVersions(found.tags, other))];
  const above = highestAbove(version, inLine(version, line, versions));
  if (above) return not(`${above.tag} is higher than ${version.text}`);
  return { given: true, reason: line === 'all' ? `${version.text} is the highest stable version` : '' };
}

function isSame(one: Variant | undefined, other: Variant): boolean {
  return one?.prefix === other.prefix && one.suffix === other.suffix;
}

function inLine({ major, minor }: Version, line: Line, versions: readonly StableVersion[]): StableVersion[] {
  return versions.filter(
    ({ version }) =>
      line === 'all' || (version.major === major && (line === 'major' || version.minor === minor)),
  );
}
