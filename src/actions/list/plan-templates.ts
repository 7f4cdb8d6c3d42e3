import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { secretsWithheld } from '../../ci/trust.ts';
import type { SettledInputs } from '../../inputs/build.ts';
import type { Connect, Job } from '../../job/job.ts';
import type { ListedTemplate } from '../../list/entries.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Plan } from '../../plan/plan.ts';
import { ProblemsError, throwIfAny } from '../../problem.ts';
import type { Result } from '../../result.ts';
import { readDefinition } from '../build-template/load-definition.ts';
import { overrideRecipe } from '../build-template/override-recipe.ts';
import { baseResolver, resolvedOnce } from '../build-template/resolve-base.ts';
import { settleInputs } from '../build-template/settle-inputs.ts';
import { recordOutput } from './recorded-output.ts';

/** Each definition is a process that computes. */
const mostAtOnce = 4;

/** What a build of a template would be made of. */
export interface PlannedBuild {
  readonly plan: Plan;
  /** The inputs, and what the definition says where they are silent. */
  readonly settled: SettledInputs;
}

/** A template with its plan, or why there is none, as a clause. */
export interface PlannedTemplate {
  readonly template: ListedTemplate;
  readonly planned: Result<PlannedBuild>;
}

/**
 * Plans templates as the build action does, a few at a time, under the same rules about whose code may run. What the
 * definitions print is shown in the order of the list. Rejects with what is no mistake of a definition.
 *
 * @param connect - for parent templates; absent without a key
 */
export async function planTemplates(
  templates: readonly ListedTemplate[],
  connect: ((template: ListedTemplate) => Connect) | undefined,
  job: Job,
): Promise<PlannedTemplate[]> {
  const resolveImage = resolvedOnce(job.clients.resolveImage);
  const limit = pLimit(Math.max(1, Math.min(mostAtOnce, availableParallelism())));
  const records = templates.map(() => recordOutput());
  try {
    return await Promise.all(
      templates.map((template, index) =>
        limit(async () => {
          const output = records[index]?.output ?? job.runner.output;
          const resolveBase =
            connect && baseResolver(template.inputs, () => template.name, connect(template), resolveImage);
          return {
            template,
            planned: await planOf(template, resolveBase, { ...job, runner: { ...job.runner, output } }),
          };
        }),
      ),
    );
  } finally {
    limit.clearQueue();
    const printed = new Set<string>();
    for (const record of records) record.replay(job.runner.output, printed);
  }
}

async function planOf(
  { inputs }: ListedTemplate,
  resolveBase: ReturnType<typeof baseResolver> | undefined,
  { context, runner }: Pick<Job, 'context' | 'runner'>,
): Promise<Result<PlannedBuild>> {
  const { event } = context;
  const show = (): string => '';
  try {
    const read = await readDefinition(inputs, context, runner, [inputs.name, inputs.tags], {
      beside: () => {},
      early: undefined,
      readingBase: (base) => void resolveBase?.(base).catch(() => {}),
    });
    const { definition } = overrideRecipe(read, inputs, context, show);
    // As a push to the base branch: a preview does not have the tags of its definition.
    const { settled, problems } = settleInputs(inputs, definition.settings, { kind: 'push' }, show);
    throwIfAny(problems);
    // Its own job shows what checks find.
    const request = {
      ...{ ...settled, tags: [], commit: event.sha, check: 'off' as const },
      secretsWithheld: secretsWithheld(event),
    };
    return { ok: true, value: { settled, plan: await makePlan(definition, request, resolveBase) } };
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    const { length } = error.problems;
    const [{ title, at }] = error.problems;
    const place = at ? ` (line ${at.line})` : '';
    const more = length > 1 ? ` and ${length - 1} more` : '';
    return {
      ok: false,
      reason: `its definition has a mistake, which its job reports: ${title}${place}${more}`,
    };
  }
}
