import type { ServiceClient } from '../../api/client.ts';
import { GithubError } from '../../github/errors.ts';
import type { CleanupInputs } from '../../inputs/cleanup.ts';
import { type ExitResult, explainServiceError } from '../../job/exit.ts';
import type { CleanupResult } from '../../report/text/cleanup.ts';
import { type CleanupPlan, cleanTemplate, type TemplateCleanup } from '../../templates/remove-previews.ts';
import { sweepCandidates } from '../../templates/sweep-candidate-tags.ts';
import { type ContentRow, sweepContent } from '../../templates/sweep-content-tags.ts';

const incomplete = 'Not everything was removed';

/** Cleans one template after another. The result has all that was done, even when it stops before the last template. */
export async function cleanTemplates(
  client: ServiceClient,
  { names, mode, contentDays: olderThanDays }: Pick<CleanupInputs, 'names' | 'mode' | 'contentDays'>,
  plan: CleanupPlan,
  interrupted: AbortSignal,
): Promise<CleanupResult & { readonly exit: ExitResult }> {
  const { dryRun } = plan;
  const templates: TemplateCleanup[] = [];
  const content: ContentRow[] = [];
  const candidates: ContentRow[] = [];
  try {
    for (const name of names) {
      const cleanup = await cleanTemplate(client, name, plan);
      templates.push(cleanup);
      if (mode !== 'sweep' || cleanup.state !== 'done') continue;
      const spared = new Set(cleanup.rows.map(({ buildId }) => buildId));
      const error =
        (await sweepCandidates(client, name, { dryRun }, { candidates, content })) ??
        (olderThanDays === undefined
          ? undefined
          : await sweepContent(client, name, { olderThanDays, spared, dryRun }, content));
      if (error) templates.push({ name, state: 'failed', rows: [], error });
    }
    return { templates, content, candidates, exit: exitForTemplates(templates) };
  } catch (error) {
    return { templates, content, candidates, exit: exitForStop(error, interrupted) };
  }
}

function exitForStop(error: unknown, interrupted: AbortSignal): ExitResult {
  if (interrupted.aborted) return { exitCode: 130, message: `${incomplete}: the job was cancelled.` };
  if (!(error instanceof GithubError)) throw error;
  const needed = 'To ask for pull requests the job needs `permissions: pull-requests: read`.';
  return { exitCode: 1, message: `${incomplete}: ${error.message}\n${needed}` };
}

function exitForTemplates(templates: readonly TemplateCleanup[]): ExitResult {
  const failed = templates.flatMap(({ name, error }) =>
    error ? [`${name}: ${explainServiceError(error)}`] : [],
  );
  if (failed.length === 0) return { exitCode: 0 };
  return { exitCode: 1, message: `${incomplete}: ${failed.join('\n')}` };
}
