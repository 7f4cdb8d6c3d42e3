import * as schemas from '../../src/api/schemas.ts';
import { parse } from '../../src/api/schemas.ts';
import { pause } from '../../src/http/sleep.ts';
import type { Result } from '../../src/result.ts';
import { deleteOwnTemplate } from './own-template.ts';
import { type Run, size } from './run.ts';
import type { LiveResponse } from './service.ts';

export interface Removal {
  /** What could not be removed, a sentence each. */
  readonly left: readonly string[];
  /** The response to the deletion of the template, where it was deleted now. */
  readonly deleted?: LiveResponse;
}

type RunToRemove = Pick<Run, 'service' | 'name' | 'traces' | 'tell'>;

const attempts = 4;
const betweenMs = 1500;
const unfinishedChecks = 40;

/**
 * Removes everything that a run has made, also of a run that was stopped: sandboxes, builds that are not at their end,
 * tags, the template. May be called again.
 */
export async function removeAll(run: RunToRemove): Promise<Removal> {
  const { traces, name } = run;
  const left: string[] = [];
  const step = async (what: string, work: () => Promise<Attempt>): Promise<boolean> => {
    const done = await persistently(work);
    if (!done.ok) left.push(`${what}: ${done.reason}`);
    return done.ok;
  };
  for (const id of traces.sandboxIds) {
    const killed = await step(`Sandbox ${id} ends only by its own time limit`, () => killSandbox(run, id));
    if (killed) traces.sandboxIds.delete(id);
  }
  if (!traces.claimed) return { left };
  await step(`The template ID of ${name} is unknown`, () => findTemplate(run));
  let deleted: LiveResponse | undefined;
  for (const id of traces.templateIds) {
    await step(`A build of ${name} may still run`, () => stopBuilds(run, id, [...traces.tags]));
    await step(`Tags of ${name} stay`, () => removeTags(run, id));
    const gone = await step(`Template ${name} (${id}) is left; delete it yourself`, async () => {
      const result = await deleteOwnTemplate(run.service.atTheEnd, name, id);
      if (result.ok) deleted = result.value ?? deleted;
      return result;
    });
    if (gone) traces.templateIds.delete(id);
  }
  return { left, ...(deleted && { deleted }) };
}

type Attempt = Result<unknown, { readonly isForeign?: true }>;

/** Repeats what failed, since nobody comes after us. */
async function persistently(work: () => Promise<Attempt>): Promise<Attempt> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await work().catch((error: unknown): Attempt => {
      // Whatever it is, the rest is still to be removed.
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    });
    if (result.ok || result.isForeign || attempt === attempts) return result;
    await pause(betweenMs);
  }
}

const done: Result<undefined> = { ok: true, value: undefined };

function refused(response: LiveResponse): Result<undefined> {
  const { evidence, status } = response;
  return { ok: false, reason: `${evidence.request} was answered ${status}: ${evidence.line}` };
}

async function killSandbox({ service }: RunToRemove, sandbox: string): Promise<Result<undefined>> {
  const response = await service.atTheEnd.send('DELETE', '/sandboxes/{sandbox}', { path: { sandbox } });
  return response.ok || response.status === 404 ? done : refused(response);
}

/** A registration whose answer was lost has made a template too. */
async function findTemplate({ service, name, traces }: RunToRemove): Promise<Result<undefined>> {
  const response = await service.atTheEnd.send('GET', '/templates/aliases/{name}', { path: { name } });
  if (response.status === 404) return done;
  if (!response.ok) return refused(response);
  const found = parse(schemas.alias, response.body);
  if (!found.ok) return { ok: false, reason: `the look-up was answered with ${found.reason}` };
  traces.templateIds.add(found.value.templateID);
  return done;
}

/**
 * Ends the builds of a template that wait or run. The service has no request for that, but a newer build takes the place
 * of those that share a tag with it. The newer one names a parent that does not exist, so it ends at once.
 *
 * @param tags - one of each build that is to end
 */
export async function stopBuilds(
  { service, name, traces }: RunToRemove,
  id: string,
  tags: readonly string[],
): Promise<Result<undefined>> {
  const { send } = service.atTheEnd;
  const unfinished = async () => {
    const response = await send('GET', '/templates/{id}', { path: { id } });
    if (response.status === 404) return 0;
    const template = parse(schemas.template, response.body);
    if (!response.ok || !template.ok) return undefined;
    return template.value.builds.filter(({ status }) => status === 'waiting' || status === 'building').length;
  };
  const count = await unfinished();
  if (count === 0) return done;
  const registered = await send('POST', '/v3/templates', { body: { name, tags, ...size } });
  const newer = parse(schemas.registration, registered.body);
  if (!registered.ok || !newer.ok) return refused(registered);
  const path = { id: newer.value.templateID, build: newer.value.buildID };
  traces.templateIds.add(newer.value.templateID);
  const body = { fromTemplate: `${name}:there-is-no-such-tag`, steps: [] };
  const started = await send('POST', '/v2/templates/{id}/builds/{build}', { path, body });
  if (!started.ok) return refused(started);
  for (let check = 0; check < unfinishedChecks; check += 1) {
    if ((await unfinished()) === 0) return done;
    await pause(500);
  }
  return { ok: false, reason: 'the service has not ended it yet; it ends it after an hour at the latest' };
}

async function removeTags({ service, name, traces }: RunToRemove, id: string): Promise<Result<undefined>> {
  const { send } = service.atTheEnd;
  const response = await send('GET', '/templates/{id}/tags', { path: { id } });
  if (response.status === 404) return done;
  const rows = parse(schemas.templateTags, response.body);
  if (!response.ok || !rows.ok) return refused(response);
  const tags = rows.value.map(({ tag }) => tag).filter((tag) => traces.tags.has(tag));
  if (tags.length === 0) return done;
  const removed = await send('DELETE', '/templates/tags', { body: { name, tags } });
  return removed.ok || removed.status === 404 ? done : refused(removed);
}
