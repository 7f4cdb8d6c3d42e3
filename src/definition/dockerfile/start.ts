import { notice, warning } from './finding.ts';
import type { DockerfileInstruction } from './instructions.ts';
import { execCommand, shellCommand } from './shell.ts';
import type { Command, State } from './state.ts';
import { Fault, jsonWords } from './words.ts';

/** The command of CMD, ENTRYPOINT or HEALTHCHECK. */
export function commandOf(instruction: DockerfileInstruction, text: string, state: State): Command {
  const words = jsonWords(text);
  if (text === '') throw new Fault(`${instruction.keyword} has no command.`, 'Add one, or remove the line.');
  return { instruction, text, shell: state.shell, ...(words && { words }) };
}

export function readHealthcheck(instruction: DockerfileInstruction, state: State): void {
  const [, kind = '', text = ''] = /^(\S+)\s*([\s\S]*)$/.exec(instruction.text) ?? [];
  if (kind.toUpperCase() === 'NONE') {
    state.healthcheck = undefined;
    return;
  }
  if (kind.toUpperCase() !== 'CMD')
    throw new Fault('HEALTHCHECK needs CMD or NONE.', 'Write HEALTHCHECK CMD and a command.');
  state.healthcheck = commandOf(instruction, text, state);
  const options = instruction.flags.map(({ name }) => `--${name}`).join(', ');
  const rest = options
    ? ` ${options} has no counterpart: the service tries it every two seconds for up to ten minutes.`
    : '';
  state.findings.push(
    notice(instruction, `Its command is the ready command: the build ends when it succeeds.${rest}`),
  );
}

/** A command line for the service. */
function written({ words, text, shell }: Command): string {
  return words ? execCommand(words) : shellCommand(text, shell);
}

/** ENTRYPOINT and CMD as the start command, and HEALTHCHECK as the ready command, each with its line. */
export function startOf(state: State): {
  readonly start?: { readonly command: string; readonly line: number };
  readonly ready?: { readonly command: string; readonly line: number };
} {
  const { entrypoint, cmd, healthcheck } = state;
  const own = [entrypoint, cmd].filter((command) => command && command.words?.length !== 0);
  const ready =
    healthcheck === undefined || healthcheck.words?.length === 0
      ? {}
      : { ready: { command: written(healthcheck), line: healthcheck.instruction.line } };
  const last = own.at(-1);
  if (!last) {
    const emptied = cmd ?? entrypoint;
    if (emptied)
      state.findings.push({
        ...warning(
          emptied.instruction,
          'An empty list does not take away the start command of the base image.',
          'Name a command, such as sleep infinity.',
        ),
        start: true,
      });
    return ready;
  }
  return { start: { command: joined(state), line: last.instruction.line }, ...ready };
}

function joined({ entrypoint, cmd, findings }: State): string {
  if (!entrypoint || entrypoint.words?.length === 0) return cmd ? written(cmd) : '';
  if (!cmd || cmd.words?.length === 0) return written(entrypoint);
  if (!entrypoint.words) {
    const found = 'Docker does not use CMD beside an ENTRYPOINT that is a shell command.';
    const advice = 'Remove CMD, or write ENTRYPOINT as a list: ["program", "argument"].';
    findings.push({ ...warning(cmd.instruction, found, advice), start: true });
    return written(entrypoint);
  }
  return execCommand([...entrypoint.words, ...(cmd.words ?? [...cmd.shell, cmd.text])]);
}
