import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { problem, quote } from '../problem.ts';
import { type PlanOfResult, planOfResult } from '../report/known-plan.ts';

/** Reads a build's result file, if one is given. Rejects with a `ProblemsError`. */
export async function readResult(
  path: string,
  buildId: string,
  workspace = process.cwd(),
): Promise<PlanOfResult> {
  if (path === '') return {};
  const text = await readFile(resolve(workspace, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem('Input result', `${quote(path)} could not be read (${error.code ?? error.message}).`);
  });
  return planOfResult(text, buildId, workspace);
}
