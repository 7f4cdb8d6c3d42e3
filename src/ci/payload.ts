/** Reads an event's payload, whose shape nothing guarantees. A missing value, or one of another type, is absent. */
export interface Payload {
  /** The value at this path of keys. */
  at(...path: string[]): unknown;
  /** A text that is not empty. */
  text(...path: string[]): string | undefined;
  /** A whole number above 0, such as that of a pull request. */
  number(...path: string[]): number | undefined;
  date(...path: string[]): Date | undefined;
}

/** Wraps a payload that was parsed from JSON. */
export function payloadReader(payload: unknown): Payload {
  const at = (...path: string[]) =>
    path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | null | undefined)?.[key],
      payload,
    );
  const text = (...path: string[]) => {
    const value = at(...path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    at,
    text,
    number(...path) {
      const value = at(...path);
      return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
    },
    date(...path) {
      const date = new Date(text(...path) ?? Number.NaN);
      return Number.isNaN(date.getTime()) ? undefined : date;
    },
  };
}
