import type { Endpoints } from './endpoints.ts';
import type { ResponseParser } from './parse-response.ts';
import * as schemas from './schemas.ts';

/** Requests that may be sent twice: reading, assigning tags and removing them. */
export interface IdempotentApi {
  /** Whether the service has the content with this hash, and where to upload it. */
  uploadLink(templateId: string, hash: string): Promise<schemas.UploadLink>;
  /** State of a build and at most 100 log entries from `logsOffset` on. */
  status(templateId: string, buildId: string, logsOffset: number): Promise<schemas.BuildStatus>;
  /** At most 100 log entries from the millisecond `cursor` on, those of that millisecond included. */
  logs(templateId: string, buildId: string, cursor: number | undefined): Promise<schemas.LogEntry[]>;
  /** Newest assignment of each tag; its build may have any status. */
  tags(templateIdOrName: string): Promise<schemas.TemplateTag[]>;
  /** The template that has this name. */
  templateIdOf(name: string): Promise<string>;
  /** A template with at most 100 builds, newest first. `page` is the `nextPage` of the previous response. */
  template(templateId: string, page?: string): Promise<schemas.TemplatePage>;
  /** Puts tags on the ready build that `target` (`name:tag` or `name:buildId`) means. */
  assignTags(target: string, tags: readonly string[]): Promise<schemas.AssignedTags>;
  /** Removes tags of a template with their history; a missing one is no error. Never removes a build. */
  removeTags(name: string, tags: readonly string[]): Promise<void>;
}

/** Sends a request, once or with retries. `request` names it in messages. */
export type Send = <T>(request: string, attempt: (request: string) => Promise<T>) => Promise<T>;

export function createIdempotentApi(api: Endpoints, parser: ResponseParser, send: Send): IdempotentApi {
  const { body, expectOk } = parser;
  return {
    uploadLink: (templateID, hash) =>
      send('GET upload link', async (request) => {
        const params = { path: { templateID, hash } };
        const path = '/templates/{templateID}/files/{hash}';
        return body(request, await api.GET(path, { params }), schemas.uploadLink);
      }),
    status: (templateID, buildID, logsOffset) =>
      send('GET build status', async (request) => {
        const params = { path: { templateID, buildID }, query: { logsOffset } };
        const path = '/templates/{templateID}/builds/{buildID}/status';
        return body(request, await api.GET(path, { params }), schemas.buildStatus);
      }),
    logs: (templateID, buildID, cursor) =>
      send('GET build log', async (request) => {
        const query = { direction: 'forward' as const, ...(cursor !== undefined && { cursor }) };
        const params = { path: { templateID, buildID }, query };
        const path = '/templates/{templateID}/builds/{buildID}/logs';
        return body(request, await api.GET(path, { params }), schemas.buildLog).logs;
      }),
    tags: (templateID) =>
      send('GET tags', async (request) => {
        const params = { path: { templateID } };
        return body(request, await api.GET('/templates/{templateID}/tags', { params }), schemas.templateTags);
      }),
    templateIdOf: (alias) =>
      send('GET template by name', async (request) => {
        const params = { path: { alias } };
        const path = '/templates/aliases/{alias}';
        return body(request, await api.GET(path, { params }), schemas.alias).templateID;
      }),
    template: (templateID, page) =>
      send('GET template', async (request) => {
        const params = { path: { templateID }, ...(page && { query: { nextToken: page } }) };
        const response = await api.GET('/templates/{templateID}', { params });
        const template = body(request, response, schemas.template);
        const nextPage = response.headers.get('x-next-token');
        return { ...template, ...(nextPage && { nextPage }) };
      }),
    assignTags: (target, tags) =>
      send('POST tags', async (request) => {
        const response = await api.POST('/templates/tags', { body: { target, tags: [...tags] } });
        return body(request, response, schemas.assignedTags);
      }),
    removeTags: (name, tags) =>
      send('DELETE tags', async (request) =>
        expectOk(request, await api.DELETE('/templates/tags', { body: { name, tags: [...tags] } })),
      ),
  };
}
