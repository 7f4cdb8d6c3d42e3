import { setTimeout as sleep } from 'node:timers/promises';
import { failures } from '../failures.ts';
import type { Phase } from '../phases.ts';
import type { Container } from './container.ts';
import { explainLocally } from './local-only.ts';
import { LEFT_WRITING, OOM_KILLS } from './scripts.ts';
import { loginCommand, type RecipeState, rootScript } from './state.ts';
import type { StepContext, StepResult } from './step-context.ts';

/** RUN: a login shell as `user`. The state of the recipe stays as it is. */
export async function runStep(
  phase: Phase,
  command: string,
  user: string,
  context: StepContext,
): Promise<StepResult> {
  const { container, state, output, hasNetwork, signal } = context;
  const { sink, tail } = output.of(phase, signal);
  const known = user in state.homes ? state : await withHome(state, user, container, signal);
  const { exitCode, notStarted } = await container.run(loginCommand(known, command, user), sink, signal);
  if (notStarted !== undefined) {
    return { ok: false, reason: failures.runNotStarted(command, whyNotStarted(notStarted, known, user)) };
  }
  if (exitCode === 0) {
    if (mayLeaveProcesses(command)) await warnOfOpenOutput(phase, user, context);
    return { ok: true, state };
  }
  const kills = await memoryKills(container, signal);
  if (kills > 0) {
    const limit = `${context.build.memoryMb} MiB`;
    output.note(phase, `Memory ran out: the kernel killed a process, as this build has ${limit}.`, 'warn');
  }
  const reason =
    exitCode === 137 && kills > 0 ? failures.runKilled(command) : failures.runFailed(command, exitCode);
  return {
    ok: false,
    reason: explainLocally(reason, tail, { missing: state.missing, hasNetwork }),
  };
}

async function withHome(
  state: RecipeState,
  user: string,
  container: Container,
  signal: AbortSignal,
): Promise<RecipeState> {
  let home = '';
  const script = rootScript('getent passwd "$1" | cut -d: -f6', [user.split(':', 1)[0] ?? user]);
  await container.run(
    script,
    (stream, line) => {
      if (stream === 'stdout') home ||= line;
    },
    signal,
  );
  return home === '' ? state : { ...state, homes: { ...state.homes, [user]: home } };
}

function whyNotStarted(said: string, state: RecipeState, user: string): string {
  if (/unable to find (?:user|group)|no matching entries in passwd/i.test(said))
    return `user ${user} does not exist`;
  if (/chdir to cwd|working directory|no such file or directory.*cwd/i.test(said)) {
    return `cwd '${state.workdir ?? state.homes[user] ?? ''}' does not exist`;
  }
  return said;
}

/** Whether a command has a `&` that is no part of `&&`, `&>` or `2>&1`, or a program that goes into the background. */
function mayLeaveProcesses(command: string): boolean {
  return /(?<![&><\d])&(?![&>\d])|\b(?:nohup|setsid|disown|daemon)/.test(command);
}

/** A process that was just made may be about to redirect its output. */
const SECOND_LOOK_MS = 1000;

async function warnOfOpenOutput(
  phase: Phase,
  user: string,
  { container, output, signal }: StepContext,
): Promise<void> {
  const look = async () => {
    const names = new Set<string>();
    const add = (stream: string, line: string) => stream === 'stdout' && names.add(line);
    // Root has no right to look into processes of others in a container.
    await container.run({ ...rootScript(LEFT_WRITING), user }, add, signal);
    return names;
  };
  if ((await look()).size === 0) return;
  await sleep(SECOND_LOOK_MS, undefined, { signal });
  const names = await look();
  if (names.size === 0) return;
  const text =
    `The command has ended, but ${[...names].join(', ')} still has its output open. At the service this step would go on ` +
    'until that ends. Redirect its output, or start it with the start command of the template.';
  output.note(phase, text, 'warn');
}

async function memoryKills(container: Container, signal: AbortSignal): Promise<number> {
  let kills = 0;
  const count = (_stream: unknown, line: string) => {
    kills += Number(/^oom_kill (\d+)$/.exec(line)?.[1] ?? 0);
  };
  await container.run(rootScript(OOM_KILLS), count, signal);
  return kills;
}
