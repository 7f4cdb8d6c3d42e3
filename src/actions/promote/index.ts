import { buildReference, nameProblems } from '../../api/names.ts';
import { readPromoteInputs } from '../../inputs/promote.ts';
import { type ExitResult, failEarly, skipRemovalEvent } from '../../job/exit.ts';
import { connectRedacted, type Job } from '../../job/job.ts';
import { addSummary } from '../../job/runner.ts';
import { throwIfAny } from '../../problem.ts';
import { showWarnings } from '../../report/log/output.ts';
import { logPromotion } from '../../report/log/promotion-log.ts';
import { logTags } from '../../report/log/tag-log.ts';
import { promotionSummary } from '../../report/markdown/promotion-summary.ts';
import { namesNothing } from '../../tags/decide.ts';
import { promote } from '../../templates/assign-tags.ts';
import { findReadyBuild } from '../../templates/find-build.ts';
import { findTemplate, noSuchTemplate } from '../../templates/find-template.ts';
import { tagsOfPromotion, warnOfForeignTags } from './resolve-tags.ts';

const undone = 'Nothing was promoted';

/**
 * The promote action: find the build that is meant, make sure that it is ready, put the tags on it and tell where
 * they were before. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runPromote(job: Job): Promise<ExitResult> {
  const { inputs, problems, warnings } = readPromoteInputs(job.env);
  showWarnings(job.output, warnings);
  const { name, from } = inputs;
  // The merge of a pull request may move what users get, in so many words.
  const nameless = namesNothing(inputs.tags, job.event);
  if (job.event.takenAway && nameless.length > 0) return skipRemovalEvent(undone, job.event);
  problems.push(...nameProblems(name), ...nameless);
  throwIfAny(problems);
  const client = connectRedacted(job, inputs.connection, [name, from, inputs.tags]);

  const lookUp = once(() => findTemplate(client, name));
  const decided = await tagsOfPromotion(inputs, job.event, lookUp);
  // Why the service could not be asked counts for more than the tags that are missing for it.
  const template = decided.problems.length === 0 || decided.asked ? await lookUp() : undefined;
  throwIfAny(decided.problems);
  logTags(job.output, decided.decisions);
  if (!template) return refused(noSuchTemplate(name));
  const found = await findReadyBuild(client, template, from);
  if ('refused' in found) return refused(found.refused);

  const { tags } = decided;
  const { buildId } = found;
  const { templateId } = template;
  warnOfForeignTags(job, decided, { template, buildId }, inputs.tags !== '');
  const previous = Object.fromEntries(tags.map((tag) => [tag, template.tags.get(tag) ?? null]));
  job.setOutput('templateId', templateId);
  job.setOutput('buildId', buildId);
  job.setOutput('reference', buildReference({ name, buildId }));
  job.setOutput('tags', tags.join(','));
  job.setOutput('previous', JSON.stringify(previous));

  const promotion = await promote(client, template, buildId, tags);
  logPromotion(job.output, { name, buildId, promotion });
  if (inputs.summary) await addSummary(job, promotionSummary({ name, buildId, promotion }));
  return { exitCode: 0 };
}

/** The same work, begun at the first call and never again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

function refused(why: string): ExitResult {
  return failEarly({ failure: 'build-not-found', undone, why });
}
