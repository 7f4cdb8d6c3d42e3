import { contentTags, fingerprintAmong } from '../api/content-tag.ts';
import type { Result } from '../result.ts';
import { listedBuild } from '../templates/find-build.ts';
import { matchIn } from './find-match.ts';
import type { LookupClient } from './lookup-client.ts';
import { firstTagged, type PublishedContent } from './published-content.ts';

/** What was built under a tag. */
export interface PublishedFingerprint extends PublishedContent {
  /** 64 lower-case hex digits. */
  readonly fingerprint: string;
}

/**
 * The fingerprint of the ready build that the first of these tags names which the template has. The build's content tag
 * says it, where the points of `findMatch` hold for it. Rejects with a `ServiceError`.
 *
 * @returns otherwise why it is unknown, as a clause
 */
export async function publishedFingerprint(
  client: Pick<LookupClient, 'templateIdOf' | 'tags' | 'template'>,
  name: string,
  tags: readonly string[],
): Promise<Result<PublishedFingerprint>> {
  const none = (reason: string) => ({ ok: false as const, reason });
  const tagged = await firstTagged(client, name, tags);
  if (!tagged.ok) return tagged;
  const { found, tag, buildId } = tagged.value;
  const { template } = found;
  const own = [...template.tags].filter(([, id]) => id === buildId).map(([each]) => each);
  const fingerprint = fingerprintAmong(own);
  const unknown = none(`nothing says what build ${buildId} of ${name}:${tag} was made of`);
  if (fingerprint === undefined) return unknown;
  const listed = await listedBuild(client, template.templateId, buildId);
  const { cpuCount, memoryMB: memoryMb } = listed ?? {};
  if (cpuCount === undefined || memoryMb === undefined) return unknown;
  const wanted = { name, contentTag: contentTags(fingerprint, undefined).content, cpuCount, memoryMb };
  const match = await matchIn(found, wanted, async () => listed);
  if (!match.ok) return unknown;
  if (match.value.state !== 'ready') return none(`build ${buildId} of ${name}:${tag} is not ready yet`);
  return { ok: true, value: { tag, buildId, fingerprint } };
}
