import { setTimeout as sleep } from 'node:timers/promises';

/** Waits that many milliseconds; rejects with the signal's own reason when it fires. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await sleep(milliseconds, undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
