/** What is built in one comparison. */
export interface Scenario {
  readonly title: string;
  /** How long the one scripted step takes. */
  readonly stepSeconds?: number;
  /** Lines that the one scripted step prints. */
  readonly lines: number;
  /** Files below `app/`. */
  readonly files: number;
  /** Bytes of each file. */
  readonly fileBytes: number;
  /** Build once before what is measured, by the same means, and change nothing. */
  readonly builtBefore?: true;
}

export const scenarios: readonly Scenario[] = [
  { title: 'small template', lines: 20, files: 5, fileBytes: 1_000 },
  { title: '20,000 log lines', lines: 20_000, files: 5, fileBytes: 1_000 },
  { title: 'quiet build of 20 s', lines: 20, files: 5, fileBytes: 1_000, stepSeconds: 20 },
  { title: 'COPY of 10,000 files', lines: 20, files: 10_000, fileBytes: 2_000 },
  { title: 'COPY of one 1 GB file', lines: 20, files: 1, fileBytes: 1_000_000_000 },
  { title: 'unchanged template', lines: 20, files: 100, fileBytes: 10_000, builtBefore: true },
];
