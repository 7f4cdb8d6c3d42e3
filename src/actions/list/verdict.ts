/** Whether a template is listed, and why, as a clause. */
export interface Verdict {
  readonly listed: boolean;
  readonly why: string;
}
