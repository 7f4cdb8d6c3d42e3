import type { components } from 'novita-sandbox';
import type { Build } from '../build.ts';
import { ApiError, empty, json } from '../http.ts';
import { parseReference, type TemplateReference } from '../names.ts';
import type { Route, ServiceContext } from '../router.ts';
import { queryInteger, queryWord } from '../schema.ts';
import type { Template } from '../store.ts';
import { ENVD_VERSION } from './envd.ts';

type Schemas = components['schemas'];

const DISK_MB = 20_480;

/** Whether a name exists. A `:tag` after it is ignored, and so is the state of its builds. */
export const resolveAlias: Route = {
  method: 'GET',
  path: '/templates/aliases/{alias}',
  handle(call, { store, team }) {
    const alias = call.param('alias');
    const reference = parseAlias(alias);
    const ours = reference.namespace === undefined || reference.namespace === team;
    const template = ours ? store.byAlias(reference.alias) : undefined;
    if (!template) throw new ApiError(404, `template '${alias}' not found`);
    return json(200, { templateID: template.id, public: false });
  },
};

/** A template with its builds, newest first, by page: a header names the next one. Takes the ID only, no name. */
export const getTemplate: Route = {
  method: 'GET',
  path: '/templates/{templateID}',
  handle(call, context) {
    const limit = queryInteger(call.query, 'limit', { minimum: 1, maximum: 100 }) ?? 100;
    const id = call.param('templateID');
    const template = context.store.template(id);
    if (!template) throw new ApiError(404, `Template '${id}' not found`);
    const all = context.store.buildsOf(id);
    const after = call.query.get('nextToken');
    const from = after === null ? 0 : all.findIndex((build) => build.id === after) + 1;
    const builds = all.slice(from, from + limit);
    const more = from + limit < all.length ? builds.at(-1) : undefined;
    const { templateID, aliases, names, createdAt, updatedAt, lastSpawnedAt, spawnCount } = describe(
      template,
      context,
    );
    const answer: Schemas['TemplateWithBuilds'] = {
      ...{ templateID, aliases, names, createdAt, updatedAt, lastSpawnedAt, spawnCount, public: false },
      builds: builds.map(describeBuild),
    };
    return json(200, answer, more && { 'x-next-token': more.id });
  },
};

/** Templates by page, oldest first. */
export const listTemplates: Route = {
  method: 'GET',
  path: '/v2/templates',
  handle(call, context) {
    const types = ['template_build', 'snapshot_template'] as const;
    const type = queryWord(call.query, 'template_type', types) ?? 'template_build';
    const page = queryInteger(call.query, 'page', { minimum: 1 }) ?? 1;
    const limit = queryInteger(call.query, 'limit', { minimum: 1, maximum: 100 }) ?? 20;
    const all = type === 'template_build' ? context.store.templates() : [];
    return json(200, {
      templates: all.slice((page - 1) * limit, page * limit).map((template) => describe(template, context)),
      total: all.length,
      page,
      limit,
      totalPages: Math.ceil(all.length / limit),
    });
  },
};

/** The older list: everything in one array. */
export const listAllTemplates: Route = {
  method: 'GET',
  path: '/templates',
  handle: (_call, context) =>
    json(
      200,
      context.store.templates().map((template) => describe(template, context)),
    ),
};

/** Deletes the whole template, also when the reference names one tag of it. */
export const deleteTemplate: Route = {
  method: 'DELETE',
  path: '/templates/{templateID}',
  handle(call, { store }) {
    const reference = call.param('templateID');
    const template = store.byIdOrAlias(parseAlias(reference).alias);
    if (!template) throw new ApiError(404, `Template '${reference}' not found`);
    store.remove(template.id);
    return empty(204);
  },
};

function describe(template: Template, { store, team }: ServiceContext): Schemas['Template'] {
  const newest = store.buildsOf(template.id)[0];
  return {
    templateID: template.id,
    buildID: newest?.id ?? '',
    buildStatus: newest?.status ?? 'waiting',
    buildCount: template.buildCount,
    aliases: [template.alias],
    names: [`${team}/${template.alias}`],
    cpuCount: newest?.cpuCount ?? 0,
    memoryMB: newest?.memoryMb ?? 0,
    diskSizeMB: DISK_MB,
    envdVersion: ENVD_VERSION,
    public: false,
    spawnCount: 0,
    createdAt: new Date(template.createdAt).toISOString(),
    updatedAt: new Date(newest?.updatedAt ?? template.createdAt).toISOString(),
    lastSpawnedAt: null,
    createdBy: null,
  };
}

function describeBuild(build: Build): Schemas['TemplateBuild'] {
  const ready = build.status === 'ready' ? { diskSizeMB: DISK_MB, envdVersion: ENVD_VERSION } : {};
  return {
    buildID: build.id,
    status: build.status,
    cpuCount: build.cpuCount,
    memoryMB: build.memoryMb,
    ...ready,
    createdAt: new Date(build.createdAt).toISOString(),
    updatedAt: new Date(build.updatedAt).toISOString(),
    ...(build.finishedAt !== undefined && { finishedAt: new Date(build.finishedAt).toISOString() }),
  };
}

function parseAlias(text: string): TemplateReference {
  return parseReference(text, 'Invalid alias');
}
