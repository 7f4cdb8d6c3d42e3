import type { Output } from '../../report/log/output.ts';

/** What was printed while several definitions were read at the same time. */
export interface RecordedOutput {
  readonly output: Output;
  /** Prints it, without notices that were printed before. */
  replay(to: Output, printed: Set<string>): void;
}

/**
 * Keeps what a definition prints, and notices as plain lines. Everything else about it, its warnings among that, is the
 * matter of the job that builds it.
 */
export function recordOutput(): RecordedOutput {
  const kept: ((to: Output) => void)[] = [];
  const notices = new Set<string>();
  return {
    output: {
      line() {},
      printUntrusted: (text, mark) => kept.push((to) => to.printUntrusted(text, mark)),
      startGroup: (title) => kept.push((to) => to.startGroup(title)),
      endGroup: () => kept.push((to) => to.endGroup()),
      notice: (message) => notices.add(message),
      warning() {},
      error() {},
      close() {},
    },
    replay(to, printed) {
      for (const print of kept) print(to);
      for (const notice of notices) {
        if (!printed.has(notice)) to.line(notice);
        printed.add(notice);
      }
    },
  };
}
