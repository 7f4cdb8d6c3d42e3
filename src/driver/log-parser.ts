import type { LogEntry } from '../api/schemas.ts';

/** A parsed log message of the service. */
export type ParsedMessage =
  | {
      readonly kind: 'header';
      /** `base`, `finalize`, …, or the number of a step as text. */
      readonly stepId: string;
      readonly number?: number;
      readonly total?: number;
      readonly text: string;
      readonly cached: boolean;
    }
  | {
      readonly kind: 'output';
      readonly source: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | { readonly kind: 'plain'; readonly text: string };

// `CACHED [builder 3/7] RUN pip install x [<64 hex>]`; the text may span lines.
const header = /^(CACHED )?\[([^\][]+)\] ([\s\S]*) \[[0-9a-f]{64}\]$/;
const builderPrefix = /^builder (\d+)\/(\d+)$/;
// `[builder 3/7] [stdout]: Collecting x`
const output = /^\[([^\][]+)\] \[(stdout|stderr)\]: ?([\s\S]*)$/;

/**
 * Takes a message of the build log apart. A command's output always carries a `[…] [stdout]:` prefix, so
 * output that imitates a header is still output.
 */
export function parseMessage(message: string): ParsedMessage {
  const asOutput = output.exec(message);
  if (asOutput) {
    const [, source = '', stream, text = ''] = asOutput;
    return { kind: 'output', source, stream: stream === 'stderr' ? 'stderr' : 'stdout', text };
  }
  const asHeader = header.exec(message);
  if (asHeader) {
    const [, cached, prefix = '', text = ''] = asHeader;
    const builder = builderPrefix.exec(prefix);
    return {
      kind: 'header',
      stepId: builder?.[1] ?? prefix,
      ...(builder && { number: Number(builder[1]), total: Number(builder[2]) }),
      text,
      cached: cached !== undefined,
    };
  }
  return { kind: 'plain', text: message };
}

/** Milliseconds since the epoch of an entry, or `undefined` when its timestamp cannot be read. */
export function entryTime(entry: LogEntry): number | undefined {
  const time = Date.parse(entry.timestamp);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * The state in the last line of a build; `undefined` for any other line. That line names no step, so the output of a
 * command cannot imitate it.
 */
export function closingState({ message, step }: LogEntry): 'ready' | 'error' | undefined {
  if (step !== undefined) return undefined;
  if (/^Build finished\b/.test(message)) return 'ready';
  return /^Build failed\b/.test(message) ? 'error' : undefined;
}
