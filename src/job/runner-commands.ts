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
 * What is used of `@actions/core`. It is named one by one, so that the bundle goes without the rest: an HTTP client,
 * which costs more at the start than all else.
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

/** A job summary that knows no file yet: the library's own keeps the one that it wrote to first. */
export function newSummary(): typeof summary {
  return Reflect.construct(summary.constructor, []);
}
