/** How the pauses of a series of attempts grow, in milliseconds. */
export interface BackOff {
  /** Upper bound of the first pause; doubles with each failure up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/**
 * The pause after so many failures in a row: random below a bound that doubles, and at least what the answer asked
 * for. A `Retry-After` can only make it longer: `0` or a date in the past would let everybody come back at once.
 */
export function backOffMs(
  failures: number,
  { firstPauseMs, longestPauseMs }: BackOff,
  askedMs: number | undefined,
): number {
  const jittered = Math.random() * Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
  return Math.max(jittered, askedMs ?? 0);
}

/**
 * Milliseconds that a `Retry-After` of seconds or of an HTTP date asks for; `undefined` where it is neither. Other
 * texts are not read as dates: JavaScript takes even `-5` and `0.5` for one.
 */
export function retryAfterMs(value: string | null | undefined, now = Date.now()): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^[a-z]{3,9}, /i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
