import type { RunningSandboxes } from '../api/running-sandboxes.ts';
import { pause } from '../http/sleep.ts';

/** What may run at the service because of a test. */
export interface LeftSandbox {
  /** Marks every sandbox of the test, and no other. */
  readonly marker: string;
  /** Absent before the service has named one. */
  readonly sandboxId?: string;
  /** A request for a sandbox had no clear answer, so there may be one without a name. */
  readonly isUncertain?: boolean;
}

/** The metadata of a sandbox of a test. It is found by it. */
export function markedBy(marker: string): Readonly<Record<string, string>> {
  return { 'template-test': marker };
}

/** Milliseconds before each look: a request that was given up may start its sandbox a little later. */
const laterLooks = [0, 500, 1500];

/**
 * Ends what a test may have left. Never rejects.
 *
 * @param signal - ends it; the requests of the client must end with it
 * @param looks - milliseconds before each look for sandboxes without a name
 * @returns whether nothing runs any more, as far as that can be known
 */
export async function endSandboxes(
  { marker, sandboxId, isUncertain }: LeftSandbox,
  client: RunningSandboxes,
  signal: AbortSignal,
  looks: readonly number[] = laterLooks,
): Promise<boolean> {
  const isEnded = (id: string) =>
    client.killSandbox(id).then(
      () => true,
      () => false,
    );
  const known = sandboxId === undefined || isEnded(sandboxId);
  if (sandboxId !== undefined && !isUncertain) return known;
  const found = new Set<string>();
  let others = true;
  try {
    for (const waitMs of looks) {
      await pause(waitMs, signal);
      const ids = (await client.findSandboxes(markedBy(marker))).filter((id) => !found.has(id));
      for (const id of ids) if (id !== sandboxId) found.add(id);
      const ended = await Promise.all(ids.map(isEnded));
      others = others && ended.every(Boolean);
      if (found.size > 0) break;
    }
  } catch {
    others = false;
  }
  return (await known) && others && found.size > 0;
}
