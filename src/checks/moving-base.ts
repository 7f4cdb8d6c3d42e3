import type { Definition } from '../definition/definition.ts';
import { floatingTag } from '../registry/floating-tag.ts';
import { type Finding, finding } from './finding.ts';

/** A base image whose tag moves by habit, where the definition names one. */
export function movingBaseFindings({ recipe, sources }: Pick<Definition, 'recipe' | 'sources'>): Finding[] {
  const tag = recipe.fromImage === undefined ? undefined : floatingTag(recipe.fromImage);
  // Without a line, the SDK chose the base, not the definition.
  if (tag === undefined || !sources.base) return [];
  const message = `${recipe.fromImage} is a name that moves to newer images (tag ${tag}). A build takes the image of its time and pins its digest, so the template changes, and is built again, although nobody changed the recipe. Name a version, as python:3.12 does, or a digest.`;
  return [finding('moving-base', message, sources.base)];
}
