import type { IdempotentApi } from '../api/client.ts';
import { ServiceError } from '../http/errors.ts';
import { findTemplate } from './find-template.ts';
import { type PreviewTag, previewTags } from './preview-tags.ts';

/** Whether to remove a preview tag, and why. */
export interface PreviewDecision {
  readonly remove: boolean;
  readonly reason: string;
}

export interface PreviewRow extends PreviewTag {
  readonly name: string;
  readonly decision: PreviewDecision;
  readonly removed: boolean;
}

/** The result for one template. */
export interface TemplateCleanup {
  readonly name: string;
  /** `missing` when there is no such template. */
  readonly state: 'done' | 'missing' | 'failed';
  readonly rows: readonly PreviewRow[];
  /** The service's refusal. */
  readonly error?: ServiceError;
}

/**
 * Removes preview tags of one template, all in one request; builds and the template stay. Returns an error of the
 * service, so that the cleanup can continue with other templates. Rejects only if `decide` rejects.
 */
export async function cleanTemplate(
  client: Pick<IdempotentApi, 'templateIdOf' | 'tags' | 'removeTags'>,
  name: string,
  { prefixes, decide, dryRun }: CleanupPlan,
): Promise<TemplateCleanup> {
  let rows: PreviewRow[] = [];
  try {
    const template = await findTemplate(client, name);
    if (!template) return { name, state: 'missing', rows };
    const previews = previewTags(template, prefixes);
    const decisions = await Promise.all(previews.map((preview) => decide(preview)));
    rows = previews.flatMap((preview, index): PreviewRow[] => {
      const decision = decisions[index];
      return decision ? [{ ...preview, name, decision, removed: false }] : [];
    });
    const unwanted = rows.filter(({ decision }) => decision.remove).map(({ tag }) => tag);
    if (dryRun || unwanted.length === 0) return { name, state: 'done', rows };
    await client.removeTags(name, unwanted);
    return { name, state: 'done', rows: rows.map((row) => ({ ...row, removed: row.decision.remove })) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { name, state: 'failed', rows, error };
  }
}

export interface CleanupPlan {
  /** Prefixes of the pull request's number in tags. */
  readonly prefixes: readonly string[];
  /** Whether to remove a preview; `undefined` for one that this run does not handle. */
  readonly decide: (
    preview: PreviewTag,
  ) => PreviewDecision | undefined | Promise<PreviewDecision | undefined>;
  readonly dryRun: boolean;
}
