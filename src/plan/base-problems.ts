import type { Definition } from '../definition/definition.ts';
import { type Problem, quote } from '../problem.ts';
import { missingCredentials } from '../registry/credential-fields.ts';
import { emptyText, imageReferenceFault, missingValue } from '../registry/reference-fault.ts';
import type { ResolvedBase } from './base.ts';

/**
 * The problems of a recipe's base that its text shows: a reference that is invalid, or empty registry credentials.
 *
 * @param secretsWithheld - whether GitHub withholds secrets, so that empty credentials are no problem
 */
export function baseProblems(
  { file, recipe, sources }: Pick<Definition, 'file' | 'recipe' | 'sources'>,
  { secretsWithheld = false } = {},
): Problem[] {
  const { fromImage, fromTemplate, fromImageRegistry } = recipe;
  const at = sources.base ?? { file, line: 1 };
  const problems: Problem[] = [];
  if (fromTemplate !== undefined) {
    const fault = parentReferenceFault(fromTemplate);
    if (fault) problems.push({ title: 'The parent is not a template', message: `The parent ${fault}`, at });
    return problems;
  }
  const fault = fromImage === undefined ? undefined : imageReferenceFault(fromImage);
  if (fault) problems.push({ title: 'The base is not an image', message: `The base image ${fault}`, at });
  const missing = fromImageRegistry && !secretsWithheld ? missingCredentials(fromImageRegistry) : [];
  if (missing.length > 0) {
    const fields = missing.join(', ');
    problems.push({
      title: 'Registry credentials are empty',
      message: `The credentials of the base image have no ${fields}. A secret that is not set is an empty text: set it in the repository, and pass it in env: of the step. Leave out the credentials if the image is public.`,
      at,
    });
  }
  return problems;
}

/** What the look-up of the base found, at its line. */
export function findingsAtLine(
  { file, sources }: Pick<Definition, 'file' | 'sources'>,
  base: ResolvedBase,
): { readonly problems: Problem[]; readonly warnings: Problem[] } {
  if (base.kind !== 'unknown' || !base.finding) return { problems: [], warnings: [] };
  const { certain, title, message } = base.finding;
  const found = [{ title, message, at: sources.base ?? { file, line: 1 } }];
  return certain ? { problems: found, warnings: [] } : { problems: [], warnings: found };
}

const parent = /^(?:[a-z0-9_-]+\/)?[a-z0-9_-]+(?::[a-z0-9_.-]+)?$/i;

/** Why a text cannot name a template and what to write instead, as the rest of a sentence that begins "The parent". */
function parentReferenceFault(reference: string): string | undefined {
  const example = 'Write a template such as my-base, my-base:v1 or team/my-base.';
  if (reference.trim() === '') return `${emptyText(reference)} ${example}`;
  if (parent.test(reference)) {
    const missing = missingValue(reference);
    return missing && `${missing} ${example}`;
  }
  const trimmed = reference.replace(/[\p{Cf}\s]/gu, '');
  const blanks = parent.test(trimmed);
  const why = blanks
    ? 'which has blanks or a line end around or inside it'
    : 'which is not the name of a template';
  return `is ${quote(reference)}, ${why}. ${blanks ? `Write ${quote(trimmed)}.` : example}`;
}
