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

/**
 * The used parts of `@actions/core`, imported one by one. The bundle leaves out the rest: its HTTP client would take
 * most of the start.
 */
export const runnerCommands = {
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
  warning,
};

/** A new job summary: the library's own keeps the first file that it wrote to. */
export function newSummary(): typeof summary {
  return Reflect.construct(summary.constructor, []);
}
