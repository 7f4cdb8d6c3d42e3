/** Whether a template is published as it stands, as far as it was asked, and why, as a clause. */
export interface Publication {
  /** The tag that the base branch moves is on a ready build of this content. Absent where that is not known. */
  readonly published?: boolean;
  readonly why: string;
}

/** Whether a template is listed, and why. */
export interface Verdict extends Publication {
  readonly listed: boolean;
}
