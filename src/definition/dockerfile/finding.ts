import type { DockerfileInstruction } from './instructions.ts';

/** Something to say about a line of a Dockerfile. */
export interface Finding {
  /**
   * A `mistake` cannot be built as Docker would. A `warning` builds, and may differ from what its author wants. A `notice`
   * is for the log.
   */
  readonly severity: 'mistake' | 'warning' | 'notice';
  readonly title: string;
  /** Sentences: what was found, and how to fix it. */
  readonly message: string;
  readonly line: number;
  /** It concerns the start command, which a definition may replace. */
  readonly start?: boolean;
}

export function mistake(
  { keyword, line }: Pick<DockerfileInstruction, 'keyword' | 'line'>,
  found: string,
  advice: string,
): Finding {
  return { severity: 'mistake', title: `${keyword} cannot be built`, message: `${found} ${advice}`, line };
}

export function warning(
  { keyword, line }: Pick<DockerfileInstruction, 'keyword' | 'line'>,
  found: string,
  advice = '',
): Finding {
  return {
    severity: 'warning',
    title: `${keyword} in the Dockerfile`,
    message: `${found} ${advice}`.trim(),
    line,
  };
}

export function notice(
  { keyword, line }: Pick<DockerfileInstruction, 'keyword' | 'line'>,
  message: string,
): Finding {
  return { severity: 'notice', title: `${keyword} in the Dockerfile`, message, line };
}
