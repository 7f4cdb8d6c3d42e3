import type { CommandOutcome, SmokeTestEvent } from './events.ts';
import type { TestCommand } from './parse-test.ts';
import type { CommandEnd, SandboxCommands } from './sandbox-commands.ts';

const keptLines = 200;
/** Characters of one line that are kept. */
const longestLine = 65_536;

/**
 * Runs one command of a test, and hands on what it prints line by line. Rejects as the sandbox does.
 *
 * @param limitMs - after which the sandbox ends it
 */
export async function runCommand(
  inside: SandboxCommands,
  { title, command }: TestCommand,
  limitMs: number,
  emit: (event: SmokeTestEvent) => void,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const begun = Date.now();
  const lastLines: string[] = [];
  const noLine = () => ({ text: '', missing: 0, isOpen: false });
  const rest = { stdout: noLine(), stderr: noLine() };
  const print = (stream: 'stdout' | 'stderr', text: string): void => {
    lastLines.push(text);
    if (lastLines.length > keptLines) lastLines.shift();
    emit({ type: 'line', stream, text });
  };
  const endLine = (stream: 'stdout' | 'stderr'): void => {
    const { text, missing } = rest[stream];
    rest[stream] = noLine();
    print(stream, text);
    if (missing > 0) print(stream, `(This line has ${missing} more characters.)`);
  };
  let ended: CommandEnd;
  try {
    ended = await inside.run(
      command,
      (stream, text) => {
        const lines = text.split('\n');
        for (const [index, piece] of lines.entries()) {
          if (index > 0) endLine(stream);
          const open = rest[stream];
          const kept = piece.slice(0, longestLine - open.text.length);
          open.text += kept;
          open.missing += piece.length - kept.length;
          open.isOpen ||= piece !== '';
        }
      },
      limitMs,
      signal,
    );
  } finally {
    for (const stream of ['stdout', 'stderr'] as const) if (rest[stream].isOpen) endLine(stream);
  }
  return { title, ...ended, durationMs: Date.now() - begun, lastLines };
}
