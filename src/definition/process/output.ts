import { StringDecoder } from 'node:string_decoder';

/** The limit of a definition's output. The rest is dropped. */
export interface OutputLimit {
  readonly lines: number;
  readonly characters: number;
}

/** Turns raw output into whole lines. `end` passes on a last line without a line end. */
export interface LineReader {
  write(chunk: Buffer): void;
  end(): void;
}

/**
 * Splits output into lines without their line ends. All readers with the same `spent` share one limit of lines and
 * characters. One note says where the rest was dropped.
 */
export function boundedLines(
  limit: OutputLimit,
  spent: { lines: number; characters: number; cut: boolean },
  output: (line: string) => void,
): LineReader {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const pass = (line: string): void => {
    if (spent.cut) return;
    const room = limit.characters - spent.characters;
    if (spent.lines >= limit.lines || room <= 0) {
      spent.cut = true;
      output(
        `(output cut here: a definition may print ${limit.lines} lines and ${limit.characters} characters)`,
      );
      return;
    }
    spent.lines += 1;
    spent.characters += line.length;
    output(line.length > room ? line.slice(0, room) : line);
  };
  const take = (text: string): void => {
    if (spent.cut) {
      rest = '';
      return;
    }
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) pass(line.endsWith('\r') ? line.slice(0, -1) : line);
    // A line that never ends must not grow without bound.
    if (rest.length > limit.characters) {
      pass(rest);
      rest = '';
    }
  };
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest) pass(rest);
      rest = '';
    },
  };
}

/** Lines that Node prints when it runs out of memory: garbage collections, addresses, its own functions. */
const reportLine =
  /^(<--- (Last few GCs|JS stacktrace) --->|\[\d+:0x[0-9a-f]+\] +\d+ ms: .*|FATAL ERROR: .*JavaScript heap out of memory|----- Native stack trace -----)$/;
const nativeFrame = /^ *\d+: 0x[0-9a-f]+ /;

/** A filter of output lines. */
export interface LineFilter {
  write(line: string): void;
  end(): void;
}

/** Removes Node's crash report and the empty lines around it. All other lines pass. */
export function withoutCrashReport(output: (line: string) => void): LineFilter {
  let inReport = false;
  // An empty line may belong to a report that follows.
  let empty = 0;
  const passEmpty = (): void => {
    for (; empty > 0; empty--) output('');
  };
  return {
    write(line) {
      if (line === '') {
        if (!inReport) empty += 1;
        return;
      }
      if (reportLine.test(line) || (inReport && nativeFrame.test(line))) {
        inReport = true;
        empty = 0;
        return;
      }
      inReport = false;
      passEmpty();
      output(line);
    },
    end: passEmpty,
  };
}
