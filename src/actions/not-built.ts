import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretsWithheld } from '../ci/trust.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import { changesInWords } from '../report/changes.ts';
import { notBuiltResult, renderNotBuiltSummary } from '../report/not-built.ts';
import type { ResultDocument } from '../report/result.ts';
import type { NotPublished } from '../reuse/options.ts';
import { redactDeep } from '../service/redact.ts';
import type { Ending } from './ending.ts';
import type { Job } from './job.ts';
import type { Knowledge } from './publish.ts';

type NotBuiltJob = Pick<
  Job,
  'event' | 'output' | 'redact' | 'setOutput' | 'appendSummary' | 'resultDirectory' | 'workspace' | 'leave'
>;

/** Tells that a plan without secrets is not built for want of a key, in the log, the outputs and the summary. */
export async function skipBuild(
  plan: Plan,
  knowledge: Knowledge,
  inputs: Pick<BuildInputs, 'summary'>,
  job: NotBuiltJob,
): Promise<ResultDocument> {
  const why = `${missingKey(job)} The recipe was read and planned; nothing was built, and nothing was asked of the service.`;
  job.output.notice(why, { title: 'Not built' });
  return publish({ plan, knowledge, status: 'skipped', why }, inputs, job);
}

/**
 * Tells that no build has the content of a plan without secrets, where one is required, and what is different from
 * the last one that is known.
 */
export async function refuseUnpublished(
  plan: Plan,
  knowledge: Knowledge,
  { notPublished }: NotPublished,
  inputs: Pick<BuildInputs, 'summary'>,
  job: NotBuiltJob,
): Promise<{ readonly result: ResultDocument; readonly ending: Ending }> {
  const { changes } = knowledge;
  const difference = changes ? ` ${changesInWords(changes)}.` : '';
  const why = `${notPublished}.${difference} Nothing was built, as reuse: require demands.`;
  const at = { file: plan.definition.file, line: 1 };
  const known = 'hash' in plan.fingerprint;
  const title = known ? 'This template is not published' : 'This template is not known to be published';
  job.output.error(why, { title, at });
  job.setOutput('reused', 'false');
  job.setOutput('failure', 'unpublished');
  const remedy = known
    ? 'A run with reuse: auto publishes it.'
    : 'Mend that, or publish it by a run with reuse: auto.';
  const told = { plan, knowledge, status: 'unpublished', why: `${why} ${remedy}` } as const;
  const result = await publish(told, inputs, job);
  const message = known
    ? `Template ${plan.name} is not published as it stands in the repository (reuse: require).`
    : `Whether template ${plan.name} is published as it stands in the repository cannot be known (reuse: require), for the reason above.`;
  return { result, ending: { exitCode: 1, annotated: true, message: `${message} ${remedy}` } };
}

interface NotBuilt {
  readonly plan: Plan;
  readonly knowledge: Knowledge;
  readonly status: 'skipped' | 'unpublished';
  /** One to four sentences. */
  readonly why: string;
}

async function publish(
  { plan, knowledge, status, why }: NotBuilt,
  { summary }: Pick<BuildInputs, 'summary'>,
  job: NotBuiltJob,
): Promise<ResultDocument> {
  const { workspace } = job;
  const planned = notBuiltResult({ plan, ...knowledge, ...(workspace && { workspace }) }, status);
  const result = redactDeep(planned, job.redact);
  job.setOutput('name', plan.name);
  job.setOutput('tags', plan.tags.join(','));
  job.setOutput('status', result.status);
  const attempt = (what: string, write: () => Promise<void>) =>
    write().catch((error: Error) => job.output.warning(`The ${what} could not be written: ${error.message}`));
  await attempt('result file', async () => {
    const path = join(
      job.resultDirectory,
      `novita-template-${plan.name.replace(/[^\w-]/g, '-')}-planned.json`,
    );
    await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
    job.setOutput('result', path);
  });
  if (summary) await attempt('job summary', () => job.appendSummary(renderNotBuiltSummary(result, why)));
  job.leave({ ended: true, summary });
  return result;
}

function missingKey({ event }: Pick<Job, 'event'>): string {
  if (!secretsWithheld(event)) return 'There is no API key (on-missing-credentials: skip).';
  const whose = event.dependabot ? 'that Dependabot starts' : 'of pull requests from forks';
  return `There is no API key: GitHub hands no secrets to runs ${whose}.`;
}
