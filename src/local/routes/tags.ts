import { isBuildIdentifier } from '../../api/names.ts';
import type { AssignedTags, TemplateTag } from '../../api/types.ts';
import { ApiError, empty, json } from '../http.ts';
import { checkNamespace, DEFAULT_TAG, parseReference, parseTags, type TemplateReference } from '../names.ts';
import type { Route } from '../router.ts';
import { checkBody, type Schema } from '../schema.ts';
import type { Template, TemplateStore } from '../store.ts';

const ASSIGN: Schema = {
  target: { type: 'string', required: true },
  tags: { type: 'string[]', required: true },
};
const REMOVE: Schema = {
  name: { type: 'string', required: true },
  tags: { type: 'string[]', required: true },
};

/** Points tags at the ready build that the target means: `name`, `name:tag` or `name:<buildID>`. */
export const assignTags: Route = {
  method: 'POST',
  path: '/templates/tags',
  async handle(call, { store, team, refuseBuildTargets }) {
    const body = await call.json();
    checkBody('AssignTemplateTagsRequest', ASSIGN, body);
    const { target, tags } = body as { target: string; tags: string[] };
    const reference = parseTarget(target);
    checkNamespace(reference, team);
    if (tags.length === 0) throw new ApiError(400, 'At least one tag is required');
    const wanted = parseTags(tags);
    const template = findTemplate(store, reference.alias);
    const tag = reference.tag ?? DEFAULT_TAG;
    const isRefused = refuseBuildTargets !== undefined && isBuildIdentifier(tag);
    if (isRefused && refuseBuildTargets === 400) throw new ApiError(400, `Invalid tag: ${tag}`);
    const build = isRefused ? undefined : store.readyBuild(template.id, tag);
    if (!build) throw new ApiError(404, `Template '${reference.alias}' with tag '${tag}' not found`);
    store.tags.assign(template.id, build.id, wanted);
    const assigned: AssignedTags = { tags: wanted, buildID: build.id };
    return json(201, assigned);
  },
};

/** Removes tags and their history; a missing tag is no error. */
export const removeTags: Route = {
  method: 'DELETE',
  path: '/templates/tags',
  async handle(call, { store, team }) {
    const body = await call.json();
    checkBody('DeleteTemplateTagsRequest', REMOVE, body);
    const { name, tags } = body as { name: string; tags: string[] };
    const reference = parseTarget(name);
    checkNamespace(reference, team);
    if (name.includes(':')) {
      throw new ApiError(400, "Template name should not contain a tag, use the 'tags' field instead");
    }
    if (tags.length === 0) throw new ApiError(400, 'At least one tag is required');
    const unwanted = parseTags(tags);
    if (unwanted.includes(DEFAULT_TAG)) throw new ApiError(400, `Cannot delete the '${DEFAULT_TAG}' tag`);
    store.tags.remove(findTemplate(store, reference.alias).id, unwanted);
    return empty(204);
  },
};

/** The newest assignment of each tag; its build may have any status. */
export const listTags: Route = {
  method: 'GET',
  path: '/templates/{templateID}/tags',
  handle(call, { store, team }) {
    const reference = parseTarget(call.param('templateID'));
    checkNamespace(reference, team);
    const rows = store.tags.newest(findTemplate(store, reference.alias).id);
    const tags = rows.map(
      ({ tag, buildId, assignedAt }): TemplateTag => ({
        tag,
        buildID: buildId,
        createdAt: new Date(assignedAt).toISOString(),
      }),
    );
    return json(200, tags);
  },
};

function parseTarget(text: string): TemplateReference {
  return parseReference(text, 'Invalid target template format');
}

function findTemplate(store: TemplateStore, idOrAlias: string): Template {
  const template = store.byIdOrAlias(idOrAlias);
  if (!template) throw new ApiError(404, `template '${idOrAlias}' not found`);
  return template;
}
