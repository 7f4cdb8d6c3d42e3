import { StringDecoder } from 'node:string_decoder';

/** How much of a definition's output is passed on before the rest is dropped. */
export interface OutputLimit {
  readonly lines: number;
  readonly characters: number;
}

/** Takes raw output and hands on whole lines; `end` hands on a last line without an end. */
export interface LineReader {
  write(chunk: Buffer): void;
  end(): void;
}

/**
 * Splits output into lines without their line ends. Lines and characters are counted across all readers
 * that share `spent`, so that two streams have one limit; one note says where the rest was dropped.
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

/** What Node prints of itself when its memory is used up: collections, addresses, functions of its own. */
const reportLine =
  /^(<--- (Last few GCs|JS stacktrace) --->|\[\d+:0x[0-9a-f]+\] +\d+ ms: .*|FATAL ERROR: .*JavaScript heap out of memory|----- Native stack trace -----)$/;
const nativeFrame = /^ *\d+: 0x[0-9a-f]+ /;

/** Takes lines and hands on those that the definition's reader can use. */
export interface LineFilter {
  write(line: string): void;
  end(): void;
}

/** Leaves out Node's report of its own end, with the empty lines around it; everything else goes on as it is. */
export function withoutCrashReport(output: (line: string) => void): LineFilter {
  let inReport = false;
  // An empty line may be the one before a report.
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
