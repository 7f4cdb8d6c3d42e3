import type { CiEvent } from '../ci/event.ts';
import type { ReleaseText } from './evaluate.ts';
import { foldTag } from './fold.ts';
import { highestAbove, type KnownVersion, knownVersions } from './known-versions.ts';
import type { Version } from './version.ts';

/** Whether the build of a release becomes `latest`, and why. */
export interface LatestVerdict {
  readonly given: boolean;
  readonly reason: string;
}

/** The tags that the template has, or why they could not be asked for. */
export type TagLookup = () => Promise<{ readonly tags: readonly string[] } | { readonly failed: string }>;

/** Only the highest stable version is `latest`. Asks for the template's tags when nothing else decides. */
export async function judgeLatest(
  release: ReleaseText,
  event: CiEvent,
  lookUp: TagLookup,
): Promise<LatestVerdict> {
  const not = (reason: string) => ({ given: false, reason });
  const { name, version, prefix, suffix } = release;
  if (event.proposed) return not('never for a pull request or a merge group');
  if (!version) return not(`${name} is not a version such as 1.2.3`);
  if (version.prerelease !== '') return not(`${version.text} is a pre-release`);
  if (event.prerelease) return not('the release is marked as a pre-release');
  const found = await lookUp();
  if ('failed' in found) return not(`the tags of the template could not be asked for: ${found.failed}`);
  const above = highestAbove(
    version,
    knownVersions(found.tags, { prefix: folded(prefix), suffix: folded(suffix) }),
  );
  if (above) return not(`${above.tag} is higher than ${version.text}`);
  return { given: true, reason: `${version.text} is the highest stable version` };
}

/** A version of the same line (`1.2` or `1`) that is above this one, so that the line's tag must stay there. */
export function aheadInLine(
  version: Version,
  line: 'major' | 'minor',
  tags: readonly string[],
): KnownVersion | undefined {
  const sameLine = knownVersions(tags, { prefix: '', suffix: '' }).filter(
    (known) =>
      known.version.major === version.major && (line === 'major' || known.version.minor === version.minor),
  );
  return highestAbove(version, sameLine);
}

function folded(affix: string): string {
  return affix === '' ? '' : foldTag(affix).tag;
}
