/** How far the clock of the service is ahead of ours, as the `Date` of its answers tells in whole seconds. */
export interface ServiceClock {
  /** Milliseconds, the middle of what the last answers told; one that jumps is outvoted. `undefined` while unknown. */
  clockAheadMs(): number | undefined;
  /** The least that any answer has told. */
  leastClockAheadMs(): number | undefined;
}

/** Answers whose word counts. */
const remembered = 25;

export function createServiceClock(): ServiceClock & { readonly told: (aheadMs: number) => void } {
  const recent: number[] = [];
  let least: number | undefined;
  return {
    clockAheadMs: () => recent.toSorted((one, other) => one - other)[(recent.length - 1) >> 1],
    leastClockAheadMs: () => least,
    told(aheadMs) {
      recent.push(aheadMs);
      if (recent.length > remembered) recent.shift();
      least = Math.min(least ?? aheadMs, aheadMs);
    },
  };
}
