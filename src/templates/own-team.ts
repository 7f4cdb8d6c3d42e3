import type { ServiceClient } from '../api/client.ts';
import { ServiceError } from '../http/errors.ts';

/**
 * The slug of the team that the API key belongs to, which the service tells only as a part of names: `team/my-agent`.
 * `undefined` where no name tells it. Rejects with the signal's reason only.
 *
 * @param name - of the template that is built, which may have the slug in front
 */
export async function ownTeam(
  client: Pick<ServiceClient, 'templateNames'>,
  name: string,
): Promise<string | undefined> {
  const written = teamOf(name);
  if (written !== undefined) return written;
  try {
    return (await client.templateNames()).map(teamOf).find((team) => team !== undefined);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

/** The part of a name in front of the slash. */
export function teamOf(name: string): string | undefined {
  const slash = name.indexOf('/');
  return slash > 0 ? name.slice(0, slash).trim().toLowerCase() : undefined;
}
