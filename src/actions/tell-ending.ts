import { inputReader } from '../inputs/read.ts';
import { renderEarlyEnd } from '../report/early-end.ts';
import { reportProblems } from '../report/problems.ts';
import { redactDeep } from '../service/redact.ts';
import type { EarlyEnd, Ending } from './ending.ts';
import type { Runner } from './runner.ts';
import { summarise } from './summarise.ts';

/**
 * The one place through which every end of a step goes: tells in the log why it fails, as one error, and for an early
 * end writes the outputs and the summary that nothing else has written.
 *
 * @param hasStatus - whether the action has the outputs `status` and `failure`
 */
export async function tellEnding(
  { exitCode, message, annotated = false, early }: Ending,
  hasStatus: boolean,
  runner: Runner,
): Promise<void> {
  const { output, redact } = runner;
  if (early) await tellEarlyEnd(redactDeep(early, redact), exitCode === 0, hasStatus, runner);
  else if (message !== undefined && exitCode !== 0) {
    if (annotated) output.line(redact(message));
    else output.error(redact(message));
  }
}

async function tellEarlyEnd(
  end: EarlyEnd,
  isGreen: boolean,
  hasStatus: boolean,
  runner: Runner,
): Promise<void> {
  const { output, env, workspace } = runner;
  const { status, failure, undone, why, problems = [] } = end;
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
  await summarise(runner, renderEarlyEnd({ name, undone, why, problems, ...(workspace && { workspace }) }));
}
