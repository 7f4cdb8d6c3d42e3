/**
 * Runs work with a time limit. Its signal aborts with `'timeout'` after the limit, or with `'interrupted'` when the job
 * is cancelled.
 */
export async function withTimeLimit<T>(
  minutes: number,
  interrupted: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort('timeout'), minutes * 60_000);
  try {
    return await work(AbortSignal.any([limit.signal, interrupted]));
  } finally {
    clearTimeout(timer);
  }
}
