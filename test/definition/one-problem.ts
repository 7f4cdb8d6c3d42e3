import { expect } from 'vitest';
import { type LoadOptions, load, place } from '../support/definition-project.ts';

/** The files of a project, the place that is named if one is known, and what is said. */
export type Mistake = [
  files: Record<string, string>,
  at: string | undefined,
  message: RegExp,
  options?: LoadOptions,
];

/** Loads the first of the files and holds what comes of it to one problem at this place, in plain words. */
export async function expectOneProblem(...[files, at, message, options]: Mistake): Promise<void> {
  const loaded = await load(files, options);
  const [found, ...others] = loaded.problems;
  expect(others).toEqual([]);
  const column = found?.at?.column ? `:${found.at.column}` : '';
  expect(found?.at && `${place(loaded, found.at)}${column}`).toBe(at);
  expect(found?.message).toMatch(message);
  // Neither our own files nor a stack belong into what a person reads.
  expect(`${found?.title} ${found?.message}`).not.toMatch(/\n\s+at |host\.ts|node_modules|jiti|\[object/);
  expect(loaded.stderr.join('\n')).not.toMatch(/src\/definition|build failed/);
}
