import pLimit from 'p-limit';
import type { CiEvent } from '../../ci/event.ts';
import { defaultTiming } from '../../driver/timing.ts';
import { isKeyRefused, ServiceError } from '../../http/errors.ts';
import type { SettledInputs } from '../../inputs/build.ts';
import type { Connect, Job } from '../../job/job.ts';
import type { ListedTemplate } from '../../list/entries.ts';
import { withLookupPolicy } from '../../reuse/lookup-client.ts';
import { findPublished } from '../../reuse/published-content.ts';
import { tagsOfBranch } from '../../tags/of-branch.ts';
import { type PlannedTemplate, planTemplates } from './plan-templates.ts';
import type { Verdict } from './verdict.ts';

/** Look-ups at the same time; each is three requests at most. */
const parallelLookUps = 4;

/**
 * Which templates are not what the base branch has published: a template is unchanged when the tag that its base branch
 * moves names a ready build of the content that it has here. Everything that is not sure is listed. Rejects with a
 * `ServiceError` when the key is refused.
 */
export async function changedByContent(
  templates: readonly ListedTemplate[],
  connect: (template: ListedTemplate) => Connect,
  job: Job,
): Promise<Verdict[]> {
  const planned = await planTemplates(templates, connect, job);
  const limit = pLimit(parallelLookUps);
  const silent = new Map<string, string>();
  return Promise.all(
    planned.map((each) =>
      limit(() => verdictOf(each, { connect: connect(each.template), event: job.context.event, silent })),
    ),
  );
}

interface LookupContext {
  readonly connect: Connect;
  readonly event: CiEvent;
  /** Address of a service that did not answer → how. It is not asked again, since each attempt takes its time. */
  readonly silent: Map<string, string>;
}

async function verdictOf(
  { template, planned }: PlannedTemplate,
  { connect, event, silent }: LookupContext,
): Promise<Verdict> {
  const changed = (why: string): Verdict => ({ listed: true, why });
  if (!planned.ok) return changed(planned.reason);
  const { plan, settled } = planned.value;
  const { fingerprint, contentTags, cpuCount, memoryMb, name } = plan;
  if (settled.reuse === 'never') return changed('reuse: never or skip-cache: true builds it each time');
  if (!contentTags)
    return changed(`it is built each time: ${'unknown' in fingerprint ? fingerprint.unknown : ''}`);
  const tags = await movedByBase(settled, event);
  const client = withLookupPolicy(connect(), defaultTiming.lookup);
  const { apiUrl } = template.inputs.connection;
  const notFound = (how: string): Verdict => changed(`its builds could not be looked up (${how})`);
  const earlier = silent.get(apiUrl);
  if (earlier !== undefined) return notFound(earlier);
  const wanted = { name, contentTag: contentTags.content, cpuCount, memoryMb };
  try {
    const found = await findPublished(client, wanted, tags);
    if (!found.ok) return changed(found.reason);
    return {
      listed: false,
      why: `unchanged: ${found.value.tag} is on build ${found.value.buildId} of this content`,
    };
  } catch (error) {
    if (!(error instanceof ServiceError) || isKeyRefused(error)) throw error;
    if (error.kind !== 'refused') silent.set(apiUrl, error.summary);
    return notFound(error.summary);
  }
}

async function movedByBase({ tags }: SettledInputs, event: CiEvent): Promise<readonly string[]> {
  const base = event.baseRef ?? event.branch ?? event.defaultBranch;
  return base === undefined ? ['default', 'latest'] : tagsOfBranch(tags, base, event);
}
