import type { ServiceClient } from '../api/client.ts';
import { buildReference } from '../api/names.ts';
import type { Plan } from '../plan/plan.ts';
import { ageLimit } from './age-limit.ts';
import { findMatch } from './find-match.ts';

/**
 * Says in one or two sentences what a build of this plan would come to now: a build that is reused, or a new one.
 * Changes nothing. Rejects with a `ServiceError`.
 */
export async function foresee(
  { name, contentTags, fingerprint, cpuCount, memoryMb, maxAgeMs }: Plan,
  { reuse, isTested }: { readonly reuse: 'auto' | 'never' | 'require'; readonly isTested: boolean },
  client: Pick<ServiceClient, 'templateIdOf' | 'tags' | 'template' | 'clockAheadMs'>,
): Promise<string> {
  const tested = isTested ? ' and tested' : '';
  if (reuse === 'never') return `It would be built${tested}, since nothing is to be reused.`;
  const without = (how = '') =>
    reuse === 'require' ? 'so this would fail (reuse: require)' : `so it would be built${how}${tested}`;
  if (!contentTags) {
    const why = 'unknown' in fingerprint ? `: ${fingerprint.unknown}` : '';
    return `Builds of this plan cannot be found again${why}; ${without()}.`;
  }
  const limit = ageLimit(maxAgeMs, client, Date.now());
  const wanted = { name, contentTag: contentTags.content, cpuCount, memoryMb, ...limit };
  const match = await findMatch(client, wanted);
  if (!match.ok) {
    const anew = maxAgeMs !== undefined && !match.isNew;
    return `${match.reason}, ${without(anew ? ' without the cache' : '')}.`;
  }
  const { state, buildId } = match.value;
  const build = buildReference({ name, buildId });
  const after = isTested ? ', after the test that it may have passed already' : '';
  return state === 'ready'
    ? `Nothing would be built: ${build} has this content, and would get the tags${after}.`
    : `Nothing would be built: another run is building this content, and ${build} would be followed${tested}.`;
}
