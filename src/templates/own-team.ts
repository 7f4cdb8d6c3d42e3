import type { ServiceClient } from '../api/client.ts';
import { ServiceError } from '../http/errors.ts';

/**
 * The slug of the API key's team, which the service gives only as a part of names: `team/my-agent`. `undefined` if no
 * name has it. Rejects with the signal's reason only.
 *
 * @param name - name of the template that is built; may have the slug
 */
export async function ownTeam(
  client: Pick<ServiceClient, 'templateNames'>,
  name: string,
): Promise<string | undefined> {
  const given = teamOf(name);
  if (given !== undefined) return given;
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
