import { parentOf } from '../api/names.ts';
import type { Definition } from '../definition/definition.ts';
import { pinImage } from '../registry/reference.ts';

/** A short form that a person can compare: `sha256:5c8edff2a3b1`, `6f9c1e7a-1111`. */
export function baseVersion(base: ResolvedBase | undefined): string | undefined {
  if (base?.kind === 'image') return base.digest.slice(0, 'sha256:'.length + 12);
  return base?.kind === 'template' ? base.buildId.slice(0, 13) : undefined;
}

/** The base of a recipe, as exact as the look-up before the build can say. */
export type ResolvedBase =
  /** `sha256:` and 64 hex digits. */
  | { readonly kind: 'image'; readonly digest: string }
  | { readonly kind: 'template'; readonly buildId: string }
  /** `why` is the end of a sentence. */
  | {
      readonly kind: 'unknown';
      readonly why: string;
      readonly finding?: BaseFinding;
      /** The reference of a parent, as written, whose build no look-up can ever tell: it belongs to another team. */
      readonly foreignParent?: string;
    };

/** What the look-up found to be wrong with a base. */
export interface BaseFinding {
  /** Whether no build can work with this base. Then none is started; otherwise it is a warning. */
  readonly certain: boolean;
  readonly title: string;
  readonly message: string;
}

export type BaseOfRecipe = Pick<Definition['recipe'], 'fromImage' | 'fromTemplate' | 'fromImageRegistry'>;

/** Looks up what a recipe builds on. A failed look-up gives `unknown` and does not reject. */
export type ResolveBase = (recipe: BaseOfRecipe) => Promise<ResolvedBase>;

/**
 * The part of the recipe that names the base, pinned to what the look-up found. Without it the service may build on
 * something else: its layer cache uses the written name of an image, so it misses a moved tag for weeks, and a parent
 * may have a newer build by the time this build starts.
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
