import { parentOf } from '../api/names.ts';
import type { Definition } from '../definition/definition.ts';
import { pinImage } from '../registry/reference.ts';

/** Enough of it for a person to tell two apart: `sha256:5c8edff2a3b1`, `6f9c1e7a-1111`. */
export function baseVersion(base: ResolvedBase | undefined): string | undefined {
  if (base?.kind === 'image') return base.digest.slice(0, 'sha256:'.length + 12);
  return base?.kind === 'template' ? base.buildId.slice(0, 13) : undefined;
}

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
