import { type ProblemsError, problem } from '../problem.ts';
import type { ListedTemplate } from './entries.ts';

/** A matrix of GitHub makes at most so many jobs. */
const mostEntries = 256;
/** A job's outputs may have 1 MB. */
const mostBytes = 1_000_000;

/** One job of a matrix: inputs of the build action by their names. */
export type MatrixEntry = Readonly<Record<string, string | number | boolean>>;

/**
 * The value of `strategy.matrix` for a job per template, as JSON: `{"include":[{"name":"my-agent",…},…]}`.
 *
 * @throws ProblemsError when GitHub would not take it, with the way to split the list
 */
export function matrixText(templates: readonly Pick<ListedTemplate, 'values'>[]): string {
  if (templates.length > mostEntries)
    throw tooLarge(`found ${templates.length} templates, and a matrix has at most ${mostEntries} jobs`);
  const text = JSON.stringify({ include: templates.map(matrixEntry) });
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes)
    throw tooLarge(`the matrix has ${bytes} bytes, and the outputs of a job at most ${mostBytes}`);
  return text;
}

function matrixEntry({ values }: Pick<ListedTemplate, 'values'>): MatrixEntry {
  const { name = '', ...others } = Object.fromEntries(values);
  const typed = Object.entries(others).map(([key, value]) => [key, typedValue(value)]);
  return { name, ...Object.fromEntries(typed) };
}

/** A flag and a number as such, so that an expression may ask for them; the build step gets the same text. */
function typedValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^(?:0|[1-9]\d{0,8})$/.test(text) ? Number(text) : text;
}

function tooLarge(found: string): ProblemsError {
  return problem(
    'Too many templates for one matrix',
    `${found}. Split the list: a step for each part, such as templates: services/[a-m]*/template.ts and templates: services/[n-z]*/template.ts, or a manifest for each, and a job with a matrix for each.`,
  );
}
