import { writeSync } from 'node:fs';
import type { Problem } from '../../problem.ts';
import type { Definition } from '../definition.ts';
import { channelDescriptor, type HostMessage, lostChannelCode, type Phase } from '../protocol.ts';

/** The host's side of the channel. `definition` and `fail` end the process. */
export interface Answer {
  phase(phase: Phase): void;
  definition(definition: Definition): never;
  fail(problems: readonly [Problem, ...Problem[]]): never;
}

/**
 * Opens the channel. It keeps the functions that it needs, since the definition may replace them. Each message is
 * written synchronously and whole, so none is lost when the process ends.
 */
export function openChannel(token: string): Answer {
  const write = writeSync;
  const stringify = JSON.stringify;
  // Not process.exit: that would let the definition's own exit listeners run.
  const exit = Reflect.get(process, 'reallyExit').bind(process) as (code: number) => never;
  let answered = false;

  const send = (message: HostMessage): void => {
    // The definition may have written part of a line to the pipe, so a message starts on a new line.
    const bytes = Buffer.from(`\n${token} ${stringify(message)}\n`);
    for (let sent = 0; sent < bytes.length; ) {
      try {
        sent += write(channelDescriptor, bytes, sent);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
    }
  };
  const finish = (message: HostMessage): never => {
    if (!answered) {
      answered = true;
      try {
        send(message);
      } catch {
        return exit(lostChannelCode);
      }
    }
    return exit(0);
  };
  return {
    phase: (phase) => {
      try {
        send({ type: 'phase', phase });
      } catch {
        // The final message reports that the channel is lost.
      }
    },
    definition: (definition) => finish({ type: 'definition', definition }),
    fail: (problems) => finish({ type: 'problems', problems }),
  };
}
