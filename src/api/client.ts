import type { paths } from 'novita-sandbox';
import createClient from 'openapi-fetch';
import type * as v from 'valibot';
import { ServiceError, serverMessage } from '../http/errors.ts';
import {
  createRetrier,
  createRetryNotes,
  type Retrier,
  type RetryPolicy,
  repeat,
  retryAfterMs,
} from '../http/retry.ts';
import type { SizeLimits } from './sandbox-size.ts';
import * as schemas from './schemas.ts';
import { isPage, isTransientAtStore } from './store-errors.ts';
import { sizeLimits, templateNames } from './team-schemas.ts';
import { createTransport, type TransportOptions } from './transport.ts';
import type { RecipeBody, RegistrationRequest } from './types.ts';
import { putFile } from './upload.ts';

type StartCall = paths['/v2/templates/{templateID}/builds/{buildID}']['post'];
type StartBody = StartCall['requestBody']['content']['application/json'];

/** What the published schema lacks. */
interface UnpublishedPaths {
  '/sandboxes/quota': { get: Unpublished<undefined> };
  '/v2/templates': { get: Unpublished<Record<string, string | number>> };
}

interface Unpublished<Query> {
  parameters: { query?: Query };
  responses: { 200: { content: { 'application/json': unknown } } };
}

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
export interface IdempotentApi {
  /** Asks whether the service has the content with this hash, and where to put it. */
  uploadLink(templateId: string, hash: string): Promise<schemas.UploadLink>;
  /** State of a build and at most 100 log entries from `logsOffset` on. */
  status(templateId: string, buildId: string, logsOffset: number): Promise<schemas.BuildStatus>;
  /** At most 100 log entries from the millisecond `cursor` on; those of that very millisecond come again. */
  logs(templateId: string, buildId: string, cursor: number | undefined): Promise<schemas.LogEntry[]>;
  /** Newest assignment of each tag, whatever the state of its build. */
  tags(templateIdOrName: string): Promise<schemas.TemplateTag[]>;
  /** The template that has this name. */
  templateIdOf(name: string): Promise<string>;
  /** A template with its builds, newest first, at most 100; `page` is what the answer before named as the next. */
  template(templateId: string, page?: string): Promise<schemas.TemplatePage>;
  /** Puts tags on the ready build that `target` (`name:tag` or `name:buildId`) means. */
  assignTags(target: string, tags: readonly string[]): Promise<schemas.AssignedTags>;
  /** Forgets tags of a template with their history; one that is not there is no mistake. Never removes a build. */
  removeTags(name: string, tags: readonly string[]): Promise<void>;
}

/**
 * The endpoints of the template service that this project uses. Every call rejects with a {@link ServiceError}
 * or with the signal's reason. What may be repeated is repeated until the transport's budget is spent.
 */
export interface ServiceClient extends IdempotentApi {
  /** The same calls, each sent once, for a caller that has a patience of its own. */
  readonly noRetry: IdempotentApi;
  /** Claims the name, writes the tags and makes a new build. Sent once: there is no idempotency key. */
  register(request: RegistrationRequest): Promise<schemas.Registration>;
  /** Puts the file at `path` (of `bytes` bytes) where an upload link points, once; no credentials are sent. */
  upload(url: string, path: string, bytes: number): Promise<void>;
  /** Sends the recipe and starts the build. Sent once: a second one is refused. */
  start(templateId: string, buildId: string, template: RecipeBody): Promise<void>;
  /** Names of some template of the team, in which its slug may stand: `team/my-agent`. Sent once. */
  templateNames(): Promise<readonly string[]>;
  /** The sizes of sandboxes that the team may use; `undefined` when the answer names none. Sent once. */
  quota(): Promise<SizeLimits | undefined>;
  /**
   * A budget for a request that is repeated by the caller; `what` names it in messages, `repeats` tells which failures
   * are worth another attempt where those are others than the passing ones.
   */
  patience(what: string, budget?: RetryPolicy, repeats?: (error: ServiceError) => boolean): Retrier;
  /** Milliseconds by which the service's clock is ahead of ours, within a second; `undefined` while unknown. */
  clockAheadMs(): number | undefined;
  /** The least that any answer has told of it: a clock that jumped was right at some time. */
  leastClockAheadMs(): number | undefined;
}

/** A client over real HTTP. Nothing is sent until a call is made. */
export function createServiceClient(options: ClientOptions): ServiceClient {
  const transport = createTransport(options.transport);
  const api = createClient<Omit<paths, keyof UnpublishedPaths> & UnpublishedPaths>({
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
  const patience: ServiceClient['patience'] = (what, budget = options.transport.budget, repeats) =>
    createRetrier(what, budget, {
      notes,
      reached: transport.reached,
      ...(signal && { signal }),
      ...(repeats && { repeats }),
    });

  /** The data of a 2xx answer, as its schema has it. `what` names the request as it stands in messages. */
  function data<T>(what: string, result: Answer, schema: v.GenericSchema<unknown, T>): T {
    ok(what, result);
    // Where JSON was promised, `null` is no answer either.
    if (result.data === undefined || result.data === null) throw incomplete(what, 'an empty answer');
    const checked = schemas.check(schema, result.data);
    if ('found' in checked) throw incomplete(what, checked.found);
    return checked.answer;
  }

  function ok(what: string, { response, error }: Answer): void {
    if (response.ok) return;
    const retryAfter = response.headers.get('retry-after');
    // Once the API itself has answered, a page of something in between says nothing about what was asked for.
    const passing = transport.spoke() && !schemas.isOfApi(error);
    throw refused({ what, host, status: response.status, body: error, retryAfter, passing });
  }

  type Send = <T>(what: string, attempt: (what: string) => Promise<T>) => Promise<T>;
  const repeatable = (send: Send): IdempotentApi => ({
    uploadLink: (templateID, hash) =>
      send('GET upload link', async (what) => {
        const params = { path: { templateID, hash } };
        const path = '/templates/{templateID}/files/{hash}';
        return data(what, await api.GET(path, { params }), schemas.uploadLink);
      }),
    status: (templateID, buildID, logsOffset) =>
      send('GET build status', async (what) => {
        const params = { path: { templateID, buildID }, query: { logsOffset } };
        const path = '/templates/{templateID}/builds/{buildID}/status';
        return data(what, await api.GET(path, { params }), schemas.buildStatus);
      }),
    logs: (templateID, buildID, cursor) =>
      send('GET build log', async (what) => {
        const query = { direction: 'forward' as const, ...(cursor !== undefined && { cursor }) };
        const params = { path: { templateID, buildID }, query };
        const path = '/templates/{templateID}/builds/{buildID}/logs';
        return data(what, await api.GET(path, { params }), schemas.buildLog).logs;
      }),
    tags: (templateID) =>
      send('GET tags', async (what) => {
        const params = { path: { templateID } };
        return data(what, await api.GET('/templates/{templateID}/tags', { params }), schemas.templateTags);
      }),
    templateIdOf: (alias) =>
      send('GET template by name', async (what) => {
        const params = { path: { alias } };
        const path = '/templates/aliases/{alias}';
        return data(what, await api.GET(path, { params }), schemas.alias).templateID;
      }),
    template: (templateID, page) =>
      send('GET template', async (what) => {
        const params = { path: { templateID }, ...(page && { query: { nextToken: page } }) };
        const answer = await api.GET('/templates/{templateID}', { params });
        const template = data(what, answer, schemas.template);
        const nextPage = answer.response.headers.get('x-next-token');
        return { ...template, ...(nextPage && { nextPage }) };
      }),
    assignTags: (target, tags) =>
      send('POST tags', async (what) => {
        const body = { target, tags: [...tags] };
        return data(what, await api.POST('/templates/tags', { body }), schemas.assignedTags);
      }),
    removeTags: (name, tags) =>
      send('DELETE tags', async (what) =>
        ok(what, await api.DELETE('/templates/tags', { body: { name, tags: [...tags] } })),
      ),
  });

  return {
    ...repeatable((what, attempt) => repeat(patience(what), () => attempt(what))),
    noRetry: repeatable((what, attempt) => attempt(what)),
    patience,
    clockAheadMs: transport.clockAheadMs,
    leastClockAheadMs: transport.leastClockAheadMs,
    async register(body) {
      const what = 'POST /v3/templates';
      return data(what, await api.POST('/v3/templates', { body }), schemas.registration);
    },
    async templateNames() {
      const what = 'GET templates';
      const query = { page: 1, limit: 1, template_type: 'template_build' };
      return data(what, await api.GET('/v2/templates', { params: { query } }), templateNames);
    },
    async quota() {
      const what = 'GET quota';
      return data(what, await api.GET('/sandboxes/quota'), sizeLimits);
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
        const passing = isTransientAtStore(text);
        throw refused({ what, host: new URL(url).host, status, body: text, retryAfter, passing });
      }
      if (isPage(text)) throw incomplete(what, 'a page of HTML');
    },
  };
}

interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

interface Refusal {
  readonly what: string;
  readonly host: string;
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | null;
  /** Whether trying again may help although the status says otherwise. */
  readonly passing: boolean;
}

function refused({ what, host, status, body, retryAfter, passing }: Refusal): ServiceError {
  const said = serverMessage(body);
  const words = said === '' ? 'without a word' : `saying: ${said}`;
  return new ServiceError({
    kind: 'refused',
    request: what,
    host,
    status,
    said,
    passing,
    retryAfterMs: retryAfterMs(retryAfter),
    message: `${host} answered ${status} to ${what}, ${words}`,
  });
}

function incomplete(what: string, found: string): ServiceError {
  return new ServiceError({
    kind: 'unintelligible',
    request: what,
    summary: `answered with ${found}`,
    message: `${what} was answered with ${found}`,
  });
}
