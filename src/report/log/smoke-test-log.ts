import type { CommandOutcome, SmokeTestEvent, SmokeTestOutcome } from '../../smoke-test/events.ts';
import { formatDuration } from '../text/format.ts';
import { singleLine } from '../text/sanitize.ts';
import type { Output } from './output.ts';

/** Shows a test of the finished template: a group for each command, with its output, exit code and time. */
export interface SmokeTestLog {
  show(event: SmokeTestEvent): void;
  /** One line when all passed. What failed is told as any failure of the build is, at its end. */
  finished(outcome: SmokeTestOutcome): void;
}

/** @param where - in which the commands run: `a sandbox`, `the finished container` */
export function createSmokeTestLog(output: Output, where: string): SmokeTestLog {
  let lastUse = '';
  return {
    show(event) {
      switch (event.type) {
        case 'waiting': {
          const use = `${event.inUse} of ${event.most}`;
          if (use !== lastUse)
            output.line(`The team has ${use} sandboxes in use. Waiting until one is free …`);
          lastUse = use;
          break;
        }
        case 'sandbox':
          output.line(`Test: started ${where} in ${formatDuration(event.durationMs)}`);
          break;
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
      }
    },
    finished({ passed, commands }) {
      output.endGroup();
      if (passed) output.line(commands.length === 0 ? 'Test passed' : `Test passed: ${counted(commands)}`);
    },
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
