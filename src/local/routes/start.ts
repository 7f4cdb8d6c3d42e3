import type { RecipeBody } from '../../api/types.ts';
import { ApiError, empty } from '../http.ts';
import { isUuid } from '../names.ts';
import type { Route } from '../router.ts';
import { checkBody, type Schema } from '../schema.ts';

const SCHEMA: Schema = {
  fromImage: { type: 'string' },
  fromTemplate: { type: 'string' },
  fromImageRegistry: { type: 'object' },
  force: { type: 'boolean' },
  startCmd: { type: 'string' },
  readyCmd: { type: 'string' },
  preBootScript: { type: 'string' },
  steps: {
    type: 'object[]',
    items: {
      type: { type: 'string', required: true },
      args: { type: 'string[]' },
      filesHash: { type: 'string' },
      force: { type: 'boolean' },
    },
  },
};

/** Accepts the recipe and starts the build. Running builds of the template that share a tag are cancelled. */
export const startBuild: Route = {
  method: 'POST',
  path: '/v2/templates/{templateID}/builds/{buildID}',
  async handle(call, { store, runner }) {
    const templateId = call.param('templateID');
    const buildId = call.param('buildID');
    const body = await call.json();
    checkBody('TemplateBuildStartV2', SCHEMA, body);
    if (!isUuid(buildId)) throw new ApiError(400, `Invalid build ID: ${buildId}`);
    const build = store.build(templateId, buildId);
    if (!build) {
      throw new ApiError(
        404,
        `Error when getting template: template '${templateId}' has no build '${buildId}'`,
      );
    }
    for (const rival of store.rivals(templateId, store.tags.tagsOf(buildId))) {
      if (rival !== build && rival.status === 'building') runner.cancel(rival);
    }
    if (build.status !== 'waiting') throw new ApiError(400, 'build is not in waiting state');

    const recipe = body as Omit<RecipeBody, 'steps'> & Partial<Pick<RecipeBody, 'steps'>>;
    const fault = sourceFault(recipe);
    if (fault) {
      build.finish({ status: 'error', reason: { message: `error when building env: ${fault}` } });
      throw new ApiError(500, `Error when starting template build: ${fault}`);
    }
    runner.start(build, { ...recipe, steps: recipe.steps ?? [] });
    return empty(202);
  },
};

function sourceFault(recipe: Pick<RecipeBody, 'fromImage' | 'fromTemplate'>): string | undefined {
  if (Boolean(recipe.fromImage) !== Boolean(recipe.fromTemplate)) return undefined;
  return recipe.fromImage
    ? 'failed to set template source: both fromImage and fromTemplate are set, only one is allowed'
    : 'failed to set template source: one of fromImage and fromTemplate must be set';
}
