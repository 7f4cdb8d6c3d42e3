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
