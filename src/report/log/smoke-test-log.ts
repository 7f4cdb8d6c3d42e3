import { formatUse } from '../../smoke-test/describe-use.ts';
import type { CommandOutcome, SmokeTestEvent, SmokeTestOutcome } from '../../smoke-test/events.ts';
import { formatDuration } from '../text/format.ts';
import { singleLine } from '../text/sanitize.ts';
import type { Output } from './output.ts';

/** Shows a test of the finished template: a group for each command, with its output, exit code and time. */
export interface SmokeTestLog {
  show(event: SmokeTestEvent): void;
  /** One line when all passed. What failed is told as any failure of the build is, at its end. */
  finished(outcome: SmokeTestOutcome): void;
  /** Closes the open group; call it in `finally`. */
  close(): void;
}

/** @param where - in which the commands run: `a sandbox`, `the finished container` */
export function createSmokeTestLog(output: Output, where: string): SmokeTestLog {
  let lastWhy = '';
  return {
    show(event) {
      switch (event.type) {
        case 'waiting': {
          const { why, use, leftMs } = event;
          const inUse = use ? `. The team has in use: ${formatUse(use)}` : '';
          const text = `No sandbox is free (${why})${inUse}`;
          if (text !== lastWhy) output.line(`${text}. Waiting, at most ${formatDuration(leftMs)} …`);
          lastWhy = text;
          break;
        }
        case 'sandbox':
          output.line(`Test: started ${where} in ${formatDuration(event.durationMs)}`);
          break;
        case 'again':
          output.endGroup();
          output.line(`The sandbox was lost: ${singleLine(event.why, 600)}. Testing once more, in another.`);
          break;
        case 'url':
          output.startGroup(`Test: GET ${singleLine(event.url, 150)}`);
          break;
        case 'url-answer':
          output.line(event.found);
          break;
        case 'url-end': {
          const { passed, durationMs } = event.outcome;
          output.line(`${passed ? 'DONE' : 'NOT SERVED after'} ${formatDuration(durationMs)}`);
          output.endGroup();
          break;
        }
        case 'command':
          output.startGroup(`Test ${event.command}/${event.total}: ${singleLine(event.title, 150)}`);
          break;
        case 'line':
          output.printUntrusted(event.text, event.stream);
          break;
        case 'command-end':
          output.line(endOf(event.outcome));
          output.endGroup();
          break;
        case 'left': {
          const which =
            event.sandboxId === undefined ? 'A sandbox of the test' : `Sandbox ${event.sandboxId}`;
          output.warning(
            `${which} could not be ended, or its end is unknown. It ends by itself within ${formatDuration(event.endsInMs)}.`,
            { title: 'A sandbox may still run' },
          );
          break;
        }
      }
    },
    finished({ passed, commands, url }) {
      output.endGroup();
      if (!passed) return;
      const parts = [
        ...(url ? [`${url.url} is served`] : []),
        ...(commands.length > 0 ? [counted(commands)] : []),
      ];
      output.line(`Test passed: ${parts.join(', ')}`);
    },
    close: () => output.endGroup(),
  };
}

function endOf({ exitCode, durationMs }: CommandOutcome): string {
  const took = formatDuration(durationMs);
  if (exitCode === undefined) return `STOPPED after ${took}`;
  return exitCode === 0 ? `DONE ${took}` : `FAILED with exit code ${exitCode}, ${took}`;
}

function counted(commands: readonly CommandOutcome[]): string {
  const total = commands.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `${commands.length} ${commands.length === 1 ? 'command' : 'commands'}, ${formatDuration(total)}`;
}
