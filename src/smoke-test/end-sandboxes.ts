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
 * What came of it: `ended`, there was one and it is gone; `none`, none was found, so there is likely none; `unknown`, one
 * may run, since the service did not answer.
 */
export type SandboxEnd = 'ended' | 'none' | 'unknown';

/**
 * Ends what a test may have left. Never rejects.
 *
 * @param signal - ends it; the requests of the client must end with it
 * @param looks - milliseconds before each look for sandboxes without a name
 */
export async function endSandboxes(
  { marker, sandboxId, isUncertain }: LeftSandbox,
  client: RunningSandboxes,
  signal: AbortSignal,
  looks: readonly number[] = laterLooks,
): Promise<SandboxEnd> {
  const end = (id: string) =>
    client.killSandbox(id).then(
      () => 'ended' as const,
      () => 'unknown' as const,
    );
  const ends: Promise<SandboxEnd>[] = sandboxId === undefined ? [] : [end(sandboxId)];
  try {
    const isOpen = sandboxId === undefined || isUncertain;
    for (const waitMs of isOpen ? looks : []) {
      await pause(waitMs, signal);
      const ids = await client.findSandboxes(markedBy(marker));
      const others = ids.filter((id) => id !== sandboxId);
      ends.push(...others.map(end));
      if (others.length > 0) break;
    }
  } catch {
    return 'unknown';
  }
  const all = await Promise.all(ends);
  return all.find((one) => one === 'unknown') ?? all[0] ?? 'none';
}
