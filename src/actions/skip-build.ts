import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretsWithheld } from '../ci/trust.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import type { ResultDocument } from '../report/result.ts';
import { renderSkippedSummary, skippedResult } from '../report/skipped.ts';
import type { Job } from './job.ts';
import type { Knowledge } from './publish.ts';

type SkipJob = Pick<
  Job,
  'event' | 'output' | 'setOutput' | 'appendSummary' | 'resultDirectory' | 'workspace' | 'leave'
>;

/** Tells that a plan without secrets is not built for want of a key, in the log, the outputs and the summary. */
export async function skipBuild(
  plan: Plan,
  knowledge: Knowledge,
  { summary }: Pick<BuildInputs, 'summary'>,
  job: SkipJob,
): Promise<ResultDocument> {
  const { workspace } = job;
  const why = `${reason(job)} The recipe was read and planned; nothing was built, and nothing was asked of the service.`;
  const result = skippedResult({ plan, ...knowledge, ...(workspace && { workspace }) });
  job.output.notice(why, { title: 'Not built' });
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
  if (summary) await attempt('job summary', () => job.appendSummary(renderSkippedSummary(result, why)));
  job.leave({ ended: true, summary });
  return result;
}

function reason({ event }: Pick<Job, 'event'>): string {
  if (!secretsWithheld(event)) return 'There is no API key (on-missing-credentials: skip).';
  const whose = event.dependabot ? 'that Dependabot starts' : 'of pull requests from forks';
  return `There is no API key: GitHub hands no secrets to runs ${whose}.`;
}
