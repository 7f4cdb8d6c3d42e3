import { createReadStream } from 'node:fs';
import type { paths } from 'novita-sandbox';
import createClient from 'openapi-fetch';
import { request as undiciRequest } from 'undici';
import { likelyCause, ServiceError } from './errors.ts';
import { type TransportOptions, transport } from './transport.ts';
import type {
  AssignedTags,
  BuildStatus,
  Registration,
  RegistrationRequest,
  TemplateTag,
  UploadLink,
  WireTemplate,
} from './types.ts';

type StartCall = paths['/v2/templates/{templateID}/builds/{buildID}']['post'];
type StartBody = StartCall['requestBody']['content']['application/json'];

export interface ClientOptions {
  /** Base URL of the API, without a slash at the end. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Sent as a bearer token when there is one. */
  readonly accessToken?: string;
  /** `novita-template-action/1.2.3`; the service must be able to tell who asks. */
  readonly userAgent: string;
  readonly transport: TransportOptions;
}

/** The endpoints of the template service that this project uses. Every call rejects with {@link ServiceError}. */
export interface ServiceClient {
  /** Claims the name, writes the tags and makes a new build. Never repeated by itself: there is no idempotency key. */
  register(request: RegistrationRequest): Promise<Registration>;
  /** Asks whether the service has the content with this hash, and where to put it. */
  uploadLink(templateId: string, hash: string): Promise<UploadLink>;
  /** Puts the file at `path` (of `bytes` bytes) where an upload link points; no credentials are sent. */
  upload(url: string, path: string, bytes: number): Promise<void>;
  /** Sends the recipe and starts the build. */
  start(templateId: string, buildId: string, template: WireTemplate): Promise<void>;
  /** State of a build and at most 100 log entries from `logsOffset` on. */
  status(templateId: string, buildId: string, logsOffset: number): Promise<BuildStatus>;
  /** Newest assignment of each tag, whatever the state of its build. */
  tags(templateIdOrName: string): Promise<TemplateTag[]>;
  /** Puts tags on the ready build that `target` (`name:tag` or `name:buildId`) means. */
  assignTags(target: string, tags: readonly string[]): Promise<AssignedTags>;
}

/** A client over real HTTP. Nothing is sent until a call is made. */
export function createServiceClient(options: ClientOptions): ServiceClient {
  const api = createClient<paths>({
    baseUrl: options.apiUrl,
    fetch: transport(options.transport),
    headers: {
      'User-Agent': options.userAgent,
      'X-API-KEY': options.apiKey,
      ...(options.accessToken && { Authorization: `Bearer ${options.accessToken}` }),
    },
  });
  const host = new URL(options.apiUrl).host;

  /** The data of a 2xx answer. `what` names the request as it stands in messages. */
  function data<T>(what: string, result: { data?: T; error?: unknown; response: Response }): T {
    ok(what, result);
    if (result.data === undefined) throw incomplete(what, 'an empty answer');
    return result.data;
  }

  function ok(what: string, result: { error?: unknown; response: Response }): void {
    if (!result.response.ok) throw refused(what, host, result.response.status, result.error);
  }

  return {
    async register(body) {
      const what = 'POST /v3/templates';
      const registration = data(what, await api.POST('/v3/templates', { body }));
      if (!registration.templateID || !registration.buildID) throw incomplete(what, 'no identifiers');
      return registration;
    },
    async uploadLink(templateID, hash) {
      const params = { path: { templateID, hash } };
      return data('GET upload link', await api.GET('/templates/{templateID}/files/{hash}', { params }));
    },
    upload: (url, path, bytes) => putFile(url, path, bytes, options.transport),
    async start(templateID, buildID, template) {
      ok(
        'POST start of the build',
        await api.POST('/v2/templates/{templateID}/builds/{buildID}', {
          params: { path: { templateID, buildID } },
          // The published schema lacks two kinds of registry and preBootScript.
          body: template as StartBody,
        }),
      );
    },
    async status(templateID, buildID, logsOffset) {
      const params = { path: { templateID, buildID }, query: { logsOffset } };
      const what = 'GET build status';
      const status = data(what, await api.GET('/templates/{templateID}/builds/{buildID}/status', { params }));
      if (typeof status.status !== 'string') throw incomplete(what, 'no status');
      return { ...status, logEntries: status.logEntries ?? [] };
    },
    async tags(templateID) {
      return data(
        'GET tags',
        await api.GET('/templates/{templateID}/tags', { params: { path: { templateID } } }),
      );
    },
    async assignTags(target, tags) {
      return data('POST tags', await api.POST('/templates/tags', { body: { target, tags: [...tags] } }));
    },
  };
}

function refused(what: string, host: string, status: number, body: unknown): ServiceError {
  const said = serviceWords(body);
  const cause = likelyCause(status, said, host);
  const words = said === '' ? 'without a word' : `saying: ${said}`;
  return new ServiceError({
    kind: 'refused',
    request: what,
    status,
    said,
    message: `${host} answered ${status} to ${what}, ${words}${cause ? `\n${cause}` : ''}`,
  });
}

/** The `message` of an error body, or the body's text where it is something else, such as a proxy's page. */
function serviceWords(body: unknown): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  const text = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message);
  const plain = /^\s*</.test(text) ? text.replace(/<[^>]*>/g, ' ') : text;
  const line = plain.replace(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}

function incomplete(what: string, found: string): ServiceError {
  return new ServiceError({
    kind: 'unintelligible',
    request: what,
    message: `${what} was answered with ${found}`,
  });
}

async function putFile(url: string, path: string, bytes: number, settings: TransportOptions): Promise<void> {
  const host = new URL(url).host;
  const file = createReadStream(path);
  try {
    const answer = await undiciRequest(url, {
      method: 'PUT',
      // S3-like stores refuse a body of unknown length.
      headers: { 'content-length': String(bytes) },
      body: file,
      headersTimeout: 300_000,
      bodyTimeout: settings.requestTimeoutMs,
      dispatcher: settings.dispatcher,
      ...(settings.signal && { signal: settings.signal }),
    });
    const text = await answer.body.text();
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      throw refused('PUT upload', host, answer.statusCode, text);
    }
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    settings.signal?.throwIfAborted();
    const message = `the upload to ${host} broke off (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new ServiceError({ kind: 'unreachable', request: 'PUT upload', message, cause });
  } finally {
    file.destroy();
  }
}
