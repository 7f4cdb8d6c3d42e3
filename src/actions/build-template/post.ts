import { buildReference } from '../../api/names.ts';
import type { Provider } from '../../ci/providers/provider.ts';
import { openRunner, runnerHistory } from '../../job/runner.ts';
import type { StepState } from '../../job/state.ts';
import { inlineCode } from '../../report/markdown/markdown.ts';

/**
 * The work after the build step: save the good build in the cache or, if the step was killed, report what happened to
 * its build. Never fails the job.
 */
export async function runPost(state: StepState, provider: Provider): Promise<void> {
  const runner = openRunner(provider);
  if (state.lastBuild) {
    await runnerHistory(provider, runner, new AbortController().signal).write(state.lastBuild);
  }
  if (state.ended || !state.build) return;
  const reference = buildReference(state.build);
  const { ofOther = false } = state.build;
  const aboutTags = ofOther
    ? 'Another run started it, so it does not have the tags of this run. Run this job again to add them.'
    : 'Its tags point to it when it is ready.';
  runner.output.notice(
    `The build step ended before its build. Build ${reference} continues at the service, which has no way to cancel a build. ${aboutTags}`,
    { title: 'A build continues' },
  );
  if (!state.summary) return;
  await runner.addSummary(
    `## Template ${inlineCode(state.build.name)} is building\n\nThe build step ended before its build, so the result is unknown here. The build continues at the service: ${inlineCode(reference)}. ${aboutTags}\n`,
  );
}
