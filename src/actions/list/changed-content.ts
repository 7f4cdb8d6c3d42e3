import pLimit from 'p-limit';
import type { CiEvent } from '../../ci/event.ts';
import { defaultTiming } from '../../driver/timing.ts';
import { isKeyRefused, ServiceError } from '../../http/errors.ts';
import type { Connect, Job } from '../../job/job.ts';
import type { ListedTemplate } from '../../list/entries.ts';
import { ageLimit } from '../../reuse/age-limit.ts';
import { withLookupPolicy } from '../../reuse/lookup-client.ts';
import { findPublished } from '../../reuse/published-content.ts';
import { tagsOfBase } from '../../tags/of-branch.ts';
import { type PlannedTemplate, planTemplates } from './plan-templates.ts';
import type { Publication, Verdict } from './verdict.ts';

/** Look-ups at the same time; each is three requests at most. */
const parallelLookUps = 4;

/** Which templates are not what the base branch has published. Everything that is not sure is listed. */
export async function changedByContent(...asked: Parameters<typeof findPublications>): Promise<Verdict[]> {
  const found = await findPublications(...asked);
  return found.map((each) =>
    each.published ? { ...each, listed: false, why: `unchanged: ${each.why}` } : { ...each, listed: true },
  );
}

/**
 * Plans templates, and asks for each whether it is published as it stands: the tag that its base branch moves names a
 * ready build of the content that it has here. Rejects with a `ServiceError` when the key is refused.
 */
export async function findPublications(
  templates: readonly ListedTemplate[],
  connect: (template: ListedTemplate) => Connect,
  job: Job,
): Promise<Publication[]> {
  const planned = await planTemplates(templates, connect, job);
  const limit = pLimit(parallelLookUps);
  const silent = new Map<string, string>();
  return Promise.all(
    planned.map((each) =>
      limit(() => publicationOf(each, { connect: connect(each.template), event: job.context.event, silent })),
    ),
  );
}

interface LookupContext {
  readonly connect: Connect;
  readonly event: CiEvent;
  /** Address of a service that did not answer → how. It is not asked again, since each attempt takes its time. */
  readonly silent: Map<string, string>;
}

async function publicationOf(
  { template, planned }: PlannedTemplate,
  { connect, event, silent }: LookupContext,
): Promise<Publication> {
  if (!planned.ok) return { why: planned.reason };
  const { plan, settled } = planned.value;
  const { fingerprint, contentTags, cpuCount, memoryMb, name, maxAgeMs } = plan;
  if (settled.reuse === 'never') return { why: 'reuse: never or skip-cache: true builds it each time' };
  if (!contentTags)
    return { why: `it is built each time: ${'unknown' in fingerprint ? fingerprint.unknown : ''}` };
  const tags = await tagsOfBase(settled.tags, event);
  const service = connect();
  const client = withLookupPolicy(service, defaultTiming.lookup);
  const { apiUrl } = template.inputs.connection;
  const notFound = (how: string) => ({ why: `its builds could not be looked up (${how})` });
  const earlier = silent.get(apiUrl);
  if (earlier !== undefined) return notFound(earlier);
  const limit = ageLimit(maxAgeMs, service, Date.now());
  const wanted = { name, contentTag: contentTags.content, cpuCount, memoryMb, ...limit };
  try {
    const found = await findPublished(client, wanted, tags);
    if (!found.ok) return { published: false, why: found.reason };
    const { tag, buildId } = found.value;
    return { published: true, why: `${tag} is on build ${buildId} of this content` };
  } catch (error) {
    if (!(error instanceof ServiceError) || isKeyRefused(error)) throw error;
    if (error.kind !== 'refused') silent.set(apiUrl, error.summary);
    return notFound(error.summary);
  }
}
