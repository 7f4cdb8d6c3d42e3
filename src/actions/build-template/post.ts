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
  const { title, heading, sentences } = storyOf(state.build);
  runner.output.notice(sentences(buildReference(state.build)), { title });
  if (!state.summary) return;
  const text = sentences(inlineCode(buildReference(state.build)));
  await runner.addSummary(`## Template ${inlineCode(state.build.name)} ${heading}\n\n${text}\n`);
}

/** What is known of a build whose step was killed. */
function storyOf({ ofOther = false, isTested = false }: NonNullable<StepState['build']>) {
  if (isTested) {
    return {
      title: 'A build without its test',
      heading: 'was not tested to the end',
      sentences: (reference: string) =>
        `The build step ended before it had seen build ${reference} pass its test and get its tags. Run this job again: it finds the build, and tests it where it has not passed.`,
    };
  }
  const tags = ofOther
    ? 'Another run started it, so it does not have the tags of this run. Run this job again to add them.'
    : 'Its tags point to it when it is ready.';
  return {
    title: 'A build continues',
    heading: 'is building',
    sentences: (reference: string) =>
      `The build step ended before its build, so the result is unknown here. Build ${reference} continues at the service, which has no way to cancel a build. ${tags}`,
  };
}
