import type { paths } from 'novita-sandbox';
import type { ServiceError } from '../http/errors.ts';
import { createRetryNotes, type Retrier, type RetryPolicy, withRetry } from '../http/retry.ts';
import { endpoints } from './endpoints.ts';
import { type Credentials, serviceHeaders } from './headers.ts';
import { createIdempotentApi, type IdempotentApi, type Send } from './idempotent-api.ts';
import { createResponseParser, expectUploaded } from './parse-response.ts';
import { createServiceRetrier } from './retry.ts';
import { type RunningSandboxes, runningSandboxes } from './running-sandboxes.ts';
import {
  newestMetrics,
  type SandboxMetrics,
  type SandboxUse,
  type StartedSandbox,
  sandboxUse,
  startedSandbox,
} from './sandbox-schemas.ts';
import type { SizeLimits } from './sandbox-size.ts';
import * as schemas from './schemas.ts';
import { sizeLimits, templateNames } from './team-schemas.ts';
import { createTransport, type ServiceClock, type TransportOptions } from './transport.ts';
import type { RecipeBody, RegistrationRequest } from './types.ts';
import { putFile } from './upload.ts';

type StartCall = paths['/v2/templates/{templateID}/builds/{buildID}']['post'];
type StartBody = StartCall['requestBody']['content']['application/json'];

export type { IdempotentApi } from './idempotent-api.ts';

export interface ClientOptions extends Credentials {
  /** Base URL of the API, without a slash at the end. */
  readonly apiUrl: string;
  readonly transport: TransportOptions;
}

/**
 * The endpoints of the template service that this project uses. Every call rejects with a {@link ServiceError}
 * or with the signal's reason. Idempotent requests are retried as the transport's policy allows.
 */
export interface ServiceClient extends IdempotentApi, RunningSandboxes, ServiceClock {
  /** The same calls, each sent once, for a caller that retries. */
  readonly noRetry: IdempotentApi;
  /** Claims the name, writes the tags and makes a new build. Sent once: there is no idempotency key. */
  register(request: RegistrationRequest): Promise<schemas.Registration>;
  /** Puts the file at `path` (of `bytes` bytes) where an upload link points, once. Sends no credentials. */
  upload(url: string, path: string, bytes: number): Promise<void>;
  /** Sends the recipe and starts the build. Sent once: the service refuses a second one. */
  start(templateId: string, buildId: string, template: RecipeBody): Promise<void>;
  /** Names of some template of the team, which may contain its slug: `team/my-agent`. Sent once. */
  templateNames(): Promise<readonly string[]>;
  /** The sizes of sandboxes that the team may use; `undefined` when the response has none. Sent once. */
  quota(): Promise<SizeLimits | undefined>;
  /**
   * Starts a sandbox of `name:buildId`. Sent once: a second one would be a second sandbox. It ends by itself after
   * `timeoutSeconds`.
   */
  createSandbox(
    reference: string,
    timeoutSeconds: number,
    metadata: Readonly<Record<string, string>>,
  ): Promise<StartedSandbox>;
  /** What a sandbox uses; `undefined` while the service has no reading. Sent once. */
  sandboxMetrics(sandboxId: string): Promise<SandboxMetrics | undefined>;
  /** How many sandboxes the team has and may have; `undefined` when the response does not say. Sent once. */
  sandboxUse(): Promise<SandboxUse | undefined>;
  /**
   * The retries of a request that the caller repeats. `request` names it in messages. `retryable` decides which
   * failures to retry; by default the transient ones.
   */
  retrier(request: string, policy?: RetryPolicy, retryable?: (error: ServiceError) => boolean): Retrier;
}

/** A client over real HTTP. Sends nothing until a call is made. */
export function createServiceClient({ apiUrl, transport: options, ...rest }: ClientOptions): ServiceClient {
  const transport = createTransport(options);
  const api = endpoints(apiUrl, serviceHeaders(rest), transport.send);
  const parser = createResponseParser(new URL(apiUrl).host, transport.apiResponded);
  const notes = createRetryNotes(options.onRetry ?? (() => {}));
  const { signal } = options;
  const { reached, clockAheadMs, leastClockAheadMs } = transport;
  const retrier: ServiceClient['retrier'] = (request, policy = options.budget, retryable) =>
    createServiceRetrier(request, { policy, notes, reached, signal, retryable });

  const repeated: Send = (request, attempt) => withRetry(retrier(request), () => attempt(request));

  return {
    ...createIdempotentApi(api, parser, repeated),
    ...runningSandboxes(api, parser, repeated),
    noRetry: createIdempotentApi(api, parser, (request, attempt) => attempt(request)),
    retrier,
    clockAheadMs,
    leastClockAheadMs,
    async register(body) {
      return parser.body(
        'POST /v3/templates',
        await api.POST('/v3/templates', { body }),
        schemas.registration,
      );
    },
    async templateNames() {
      const query = { page: 1, limit: 1, template_type: 'template_build' };
      return parser.body(
        'GET templates',
        await api.GET('/v2/templates', { params: { query } }),
        templateNames,
      );
    },
    async quota() {
      return parser.body('GET quota', await api.GET('/sandboxes/quota'), sizeLimits);
    },
    async createSandbox(templateID, timeout, metadata) {
      const settings = { secure: true, allow_internet_access: true, autoPause: false };
      const body = { templateID, timeout, metadata, ...settings };
      return parser.body('POST sandboxes', await api.POST('/sandboxes', { body }), startedSandbox);
    },
    async sandboxMetrics(sandboxID) {
      const params = { path: { sandboxID } };
      const response = await api.GET('/sandboxes/{sandboxID}/metrics', { params });
      return parser.body('GET metrics', response, newestMetrics);
    },
    async sandboxUse() {
      return parser.body('GET quota', await api.GET('/sandboxes/quota'), sandboxUse);
    },
    async start(templateID, buildID, template) {
      const params = { path: { templateID, buildID } };
      // The published schema lacks two kinds of registry and preBootScript.
      const body = template as StartBody;
      const path = '/v2/templates/{templateID}/builds/{buildID}';
      parser.expectOk('POST start of the build', await api.POST(path, { params, body }));
    },
    async upload(url, path, bytes) {
      expectUploaded(new URL(url).host, await putFile(url, path, bytes, options));
    },
  };
}
