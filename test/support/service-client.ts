import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import type { BuildStatus, LogEntry, RecipeBody, Registration } from '../../src/api/types.ts';
import { type LocalService, type LocalServiceOptions, startLocalService } from '../../src/local/service.ts';

/** A bare answer: status, raw text and, where it is JSON, the value. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** Services that a test starts, closed after it. */
export function serviceStarter(): (options?: LocalServiceOptions) => Promise<LocalService> {
  const open: LocalService[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((service) => service.close()));
  });
  return async (options) => {
    const service = await startLocalService(options);
    open.push(service);
    return service;
  };
}

/** One request with the right key; `body` goes as JSON unless it is a string. */
export async function ask(
  service: LocalService,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(service.url + path, {
    method,
    headers: {
      'x-api-key': service.apiKey,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    text,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

export async function register(service: LocalService, name: string, tags?: string[]): Promise<Registration> {
  const answer = await ask(service, 'POST', '/v3/templates', { name, ...(tags && { tags }) });
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

export function buildPath(build: Pick<Registration, 'templateID' | 'buildID'>): string {
  return `/templates/${build.templateID}/builds/${build.buildID}`;
}

export function start(
  service: LocalService,
  build: Pick<Registration, 'templateID' | 'buildID'>,
  recipe: Partial<RecipeBody> = {},
): Promise<Answer> {
  const source = recipe.fromTemplate === undefined ? { fromImage: 'debian:12' } : {};
  return ask(service, 'POST', `/v2${buildPath(build)}`, { ...source, steps: [], ...recipe });
}

export async function status(
  service: LocalService,
  build: Pick<Registration, 'templateID' | 'buildID'>,
  query = '',
): Promise<BuildStatus> {
  const answer = await ask(service, 'GET', `${buildPath(build)}/status${query}`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

/** Polls until the build is final. */
export async function settled(
  service: LocalService,
  build: Pick<Registration, 'templateID' | 'buildID'>,
): Promise<BuildStatus> {
  for (;;) {
    const found = await status(service, build);
    if (found.status === 'ready' || found.status === 'error') return found;
    await sleep(5);
  }
}

/** Registers, starts and waits. */
export async function build(
  service: LocalService,
  name: string,
  recipe: Partial<RecipeBody> = {},
  tags?: string[],
): Promise<Registration & { final: BuildStatus }> {
  const registration = await register(service, name, tags);
  const started = await start(service, registration, recipe);
  if (started.status !== 202) throw new Error(`${started.status} ${started.text}`);
  return { ...registration, final: await settled(service, registration) };
}

/** The whole log, page by page. */
export async function wholeLog(
  service: LocalService,
  build: Pick<Registration, 'templateID' | 'buildID'>,
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (;;) {
    const page = (await status(service, build, `?logsOffset=${entries.length}`)).logEntries;
    entries.push(...page);
    if (page.length < 100) return entries;
  }
}

export async function messages(
  service: LocalService,
  build: Pick<Registration, 'templateID' | 'buildID'>,
): Promise<string[]> {
  return (await wholeLog(service, build)).map((entry) => entry.message.replace(/ \[[0-9a-f]{64}\]$/, ' [#]'));
}

/** A promise and the function that settles it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}
