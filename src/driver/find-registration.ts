import type { ServiceClient } from '../api/client.ts';
import type { RegistrationRequest } from '../api/types.ts';
import { isMissing } from '../http/errors.ts';

/** The clocks of the API and of the service's database may differ by this much. */
const clockSlackMs = 1000;
/** The same if no response had a time. */
const unknownClockSlackMs = 60_000;

/**
 * Looks for the build of a registration whose response was lost: the only one that all its tags now point to, made
 * since the request was sent, of the requested size and not started. The build of another job that registers the same
 * tags at the same moment looks alike. That one would have been superseded anyway, and the job that starts the build
 * first has it. A build with a content tag that was not requested is made of something else and does not count.
 *
 * If the tags were read before the registration, the builds they pointed to then are not ours, even if the clocks say
 * otherwise. Times decide about the rest, in favor of the build that was found: a second build is the worse mistake,
 * and a waiting build is at most 40 minutes old. So only the smallest clock difference that was observed counts, and
 * only if the service's clock is behind: a wrong time in one response must not rule out our build.
 *
 * @param sentAt - when the request was sent, milliseconds since the epoch by our clock
 * @param before - the builds of the template's tags before that, if they were looked up
 * @returns undefined if there is no such build
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
  const requested = new Set(request.tags?.map((tag) => tag.toLowerCase()));
  const [buildId, ...others] = new Set([...requested].map((tag) => pointsTo.get(tag)));
  // A waiting build has only the tags of its registration.
  if (tags.some(({ tag, buildID }) => buildID === buildId && !requested.has(tag))) return undefined;
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
