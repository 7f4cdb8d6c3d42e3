import { readPromoteInputs } from '../inputs/promote.ts';
import { throwIfAny } from '../problem.ts';
import { buildReference } from '../report/closing.ts';
import { logTags } from '../report/tag-log.ts';
import { logPromotion, promotionSummary } from '../report/tag-moves.ts';
import { isKeyRefused, ServiceError } from '../service/errors.ts';
import { decideTags } from '../tags/decide.ts';
import { nameProblems } from '../tags/names.ts';
import { findReadyBuild } from '../templates/find-build.ts';
import { findTemplate, noSuchTemplate } from '../templates/find-template.ts';
import { promote } from '../templates/promote.ts';
import { type Ending, failEarly } from './ending.ts';
import { connectGuarded } from './guarded-client.ts';
import type { Job } from './job.ts';
import { summarise } from './summarise.ts';

/**
 * The promote action: find the build that is meant, make sure that it is ready, put the tags on it and tell where
 * they were before. Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runPromote(job: Job): Promise<Ending> {
  const { inputs, problems } = readPromoteInputs(job.env);
  const { name, from } = inputs;
  problems.push(...nameProblems(name));
  throwIfAny(problems);
  const client = connectGuarded(job, inputs.connection, [name, from, inputs.tags]);

  let keyRefused: ServiceError | undefined;
  const {
    tags,
    decisions,
    problems: tagProblems,
  } = await decideTags({
    rules: inputs.tags,
    event: job.event,
    allowProductionTags: inputs.allowProductionTags,
    existingTags: () =>
      client.tags(name).then(
        (rows) => rows.map(({ tag }) => tag),
        (error) => {
          if (error instanceof ServiceError && isKeyRefused(error)) keyRefused = error;
          throw error;
        },
      ),
    now: new Date(),
  });
  if (keyRefused) throw keyRefused;
  throwIfAny(tagProblems);
  logTags(job.output, decisions);

  const template = await findTemplate(client, name);
  if (!template) return refused(noSuchTemplate(name));
  const found = await findReadyBuild(client, template, from);
  if ('refused' in found) return refused(found.refused);

  const { buildId } = found;
  const { templateId } = template;
  const previous = Object.fromEntries(tags.map((tag) => [tag, template.tags.get(tag) ?? null]));
  job.setOutput('templateId', templateId);
  job.setOutput('buildId', buildId);
  job.setOutput('reference', buildReference({ name, buildId }));
  job.setOutput('tags', tags.join(','));
  job.setOutput('previous', JSON.stringify(previous));

  const promotion = await promote(client, template, buildId, tags);
  logPromotion(job.output, { name, buildId, promotion });
  if (inputs.summary) await summarise(job, promotionSummary({ name, buildId, promotion }));
  return { exitCode: 0 };
}

function refused(why: string): Ending {
  return failEarly({ failure: 'build-not-found', undone: 'Nothing was promoted', why });
}
