import type { IdempotentApi } from '../api/client.ts';
import { isReservedTag } from '../api/reserved-tags.ts';
import { isMissing, ServiceError } from '../http/errors.ts';
import { readTags } from '../templates/find-template.ts';

/** A run that held the build between look and removal is seen by the next look. */
const mostLooks = 5;

/**
 * Takes the action's own tags from a build whose test was red, if they still name it, until a look finds none: nothing
 * can reuse it then, and no other run can publish it. Tags that people use stay.
 *
 * @returns what was done, in sentences; also when the service refused
 */
export async function withdraw(
  client: Pick<IdempotentApi, 'tags' | 'removeTags'>,
  {
    name,
    templateId,
    buildId,
  }: { readonly name: string; readonly templateId: string; readonly buildId: string },
): Promise<string> {
  try {
    for (let look = 0; look < mostLooks; look += 1) {
      const tags = [...(await readTags(client, templateId))]
        .filter(([, id]) => id === buildId)
        .map(([tag]) => tag);
      const own = tags.filter(isReservedTag);
      if (own.length === 0) return told(buildId, tags);
      await client.removeTags(name, own);
    }
    return `Other runs keep holding build ${buildId}; each of them withdraws it when its test fails.`;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (isMissing(error)) return told(buildId, []);
    return `Build ${buildId} could not be withdrawn (${error.summary}). No tag was moved, but a run without this test may reuse the build. Run this job again.`;
  }
}

function told(buildId: string, stay: readonly string[]): string {
  const withdrawn = `Build ${buildId} is withdrawn: no tag was moved to it, and no later run reuses it.`;
  if (stay.length === 0) return withdrawn;
  const names = stay.slice(0, 5).join(', ');
  const more = stay.length > 5 ? ` and ${stay.length - 5} more` : '';
  return `${withdrawn} It had ${names}${more} before; nothing takes them from it.`;
}
