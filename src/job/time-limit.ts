/**
 * Does work that ends after some minutes with `'timeout'`, or with `'interrupted'` when the job is cancelled: the
 * reason of the signal that it gets.
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
