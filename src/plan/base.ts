import type { Definition } from '../definition/definition.ts';
import { pinImage } from '../images/reference.ts';
import { isBuildIdentifier } from '../tags/names.ts';

/** What a recipe begins with, as exactly as it can be known before the build. */
export type ResolvedBase =
  /** `sha256:` and 64 hex digits. */
  | { readonly kind: 'image'; readonly digest: string }
  | { readonly kind: 'template'; readonly buildId: string }
  /** `why` is the end of a sentence. */
  | { readonly kind: 'unknown'; readonly why: string; readonly finding?: BaseFinding };

/** What looking up a base found to be wrong with it. */
export interface BaseFinding {
  /** A mistake, of which it is certain that no build can work, is a reason not to begin one. */
  readonly certain: boolean;
  readonly title: string;
  readonly message: string;
}

export type BaseOfRecipe = Pick<Definition['recipe'], 'fromImage' | 'fromTemplate' | 'fromImageRegistry'>;

/** Finds out what a recipe begins with. Never rejects for want of an answer. */
export type ResolveBase = (recipe: BaseOfRecipe) => Promise<ResolvedBase>;

/**
 * The part of the recipe that names the base, made to mean exactly what was resolved. Without this the service may
 * build on something else: its layer cache goes by the written name of an image, so a tag that has moved is not
 * noticed for weeks, and the newest build of a parent may be another one by the time the build starts.
 */
export function pinnedBase(
  recipe: BaseOfRecipe,
  base: ResolvedBase,
): Pick<BaseOfRecipe, 'fromImage' | 'fromTemplate'> {
  if (base.kind === 'image' && recipe.fromImage) {
    return { fromImage: pinImage(recipe.fromImage.trim(), base.digest) };
  }
  if (base.kind === 'template' && recipe.fromTemplate) {
    return { fromTemplate: `${parentOf(recipe.fromTemplate).name}:${base.buildId}` };
  }
  return {};
}

/** The parts of `name`, `team/name`, `name:tag` and `name:buildId`, as the service reads them. */
export function parentOf(reference: string): {
  readonly name: string;
  readonly tag: string;
  readonly buildId?: string;
} {
  // Only the first colon divides: cutting off what follows another one would find a template that nobody named.
  const [name = '', ...rest] = reference.toLowerCase().split(':');
  const tag = rest.length > 0 ? rest.join(':').trim() : 'default';
  return { name: name.trim(), tag, ...(isBuildIdentifier(tag) && { buildId: tag }) };
}
