import { inputReader } from '../inputs/reader.ts';
import { redactDeep } from '../redact/redact.ts';
import { reportProblems } from '../report/log/output.ts';
import { renderEarlyExit } from '../report/markdown/early-exit.ts';
import type { EarlyExit, ExitResult } from './exit.ts';
import type { Runner } from './runner.ts';

/**
 * Reports every exit of a step: an error in the log says why it fails. An early exit also sets the outputs and writes
 * the summary.
 *
 * @param hasStatus - whether the action has the outputs `status` and `failure`
 */
export async function reportExit(
  { exitCode, message, annotated = false, early }: ExitResult,
  hasStatus: boolean,
  env: NodeJS.ProcessEnv,
  runner: Runner,
): Promise<void> {
  const { output, redact } = runner;
  if (early) await reportEarlyExit(redactDeep(early, redact), exitCode === 0, hasStatus, env, runner);
  else if (message !== undefined && exitCode !== 0) {
    if (annotated) output.line(redact(message));
    else output.error(redact(message));
  }
}

async function reportEarlyExit(
  exit: EarlyExit,
  isGreen: boolean,
  hasStatus: boolean,
  env: NodeJS.ProcessEnv,
  runner: Runner,
): Promise<void> {
  const { output, workspace } = runner;
  const { status, failure, undone, why, problems = [] } = exit;
  reportProblems(output, problems);
  const message = `${undone}: ${why}`;
  if (isGreen) output.notice(why, { title: undone });
  else if (problems.length > 0) output.line(message);
  else output.error(message);
  if (hasStatus) {
    runner.setOutput('status', status);
    if (failure) runner.setOutput('failure', failure);
  }
  const inputs = inputReader(env);
  if (!inputs.flag('summary', true)) return;
  const name = inputs.text('name');
  await runner.addSummary(renderEarlyExit({ name, undone, why, problems, ...(workspace && { workspace }) }));
}
