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
  /** Milliseconds that a request and its response take on their way; without it, next to nothing. */
  readonly roundTripMs?: number;
  /** Only the plan is made, without a key, and compared with a bare start of Node.js. */
  readonly planOnly?: true;
  /** The project has no packages: the action takes the SDK that it brings. */
  readonly nothingInstalled?: true;
}

export const scenarios: readonly Scenario[] = [
  { title: 'small template', lines: 20, files: 5, fileBytes: 1_000 },
  { title: '20,000 log lines', lines: 20_000, files: 5, fileBytes: 1_000 },
  { title: 'small template, 80 ms away', lines: 20, files: 5, fileBytes: 1_000, roundTripMs: 80 },
  { title: '20,000 log lines, 80 ms away', lines: 20_000, files: 5, fileBytes: 1_000, roundTripMs: 80 },
  { title: 'quiet build of 20 s', lines: 20, files: 5, fileBytes: 1_000, stepSeconds: 20 },
  { title: 'COPY of 10,000 files', lines: 20, files: 10_000, fileBytes: 2_000 },
  { title: 'COPY of one 1 GB file', lines: 20, files: 1, fileBytes: 1_000_000_000 },
  { title: 'unchanged template', lines: 20, files: 100, fileBytes: 10_000, builtBefore: true },
  {
    title: 'unchanged template, 80 ms away',
    ...{ lines: 20, files: 100, fileBytes: 10_000, builtBefore: true, roundTripMs: 80 },
  },
  { title: 'plan alone', lines: 20, files: 5, fileBytes: 1_000, planOnly: true, nothingInstalled: true },
  { title: 'plan alone, SDK installed', lines: 20, files: 5, fileBytes: 1_000, planOnly: true },
];
