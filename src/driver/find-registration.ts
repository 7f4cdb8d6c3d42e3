import type { ServiceClient } from '../api/client.ts';
import type { RegistrationRequest } from '../api/types.ts';
import { isMissing } from '../http/errors.ts';

/** The clock of whoever answers and that of the service's database may differ by this much. */
const clockSlackMs = 1000;
/** The same where no answer has told the time. */
const unknownClockSlackMs = 60_000;

/**
 * Looks for the build that a request registered whose answer was lost: the one that all its tags now point to, and no
 * other, made since it was sent, of the size it asked for and not started. Another job that registers the same tags at
 * the same moment looks alike; that one would have been superseded anyway, and whoever starts the build first
 * has it. One with a content tag that was not asked for must not be taken: it would be made of something else.
 *
 * Where the tags were read before the registration, what they pointed to then is not ours, whatever the clocks say. The
 * times tell the rest apart, and are read in favor of the build that was found: a second one is the dearer mistake, and
 * what waits is at most 40 minutes old. So the least counts by which the service's clock was ever said to be ahead, and
 * one that is ahead at all, by the wrong word of a single answer or of all of them, counts for nothing.
 *
 * @param sentAt - when the request was sent, milliseconds since the epoch by our clock
 * @param before - where the tags of the template stood before that, if it was looked up
 * @returns undefined when there is none
 */
export async function findRegistered(
  client: ServiceClient,
  request: RegistrationRequest,
  sentAt: number,
  before: ReadonlyMap<string, string> = new Map(),
): Promise<{ templateId: string; buildId: string; tags: string[] } | undefined> {
  const templateId = await templateIdOf(client, request.name ?? '');
  if (templateId === undefined) return undefined;
  const [tags, { builds }] = await Promise.all([client.tags(templateId), client.template(templateId)]);

  const pointsTo = new Map(tags.map(({ tag, buildID }) => [tag, buildID]));
  const asked = new Set(request.tags?.map((tag) => tag.toLowerCase()));
  const [buildId, ...others] = new Set([...asked].map((tag) => pointsTo.get(tag)));
  // What waits has its tags from its registration alone.
  if (tags.some(({ tag, buildID }) => buildID === buildId && !asked.has(tag))) return undefined;
  const build = builds.find(({ buildID }) => buildID === buildId);
  if (!build || others.length > 0 || [...before.values()].includes(build.buildID)) return undefined;
  if (build.status !== 'waiting') return undefined;
  if (build.cpuCount !== request.cpuCount || build.memoryMB !== request.memoryMB) return undefined;

  const aheadMs = client.leastClockAheadMs();
  const slackMs = aheadMs === undefined ? unknownClockSlackMs : clockSlackMs;
  const createdAt = Date.parse(build.createdAt) - Math.min(0, aheadMs ?? 0);
  if (!(createdAt >= sentAt - slackMs)) return undefined;
  return {
    templateId,
    buildId: build.buildID,
    tags: tags.filter(({ buildID }) => buildID === build.buildID).map(({ tag }) => tag),
  };
}

async function templateIdOf(client: ServiceClient, name: string): Promise<string | undefined> {
  try {
    return await client.templateIdOf(name);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
