import { defaultTiming } from '../../driver/timing.ts';
import { ServiceError } from '../../http/errors.ts';
import type { Connect } from '../../job/job.ts';
import type { Plan } from '../../plan/plan.ts';
import { singleLine } from '../../report/text/sanitize.ts';
import { withLookupPolicy } from '../../reuse/lookup-client.ts';
import { publishedFingerprint } from '../../reuse/published-fingerprint.ts';

/**
 * One line for the log: the fingerprint of what is built here, and whether the published build has the same. Changes
 * nothing, and never rejects because of the service: a local build does not need it.
 *
 * @param tags - what the base branch publishes; the first that the template has counts
 * @param connect - absent without a key; then only this build's own fingerprint is said
 */
export async function compareContent(
  { name, fingerprint }: Pick<Plan, 'name' | 'fingerprint'>,
  tags: () => Promise<readonly string[]>,
  connect: Connect | undefined,
): Promise<string> {
  if ('unknown' in fingerprint) return line(`Content: unknown, since ${fingerprint.unknown}`);
  const own = `Content: ${fingerprint.hash}`;
  if (!connect) return own;
  try {
    const client = withLookupPolicy(connect(), defaultTiming.lookup);
    const found = await publishedFingerprint(client, name, await tags());
    if (!found.ok) return line(`${own}; the published one is unknown: ${found.reason}`);
    const { tag, buildId, fingerprint: published } = found.value;
    const which = `${name}:${tag} (build ${buildId})`;
    return line(
      published === fingerprint.hash
        ? `${own}; ${which} has the same, ${published}`
        : `${own}; ${which} has another, ${published}`,
    );
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return line(`${own}; the published one could not be looked up (${error.summary})`);
  }
}

function line(text: string): string {
  return singleLine(text, 600);
}
