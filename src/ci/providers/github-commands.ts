import {
  debug,
  endGroup,
  error,
  getState,
  info,
  notice,
  saveState,
  setOutput,
  setSecret,
  startGroup,
  summary,
  warning,
} from '@actions/core';
import type { RunnerCommands } from './provider.ts';

/** The runner silently drops annotations of a kind beyond ten in one step. */
const annotationLimit = 10;

/**
 * The workflow commands of GitHub's runner. `@actions/core` does the escaping. Its used parts are imported one by one,
 * and the bundle leaves out the rest: its HTTP client would take most of the start.
 *
 * @param hasSummary - whether there is a summary to write to
 */
export function githubCommands(hasSummary: boolean): RunnerCommands {
  // A new job summary: the library's own keeps the first file that it wrote to.
  const jobSummary: typeof summary = Reflect.construct(summary.constructor, []);
  return {
    ...{ debug, endGroup, error, getState, notice, saveState, setOutput, setSecret, startGroup, warning },
    annotationLimit,
    // A sentence that starts with a value could otherwise start with a command.
    info: (line) => info(line.trimStart().startsWith('::') ? `│ ${line}` : line),
    ...(hasSummary && {
      async addSummary(markdown: string) {
        try {
          await jobSummary.addRaw(markdown).write();
        } finally {
          // A piece that could not be written must not be repeated with the next one.
          jobSummary.emptyBuffer();
        }
      },
    }),
  };
}
