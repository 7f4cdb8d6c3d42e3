import type { paths } from 'novita-sandbox';
import createClient from 'openapi-fetch';
import { readBuildStatus, readLogEntries, readRegistration, serviceWords } from './answers.ts';
import { ServiceError } from './errors.ts';
import { createPatience, type Patience, type RetryBudget, repeat } from './patience.ts';
import { createRetryNotes } from './retry-notes.ts';
import { createTransport, retryAfterMs, type TransportOptions } from './transport.ts';
import type {
  AssignedTags,
  BuildStatus,
  LogEntry,
  Registration,
  RegistrationRequest,
  TemplatePage,
  TemplateTag,
  UploadLink,
  WireTemplate,
} from './types.ts';
import { putFile } from './upload.ts';

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

/** Requests that may be sent twice: asking, putting a tag where it is to be, and taking one away. */
export interface RepeatableCalls {
  /** Asks whether the service has the content with this hash, and where to put it. */
  uploadLink(templateId: string, hash: string): Promise<UploadLink>;
  /** State of a build and at most 100 log entries from `logsOffset` on. */
  status(templateId: string, buildId: string, logsOffset: number): Promise<BuildStatus>;
  /** At most 100 log entries from the millisecond `cursor` on; those of that very millisecond come again. */
  logs(templateId: string, buildId: string, cursor: number | undefined): Promise<LogEntry[]>;
  /** Newest assignment of each tag, whatever the state of its build. */
  tags(templateIdOrName: string): Promise<TemplateTag[]>;
  /** The template that has this name. */
  templateIdOf(name: string): Promise<string>;
  /** A template with its builds, newest first, at most 100; `page` is what the answer before named as the next. */
  template(templateId: string, page?: string): Promise<TemplatePage>;
  /** Puts tags on the ready build that `target` (`name:tag` or `name:buildId`) means. */
  assignTags(target: string, tags: readonly string[]): Promise<AssignedTags>;
  /** Forgets tags of a template with their history; one that is not there is no mistake. Never removes a build. */
  removeTags(name: string, tags: readonly string[]): Promise<void>;
}

/**
 * The endpoints of the template service that this project uses. Every call rejects with a {@link ServiceError}
 * or with the signal's reason. What may be repeated is repeated until the transport's budget is spent.
 */
export interface ServiceClient extends RepeatableCalls {
  /** The same calls, each sent once, for a caller that has a patience of its own. */
  readonly once: RepeatableCalls;
  /** Claims the name, writes the tags and makes a new build. Sent once: there is no idempotency key. */
  register(request: RegistrationRequest): Promise<Registration>;
  /** Puts the file at `path` (of `bytes` bytes) where an upload link points, once; no credentials are sent. */
  upload(url: string, path: string, bytes: number): Promise<void>;
  /** Sends the recipe and starts the build. Sent once: a second one is refused. */
  start(templateId: string, buildId: string, template: WireTemplate): Promise<void>;
  /** A budget for a request that is repeated by the caller; `what` names it in messages. */
  patience(what: string, budget?: RetryBudget): Patience;
  /** Milliseconds by which the service's clock is ahead of ours, within a second; `undefined` while unknown. */
  clockAheadMs(): number | undefined;
}

/** A client over real HTTP. Nothing is sent until a call is made. */
export function createServiceClient(options: ClientOptions): ServiceClient {
  const transport = createTransport(options.transport);
  const api = createClient<paths>({
    baseUrl: options.apiUrl,
    fetch: transport.fetch,
    headers: {
      'User-Agent': options.userAgent,
      'X-API-KEY': options.apiKey,
      ...(options.accessToken && { Authorization: `Bearer ${options.accessToken}` }),
    },
  });
  const { host } = new URL(options.apiUrl);
  const { signal, onRetry } = options.transport;
  const notes = createRetryNotes(onRetry ?? (() => {}));
  const patience: ServiceClient['patience'] = (what, budget = options.transport.budget) =>
    createPatience(what, budget, { notes, reached: transport.reached, ...(signal && { signal }) });

  /** The data of a 2xx answer. `what` names the request as it stands in messages. */
  function data<T>(what: string, result: Answer<T>): T {
    ok(what, result);
    // Where JSON was promised, `null` is no answer either.
    if (result.data === undefined || result.data === null) throw incomplete(what, 'an empty answer');
    return result.data;
  }

  function ok(what: string, { response, error }: Answer<unknown>): void {
    if (!response.ok) throw refused(what, host, response.status, error, response.headers.get('retry-after'));
  }

  type Send = <T>(what: string, attempt: (what: string) => Promise<T>) => Promise<T>;
  const repeatable = (send: Send): RepeatableCalls => ({
    uploadLink: (templateID, hash) =>
      send('GET upload link', async (what) => {
        const params = { path: { templateID, hash } };
        return data(what, await api.GET('/templates/{templateID}/files/{hash}', { params }));
      }),
    status: (templateID, buildID, logsOffset) =>
      send('GET build status', async (what) => {
        const params = { path: { templateID, buildID }, query: { logsOffset } };
        const path = '/templates/{templateID}/builds/{buildID}/status';
        const status = readBuildStatus(data(what, await api.GET(path, { params })));
        if (!status) throw incomplete(what, 'no status');
        return status;
      }),
    logs: (templateID, buildID, cursor) =>
      send('GET build log', async (what) => {
        const query = { direction: 'forward' as const, ...(cursor !== undefined && { cursor }) };
        const params = { path: { templateID, buildID }, query };
        const path = '/templates/{templateID}/builds/{buildID}/logs';
        return readLogEntries(data(what, await api.GET(path, { params })).logs);
      }),
    tags: (templateID) =>
      send('GET tags', async (what) => {
        const params = { path: { templateID } };
        return data(what, await api.GET('/templates/{templateID}/tags', { params }));
      }),
    templateIdOf: (alias) =>
      send('GET template by name', async (what) => {
        const params = { path: { alias } };
        const { templateID } = data(what, await api.GET('/templates/aliases/{alias}', { params }));
        if (!templateID) throw incomplete(what, 'no identifier');
        return templateID;
      }),
    template: (templateID, page) =>
      send('GET template', async (what) => {
        const params = { path: { templateID }, ...(page && { query: { nextToken: page } }) };
        const answer = await api.GET('/templates/{templateID}', { params });
        const template = data(what, answer);
        const nextPage = answer.response.headers.get('x-next-token');
        return { ...template, builds: template.builds ?? [], ...(nextPage && { nextPage }) };
      }),
    assignTags: (target, tags) =>
      send('POST tags', async (what) =>
        data(what, await api.POST('/templates/tags', { body: { target, tags: [...tags] } })),
      ),
    removeTags: (name, tags) =>
      send('DELETE tags', async (what) =>
        ok(what, await api.DELETE('/templates/tags', { body: { name, tags: [...tags] } })),
      ),
  });

  return {
    ...repeatable((what, attempt) => repeat(patience(what), () => attempt(what))),
    once: repeatable((what, attempt) => attempt(what)),
    patience,
    clockAheadMs: transport.clockAheadMs,
    async register(body) {
      const what = 'POST /v3/templates';
      const registration = readRegistration(data(what, await api.POST('/v3/templates', { body })));
      if (!registration) throw incomplete(what, 'no identifiers, or with something that is none');
      return registration;
    },
    async start(templateID, buildID, template) {
      const params = { path: { templateID, buildID } };
      // The published schema lacks two kinds of registry and preBootScript.
      const body = template as StartBody;
      const path = '/v2/templates/{templateID}/builds/{buildID}';
      ok('POST start of the build', await api.POST(path, { params, body }));
    },
    async upload(url, path, bytes) {
      const what = 'PUT upload';
      const { status, text, retryAfter } = await putFile(url, path, bytes, options.transport);
      if (status < 200 || status > 299) {
        throw refused(what, new URL(url).host, status, text, retryAfter);
      }
      // A store has nothing to show; a page comes from something that stands in between.
      if (/^\s*<(!doctype html|html)\b/i.test(text)) throw incomplete(what, 'a page of HTML');
    },
  };
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

function refused(
  what: string,
  host: string,
  status: number,
  body: unknown,
  retryAfter: string | null,
): ServiceError {
  const said = serviceWords(body);
  const words = said === '' ? 'without a word' : `saying: ${said}`;
  return new ServiceError({
    kind: 'refused',
    request: what,
    host,
    status,
    said,
    retryAfterMs: retryAfterMs(retryAfter),
    message: `${host} answered ${status} to ${what}, ${words}`,
  });
}

function incomplete(what: string, found: string): ServiceError {
  return new ServiceError({
    kind: 'unintelligible',
    request: what,
    inShort: `answered with ${found}`,
    message: `${what} was answered with ${found}`,
  });
}
