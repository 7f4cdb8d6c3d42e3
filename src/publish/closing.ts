import type { ServiceClient } from '../api/client.ts';
import { ServiceError } from '../http/errors.ts';
import { outlasting } from '../http/outlasting.ts';

/** The service, for what follows from a verdict or from tags that have moved. A cancel does not end it at once. */
export interface Closing {
  readonly client: ServiceClient;
  /** Why its request came to nothing, for a sentence. Throws an error that is no answer and no end of the time. */
  readonly whyNot: (error: unknown) => string;
}

/** The service. The signal ends its requests, and nothing else does. */
export type ConnectToEnd = (signal: AbortSignal) => ServiceClient;

/** Milliseconds after a cancel. The step needs the rest of its five seconds for its report. */
const graceMs = 4000;

/**
 * Sends nothing yet. Its requests end a few seconds after the signal fires.
 *
 * @param signal - ends the run
 */
export function openClosing(connect: ConnectToEnd, signal: AbortSignal): Closing {
  const ended = outlasting(signal, graceMs);
  return {
    client: connect(ended),
    whyNot: (error) => {
      if (error instanceof ServiceError) return error.summary;
      if (ended.aborted) return 'the step had to end before the service answered';
      throw error;
    },
  };
}
