/** GitHub refuses a summary of more than 1 MiB, and has lost some of nearly that size. UTF-8 bytes. */
export const summaryLimit = 1_000_000;

/** What is needed of `@actions/core`. */
export interface SummaryCommands {
  addRaw(text: string): { write(): Promise<unknown> };
  emptyBuffer(): unknown;
}

const leftOut = '\nMore does not fit into this summary; the log has it.\n';

/**
 * Adds pieces of Markdown to the job summary of one step, at most {@link summaryLimit} in all. A single note replaces
 * everything that does not fit.
 *
 * @param wanted - whether there is a summary to write to
 */
export function stepSummary(commands: SummaryCommands, wanted: boolean): (markdown: string) => Promise<void> {
  let room = summaryLimit;
  return async (markdown) => {
    if (!wanted || room < 0) return;
    const size = Buffer.byteLength(markdown);
    const piece = size <= room ? markdown : leftOut;
    room = size <= room ? room - size : -1;
    try {
      await commands.addRaw(piece).write();
    } finally {
      // A piece that could not be written must not be repeated with the next one.
      commands.emptyBuffer();
    }
  };
}
