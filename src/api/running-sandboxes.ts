import { createRetryNotes, withRetry } from '../http/retry.ts';
import { type Endpoints, endpoints } from './endpoints.ts';
import { type Credentials, serviceHeaders } from './headers.ts';
import type { Send } from './idempotent-api.ts';
import { createResponseParser, type ResponseParser } from './parse-response.ts';
import { createServiceRetrier } from './retry.ts';
import { listedSandboxes } from './sandbox-schemas.ts';
import { createTransport, type TransportOptions } from './transport.ts';

/** Finds and ends sandboxes that run. Both requests are retried as the transport's policy allows. */
export interface RunningSandboxes {
  /** Ends a sandbox; one that is gone is no error. */
  killSandbox(sandboxId: string): Promise<void>;
  /** The identifiers of those that were started with all of this metadata. */
  findSandboxes(metadata: Readonly<Record<string, string>>): Promise<readonly string[]>;
}

export function runningSandboxes(api: Endpoints, parser: ResponseParser, send: Send): RunningSandboxes {
  return {
    killSandbox: (sandboxID) =>
      send('DELETE sandbox', async (request) => {
        const response = await api.DELETE('/sandboxes/{sandboxID}', { params: { path: { sandboxID } } });
        if (response.status !== 404) parser.expectOk(request, response);
      }),
    findSandboxes: (metadata) =>
      send('GET sandboxes', async (request) => {
        // The SDK encodes names and values once before they are a query of their own.
        const pairs = new URLSearchParams();
        for (const [key, text] of Object.entries(metadata))
          pairs.set(encodeURIComponent(key), encodeURIComponent(text));
        const query = { metadata: pairs.toString() };
        const response = await api.GET('/v2/sandboxes', { params: { query } });
        const found = parser.body(request, response, listedSandboxes);
        // What is found is ended, so a service that took no notice of the question must not end others.
        return found
          .filter((sandbox) =>
            Object.entries(metadata).every(([key, text]) => sandbox.metadata[key] === text),
          )
          .map(({ sandboxId }) => sandboxId);
      }),
  };
}

/** The same for a process that has nothing else to ask the service. Sends nothing until a call is made. */
export function createSandboxEnder(
  apiUrl: string,
  credentials: Credentials,
  options: TransportOptions,
): RunningSandboxes {
  const { send, reached, apiResponded } = createTransport(options);
  const { budget: policy, signal, onRetry = () => {} } = options;
  const notes = createRetryNotes(onRetry);
  return runningSandboxes(
    endpoints(apiUrl, serviceHeaders(credentials), send),
    createResponseParser(new URL(apiUrl).host, apiResponded),
    (request, attempt) =>
      withRetry(createServiceRetrier(request, { policy, notes, reached, signal }), () => attempt(request)),
  );
}
