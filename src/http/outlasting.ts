/** Aborts as the signal does, this many milliseconds later. If that has fired already, the time begins now. */
export function outlasting(signal: AbortSignal, graceMs: number): AbortSignal {
  const later = new AbortController();
  const wait = () => void setTimeout(() => later.abort(signal.reason), graceMs).unref();
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return later.signal;
}
