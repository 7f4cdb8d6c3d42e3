import type { CiEvent } from '../ci/event.ts';
import type { Line, ReleaseText } from './release-text.ts';
import {
  bare,
  highestAbove,
  type KnownVersion,
  knownVersions,
  type Variant,
  type Version,
} from './version.ts';

/** Whether the build of a release gets a tag that moves from version to version, and why. */
export interface LatestVerdict {
  readonly given: boolean;
  readonly reason: string;
}

/** The tags that the template has, or why they could not be asked for. */
export type TagLookup = () => Promise<{ readonly tags: readonly string[] } | { readonly failed: string }>;

/** How a reason begins where nobody can tell which version is the highest. */
export const unasked = 'the tags of the template could not be asked for';

const not = (reason: string): LatestVerdict => ({ given: false, reason });

/** Only the highest stable version of a variant is `latest`. Asks for the template's tags when nothing else decides. */
export async function judgeLatest(
  release: ReleaseText,
  event: CiEvent,
  lookUp: TagLookup,
  beside: readonly ReleaseText[] = [],
): Promise<LatestVerdict> {
  const { name, version, variant } = release;
  if (event.isUnmerged) return not('never for a pull request or a merge group');
  if (!version) return not(`${name} is not a version such as 1.2.3`);
  if (!variant) return not('what stands around the version is another for each build');
  return judgeLine({ version, variant, line: 'all' }, event, lookUp, beside);
}

/** A tag that means the highest version of its line: a release gets it unless a higher one is there. */
export interface LineTag {
  readonly version: Version;
  readonly variant: Variant;
  readonly line: Line;
}

/**
 * Whether a release gets the tag of its line, which never goes back to a lower version and is never a pre-release.
 *
 * @param beside - all tags of versions that the same build gets; their variants count for versions without any, and
 *   for a variant whose versions no tag names whole, such as `stable-1` beside `1.2.3`
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
  if ('failed' in found) return not(`${unasked}: ${found.failed}`);
  const own = knownVersions(found.tags, variant);
  const named =
    own.some(({ whole }) => whole) || beside.some((one) => !one.line && isSame(one.variant, variant));
  const others = [bare, ...beside.flatMap((one) => one.variant ?? [])];
  const known =
    named && variant !== bare
      ? own
      : [...own, ...others.flatMap((other) => knownVersions(found.tags, other))];
  const above = highestAbove(version, inLine(version, line, known));
  if (above) return not(`${above.tag} is higher than ${version.text}`);
  return { given: true, reason: line === 'all' ? `${version.text} is the highest stable version` : '' };
}

function isSame(one: Variant | undefined, other: Variant): boolean {
  return one?.prefix === other.prefix && one.suffix === other.suffix;
}

function inLine({ major, minor }: Version, line: Line, known: readonly KnownVersion[]): KnownVersion[] {
  return known.filter(
    ({ version }) =>
      line === 'all' || (version.major === major && (line === 'major' || version.minor === minor)),
  );
}
