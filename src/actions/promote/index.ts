import { buildReference, isBuildIdentifier, nameProblems } from '../../api/names.ts';
import { readPromoteInputs } from '../../inputs/promote.ts';
import { type ExitResult, failEarly, skipRemovalEvent } from '../../job/exit.ts';
import type { Job } from '../../job/job.ts';
import { setSubject } from '../../job/provenance.ts';
import { throwIfAny } from '../../problem.ts';
import { subjectOf } from '../../provenance/subject.ts';
import { showWarnings } from '../../report/log/output.ts';
import { logPromotion, logTags } from '../../report/log/tag-tables.ts';
import { promotionSummary } from '../../report/markdown/tag-summary.ts';
import { fingerprintOfBuild } from '../../reuse/published-fingerprint.ts';
import { namesNothing } from '../../tags/decide.ts';
import { promote } from '../../templates/assign-tags.ts';
import { findReadyBuild } from '../../templates/find-build.ts';
import { findTagged, noSuchTemplate } from '../../templates/find-template.ts';
import { tagsOfPromotion, warnOfForeignTags } from './resolve-tags.ts';

const undone = 'Nothing was promoted';

/**
 * The promote action: find the build, make sure that it is ready, put the tags on it and report where they were before.
 * Rejects with a `ProblemsError` that names all mistakes in the inputs.
 */
export async function runPromote({ context, runner, clients }: Job): Promise<ExitResult> {
  const { event } = context;
  const { output, setOutput } = runner;
  const { inputs, problems, warnings } = readPromoteInputs(context.env);
  showWarnings(output, warnings);
  const { name, from, connection } = inputs;
  // Explicit tags may be moved when a pull request is merged.
  const nameless = namesNothing(inputs.tags, event);
  if (event.removed && nameless.length > 0) return skipRemovalEvent(undone, event);
  problems.push(...nameProblems(name), ...nameless);
  throwIfAny(problems);
  runner.mask([connection.apiKey, connection.accessToken], [name, from, inputs.tags]);
  const client = clients.connect(connection);

  const lookUp = once(() => findTagged(client, name));
  const decided = await tagsOfPromotion(inputs, event, async () => (await lookUp())?.template);
  // If the look-up failed, its error explains the missing tags, so it is reported first.
  const tagged = decided.problems.length === 0 || decided.lookedUp ? await lookUp() : undefined;
  throwIfAny(decided.problems);
  logTags(output, decided.decisions);
  if (!tagged) return refused(noSuchTemplate(name));
  const { template } = tagged;
  const meant = isBuildIdentifier(from) ? from : template.tags.get(from);
  const [found, fingerprint] = await Promise.all([
    findReadyBuild(client, template, from),
    meant === undefined ? undefined : fingerprintOfBuild(client, tagged, meant),
  ]);
  if (!found.ok) return refused(found.reason);

  const { tags } = decided;
  const buildId = found.value;
  const { templateId } = template;
  warnOfForeignTags(output, event, decided, { template, buildId }, inputs.tags !== '');
  const previous = Object.fromEntries(tags.map((tag) => [tag, template.tags.get(tag) ?? null]));
  setOutput('templateId', templateId);
  setOutput('buildId', buildId);
  setOutput('reference', buildReference({ name, buildId }));
  setOutput('tags', tags.join(','));
  setOutput('previous', JSON.stringify(previous));
  if (fingerprint !== undefined) setSubject(subjectOf(connection.apiUrl, name, fingerprint), runner);

  if (inputs.dryRun) {
    const moves = tags.map((tag) => `${tag} (${previous[tag] ?? 'new'})`).join(', ');
    output.notice(`Build ${buildId} would get ${moves}. Nothing was changed (dry-run).`, {
      title: 'Planned',
    });
    return { exitCode: 0 };
  }
  const promotion = await promote(client, template, buildId, tags);
  logPromotion(output, { name, buildId, promotion });
  if (inputs.summary) await runner.addSummary(promotionSummary({ name, buildId, promotion }));
  return { exitCode: 0 };
}

/** Does the work on the first call and returns the same promise afterwards. */
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
