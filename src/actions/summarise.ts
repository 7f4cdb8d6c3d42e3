import type { Runner } from './runner.ts';

/** Adds to the job summary; one that cannot be written never fails a step. */
export async function summarise(
  job: Pick<Runner, 'appendSummary' | 'output'>,
  markdown: string,
): Promise<void> {
  await job
    .appendSummary(markdown)
    .catch((error: Error) => job.output.warning(`The job summary could not be written: ${error.message}`));
}
