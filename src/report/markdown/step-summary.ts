const leftOut = '\nMore does not fit into this summary; the log has it.\n';

/** GitHub refuses a summary of more than 1 MiB, and has lost some of nearly that size. UTF-8 bytes. */
export const summaryLimit = 1_000_000;

/**
 * Adds pieces of Markdown to the summary of one step, at most {@link summaryLimit} in all. A single note replaces
 * everything that does not fit.
 */
export function stepSummary(add: (markdown: string) => Promise<void>): (markdown: string) => Promise<void> {
  let room = summaryLimit;
  return async (markdown) => {
    if (room < 0) return;
    const size = Buffer.byteLength(markdown);
    const piece = size <= room ? markdown : leftOut;
    room = size <= room ? room - size : -1;
    await add(piece);
  };
}
