import { contentTags, fingerprintAmong } from '../api/content-tag.ts';
import { ServiceError } from '../http/errors.ts';
import type { Result } from '../result.ts';
import { listedBuild } from '../templates/find-build.ts';
import { type TaggedTemplate, tagsOfBuild } from '../templates/find-template.ts';
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
  const proven = await provenContent(client, found, buildId);
  if (!proven) return none(`nothing says what build ${buildId} of ${name}:${tag} was made of`);
  if (!proven.isReady) return none(`build ${buildId} of ${name}:${tag} is not ready yet`);
  return { ok: true, value: { tag, buildId, fingerprint: proven.fingerprint } };
}

/**
 * The fingerprint of this ready build, which its content tag says, where the points of `findMatch` hold for it;
 * `undefined` where nothing proves one, or the service does not answer. Rejects with the signal's reason only.
 *
 * @param looksUp - the template and its tags, read after the build became ready
 */
export async function fingerprintOfBuild(
  client: Pick<LookupClient, 'template'>,
  looksUp: TaggedTemplate | Promise<TaggedTemplate | undefined>,
  buildId: string,
): Promise<string | undefined> {
  try {
    const found = await looksUp;
    const proven = found && (await provenContent(client, found, buildId));
    return proven?.isReady ? proven.fingerprint : undefined;
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

async function provenContent(
  client: Pick<LookupClient, 'template'>,
  found: TaggedTemplate,
  buildId: string,
): Promise<{ readonly fingerprint: string; readonly isReady: boolean } | undefined> {
  const { name, templateId } = found.template;
  const fingerprint = fingerprintAmong(tagsOfBuild(found.template, buildId));
  if (fingerprint === undefined) return undefined;
  const listed = await listedBuild(client, templateId, buildId);
  const { cpuCount, memoryMB: memoryMb } = listed ?? {};
  if (cpuCount === undefined || memoryMb === undefined) return undefined;
  const wanted = { name, contentTag: contentTags(fingerprint, undefined).content, cpuCount, memoryMb };
  const match = await matchIn(found, wanted, async () => listed);
  return match.ok ? { fingerprint, isReady: match.value.state === 'ready' } : undefined;
}
