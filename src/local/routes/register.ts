import type { Registration, RegistrationRequest } from '../../api/types.ts';
import { ApiError, json } from '../http.ts';
import { checkConcurrency, checkSize, DEFAULT_SIZE, SCHEMA_MINIMUM } from '../limits.ts';
import { checkNamespace, DEFAULT_TAG, parseReference, parseTags, type TemplateReference } from '../names.ts';
import type { Route } from '../router.ts';
import { checkBody, type Schema } from '../schema.ts';

const SCHEMA: Schema = {
  name: { type: 'string' },
  alias: { type: 'string' },
  teamID: { type: 'string' },
  tags: { type: 'string[]' },
  cpuCount: { type: 'integer', minimum: SCHEMA_MINIMUM.cpuCount },
  memoryMB: { type: 'integer', minimum: SCHEMA_MINIMUM.memoryMB },
};

/** Reserves a build: claims the name, writes the tag rows, takes a concurrency slot. */
export const registerBuild: Route = {
  method: 'POST',
  path: '/v3/templates',
  async handle(call, { store, limits, team }) {
    const body = await call.json();
    checkBody('TemplateBuildRequestV3', SCHEMA, body);
    const request = body as RegistrationRequest;
    const reference = parseName(request.name ?? request.alias ?? '');
    checkNamespace(reference, team);
    const tags = parseTags([
      ...(reference.tag === undefined ? [] : [reference.tag]),
      ...(request.tags ?? []),
    ]);
    if (tags.length === 0) tags.push(DEFAULT_TAG);
    const cpuCount = request.cpuCount ?? DEFAULT_SIZE.cpuCount;
    const memoryMb = request.memoryMB ?? DEFAULT_SIZE.memoryMB;
    checkSize(cpuCount, memoryMb, limits);
    const { alias } = reference;
    if (store.template(alias)) throw new ApiError(409, `Alias '${alias}' is already used`);

    const existing = store.byAlias(alias);
    const rivals = new Set(existing ? store.rivals(existing.id, tags) : []);
    checkConcurrency(store.builds().filter((build) => !build.isFinal && !rivals.has(build)).length, limits);
    const build = store.register(alias, tags, { cpuCount, memoryMb });
    const registration: Registration = {
      templateID: build.templateId,
      buildID: build.id,
      aliases: [alias],
      names: [`${team}/${alias}`],
      // The service promises no order; reversed, so that no client relies on the order that it sent.
      tags: tags.toReversed(),
      public: false,
    };
    return json(202, registration);
  },
};

function parseName(name: string): TemplateReference {
  if (name.trim() === '') throw new ApiError(400, 'Name is required');
  return parseReference(name, 'Invalid name');
}
