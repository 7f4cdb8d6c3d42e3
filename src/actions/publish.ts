import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis } from '../build/diagnosis/diagnosis.ts';
import type { BuildEvent, BuildOutcome } from '../build/events.ts';
import type { BuildInputs } from '../inputs/build.ts';
import type { Plan } from '../plan/plan.ts';
import { buildReference } from '../report/closing.ts';
import { resultDocument } from '../report/result.ts';
import { renderSummary } from '../report/summary.ts';

/** Where the results of a build go: outputs, job summary and result file. */
export interface BuildPublisher {
  /** The build has its identifiers; later stages may fail, these stand. */
  registered(plan: Plan, event: Extract<BuildEvent, { type: 'registered' }>): void;
  finished(plan: Plan, outcome: BuildOutcome, inputs: Pick<BuildInputs, 'summary'>): Promise<void>;
  /** No build came to be. */
  refused(diagnosis: Diagnosis): void;
}

export interface PublisherDeps {
  readonly setOutput: (name: string, value: string) => void;
  readonly appendSummary: (markdown: string) => Promise<void>;
  /** A summary or result file that cannot be written never fails a build; this says so. */
  readonly warn: (message: string) => void;
  /** Directory that outlives the step: later steps read the result file from it. */
  readonly resultDirectory: string;
  readonly workspace?: string;
  readonly runUrl?: string;
}

/** Publishes to a GitHub Actions job. */
export function githubPublisher(deps: PublisherDeps): BuildPublisher {
  return {
    registered(plan, { templateId, buildId, tags }) {
      deps.setOutput('templateId', templateId);
      deps.setOutput('buildId', buildId);
      deps.setOutput('name', plan.name);
      deps.setOutput('tags', tags.join(','));
      deps.setOutput('reference', buildReference({ name: plan.name, buildId }));
    },
    async finished(plan, outcome, { summary }) {
      deps.setOutput('status', outcome.status);
      if (outcome.diagnosis) deps.setOutput('failure', outcome.diagnosis.class);
      const { workspace, runUrl } = deps;
      const report = { plan, outcome, ...(workspace && { workspace }), ...(runUrl && { runUrl }) };
      const attempt = async (what: string, write: () => Promise<void>) => {
        await write().catch((error: Error) =>
          deps.warn(`The ${what} could not be written: ${error.message}`),
        );
      };
      await attempt('result file', async () => {
        const path = join(deps.resultDirectory, `novita-template-${outcome.buildId}.json`);
        await writeFile(path, `${JSON.stringify(resultDocument(report), undefined, 2)}\n`);
        deps.setOutput('result', path);
      });
      if (summary) await attempt('job summary', () => deps.appendSummary(renderSummary(report)));
    },
    refused(diagnosis) {
      deps.setOutput('status', 'error');
      deps.setOutput('failure', diagnosis.class);
    },
  };
}

/** How the step ends: an exit code and, unless it is 0, the sentence with which it fails. */
export type Ending = { readonly exitCode: 0 } | { readonly exitCode: 1 | 130; readonly message: string };

/** No build came to be: the service refused it, or did not answer. */
export function endingOfRefusal(message: string, { what, advice }: Diagnosis): Ending {
  return { exitCode: 1, message: `No build was registered: ${message}\n${what} ${advice}` };
}

/** The step is green when the build is ready, or was started and was not to be waited for. */
export function endingOf(
  outcome: BuildOutcome,
  { timeoutMinutes, onSuperseded }: Pick<BuildInputs, 'timeoutMinutes' | 'onSuperseded'>,
): Ending {
  const build = `Build ${buildReference(outcome)}`;
  const goesOn =
    outcome.status === 'building'
      ? 'It goes on at the service, which has no way to cancel one.'
      : 'It was registered at the service and not started.';
  if (outcome.stopped === 'timeout') {
    const limit = `${timeoutMinutes} ${timeoutMinutes === 1 ? 'minute' : 'minutes'} (timeout-minutes)`;
    return { exitCode: 1, message: `${build} did not end within ${limit}. ${goesOn}` };
  }
  if (outcome.stopped === 'interrupted') {
    return { exitCode: 130, message: `The job was cancelled during b${build.slice(1)}. ${goesOn}` };
  }
  if (!outcome.failure) return { exitCode: 0 };
  if (outcome.status === 'superseded') {
    if (onSuperseded === 'success') return { exitCode: 0 };
    return { exitCode: 1, message: `${build} was superseded by a newer one (on-superseded: failure).` };
  }
  const { what, advice } = outcome.diagnosis ?? {};
  const explained = what === undefined ? '' : `\n${what} ${advice}`;
  const { message } = outcome.failure;
  if (outcome.status === 'error') return { exitCode: 1, message: `${build} failed: ${message}${explained}` };
  return { exitCode: 1, message: `${build} was lost sight of: ${message}\n${goesOn}` };
}
