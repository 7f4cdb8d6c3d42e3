import type { Problem } from '../problem.ts';
import type { Output } from './output.ts';

/** One error annotation for each problem, at its line; what is beyond the runner's limit becomes a plain line. */
export function reportProblems(output: Output, problems: readonly Problem[]): void {
  for (const { title, message, at } of problems) output.error(message, { title, at });
}

/** Shows what is probably not meant and does not stop the step. */
export function showWarnings(output: Output, warnings: readonly Problem[]): void {
  for (const { title, message, at } of warnings) output.warning(message, { title, at });
}
