const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/** An age limit in words: `12 hours`, `7 days`. It is whole hours or days. */
export function maxAgeInWords(maxAgeMs: number): string {
  const inDays = maxAgeMs % dayMs === 0;
  const count = maxAgeMs / (inDays ? dayMs : hourMs);
  return `${count} ${inDays ? 'day' : 'hour'}${count === 1 ? '' : 's'}`;
}
