import type { RepeatableCalls } from '../service/client.ts';
import type { ListedBuild } from '../service/schemas.ts';

/** Builds are listed by hundreds; nobody goes back further than this. */
const mostPages = 10;

/**
 * A build as its template lists it, or `undefined` when it is not among the newest thousand. A build whose last tag
 * is gone is not listed. Rejects with a `ServiceError`.
 */
export async function listedBuild(
  client: Pick<RepeatableCalls, 'template'>,
  templateId: string,
  buildId: string,
): Promise<ListedBuild | undefined> {
  let next: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { builds, nextPage } = await client.template(templateId, next);
    const found = builds.find(({ buildID }) => buildID === buildId);
    if (found || nextPage === undefined || builds.length === 0) return found;
    next = nextPage;
  }
  return undefined;
}
