/** Told about each repetition: what failed and how, and what happens next. */
export type RetryNotes = (failure: string, next: string) => void;

/**
 * Shows repetitions without a flood: the first of a kind at once, then at most one in `quietMs` milliseconds
 * with the number of those in between.
 */
export function createRetryNotes(
  tell: (sentence: string) => void,
  quietMs = 30_000,
  now: () => number = Date.now,
): RetryNotes {
  const told = new Map<string, { at: number; kept: number }>();
  return (failure, next) => {
    const last = told.get(failure);
    if (last && now() - last.at < quietMs) {
      last.kept += 1;
      return;
    }
    told.set(failure, { at: now(), kept: 0 });
    const kept = last?.kept ? `; ${last.kept} more like it since the last such line` : '';
    tell(`${failure}; ${next}${kept}`);
  };
}
