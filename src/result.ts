/**
 * A value, or the reason why there is none: the end of a sentence, or words to put into one. `Details` are further
 * fields beside the reason.
 */
export type Result<T, Details = unknown> =
  | { readonly ok: true; readonly value: T }
  | ({ readonly ok: false; readonly reason: string } & Details);
