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
  summary,
  warning,
};
