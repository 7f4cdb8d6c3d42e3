import { connectionError } from '../http/connection-error.ts';
import { ServiceError } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import { pause } from '../http/sleep.ts';
import { portAddress, type SandboxAddress } from './sandbox-address.ts';

/** A page that must be served in the sandbox. */
export interface ServedUrl {
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
}

/** Asks a port of a sandbox once, by GET; redirections are not followed. Resolves with the status. Rejects with a
 * `ServiceError`, or with the signal's reason. */
export type AskPort = (url: ServedUrl, limitMs: number, signal: AbortSignal) => Promise<number>;

/** The requests to the ports of one sandbox. */
export function askPort(address: SandboxAddress, network: Network): AskPort {
  return async ({ port, path }, limitMs, signal) => {
    const { base, headers } = portAddress(address, port);
    const { host } = new URL(base);
    const limit = AbortSignal.timeout(limitMs);
    try {
      const response = await network.request(`${base}${path}`, {
        method: 'GET',
        headers: {
          ...headers,
          // The name that the SDK sends it under.
          ...(address.trafficToken !== undefined && { 'e2b-traffic-access-token': address.trafficToken }),
        },
        signal: AbortSignal.any([signal, limit]),
      });
      response.body.on('error', () => {});
      response.body.destroy();
      return response.statusCode;
    } catch (cause) {
      signal.throwIfAborted();
      const request = `GET port ${port} of the sandbox`;
      throw connectionError(request, host, cause, { timedOut: limit.aborted, limitMs });
    }
  };
}

/** How the question for a served page ended. */
export interface UrlOutcome {
  /** `8080/health`. */
  readonly url: string;
  readonly passed: boolean;
  /** The last that was found: `status 502`, `no connection (ECONNREFUSED)`. */
  readonly last: string;
  readonly durationMs: number;
}

/** Milliseconds that even the last request of a test may take. */
export const leastMs = 1000;
const firstPauseMs = 250;
const longestPauseMs = 2000;
/** Milliseconds for one answer: a server that hangs is asked again. */
const answerLimitMs = 10_000;

/**
 * Asks until a status below 500 comes, or the time is over. A redirection counts: something answers.
 *
 * @param onAnswer - gets what is found, when it is another thing than before
 */
export async function awaitServed(
  url: ServedUrl,
  ask: AskPort,
  leftMs: () => number,
  onAnswer: (found: string) => void,
  signal: AbortSignal,
): Promise<UrlOutcome> {
  const begun = Date.now();
  const end = (passed: boolean, last: string): UrlOutcome => ({
    ...{ url: `${url.port}${url.path}`, passed, last, durationMs: Date.now() - begun },
  });
  let last = '';
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const limitMs = Math.max(Math.min(leftMs(), answerLimitMs), leastMs);
    const found = await ask(url, limitMs, signal).catch((error: unknown) => {
      if (!(error instanceof ServiceError)) throw error;
      return error.summary;
    });
    const text = typeof found === 'number' ? `status ${found}` : found;
    if (text !== last) onAnswer(text);
    last = text;
    if (typeof found === 'number' && found < 500) return end(true, text);
    if (leftMs() <= pauseMs) return end(false, text);
    await pause(pauseMs, signal);
  }
}
