import type { CiEvent } from '../../ci/event.ts';
import type { PromoteInputs } from '../../inputs/promote.ts';
import type { Output } from '../../report/log/output.ts';
import { decideTags, type TagDecisions } from '../../tags/decide.ts';
import { isCommitTag } from '../../tags/ref-name.ts';
import { belongsTo, type TemplateInfo } from '../../templates/find-template.ts';

/** The tags of a promotion. */
export interface PromotionTags extends TagDecisions {
  /** Whether the template was looked up to decide them. */
  readonly lookedUp: boolean;
}

/**
 * Decides the tags of a promotion. The build may come from any run, so tags that name a commit, a branch or a schedule
 * are left out, unless the build has a tag of the same commit.
 *
 * @param lookUp - fetches the template; called only when tags depend on it
 */
export async function tagsOfPromotion(
  { tags, from, allowProductionTags }: Pick<PromoteInputs, 'tags' | 'from' | 'allowProductionTags'>,
  event: CiEvent,
  lookUp: () => Promise<TemplateInfo | undefined>,
): Promise<PromotionTags> {
  let lookedUp = false;
  const template = () => {
    lookedUp = true;
    return lookUp();
  };
  const decided = await decideTags({
    rules: tags,
    event,
    allowProductionTags,
    existingTags: async () => [...((await template())?.tags.keys() ?? [])],
    belongs: async (tag) => {
      const found = await template();
      return found !== undefined && belongsTo(found, { from, tag, sha: event.sha });
    },
    now: new Date(),
  });
  return { ...decided, lookedUp };
}

/**
 * Warns about tags of rules that were left out because the build may be of another commit or branch, and about an
 * explicit tag of a commit that moves here from another build.
 */
export function warnOfForeignTags(
  output: Output,
  event: CiEvent,
  { tags, decisions }: PromotionTags,
  { template, buildId }: { readonly template: TemplateInfo; readonly buildId: string },
  byRules: boolean,
): void {
  const { name } = template;
  for (const { foreign, rule } of byRules ? decisions : []) {
    if (foreign === undefined) continue;
    const at = template.tags.get(foreign);
    const stays = at === undefined ? 'It is not put on this build' : `It stays on build ${at}`;
    output.warning(
      `${rule} gives ${foreign}, and nothing says that build ${buildId} was made there. ${stays}: a sandbox of ${name}:${foreign} would be something else. Remove the rule, or write the tag itself if you mean this.`,
      { title: `Tag ${foreign} left out` },
    );
  }
  for (const tag of tags.filter(isCommitTag)) {
    const at = template.tags.get(tag);
    if (at === undefined || at === buildId) continue;
    if (belongsTo(template, { from: buildId, tag, sha: event.sha })) continue;
    output.warning(
      `${name}:${tag} names a commit and moves here from build ${at}. A release of that commit would get build ${buildId} from now on.`,
      { title: `Tag ${tag} moved from another build` },
    );
  }
}
