/** Everything that a local build makes in the engine has this label, and nothing else is ever removed. */
export const LABEL = 'template-service.part';
/** Of a container: the build that it is of. */
export const BUILD_LABEL = 'template-service.build';
/** Of a container or network: the run of an executor that has made it. */
export const RUN_LABEL = 'template-service.run';
/** Of a layer: the state of the recipe behind it, as JSON. */
export const STATE_LABEL = 'template-service.state';
/** Of a layer: bytes of the image below it. */
export const BELOW_LABEL = 'template-service.below';
/** Repository of the images of layers; their tags are their keys. */
export const LAYER_REPOSITORY = 'template-service/layer';

/** What a thing in the engine is for. */
export type Part = 'layer' | 'build' | 'guard' | 'network';

/** The filter of a list or a prune for one kind of ours. */
export function labelFilter(part: Part, more: Readonly<Record<string, readonly string[]>> = {}): string {
  return JSON.stringify({ label: [`${LABEL}=${part}`], ...more });
}
