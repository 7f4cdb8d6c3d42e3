import { inject, test } from 'vitest';
import { type Loaded, type LoadOptions, load, place } from '../../support/definition-project.ts';

/** Runs only where there is a Python with the SDK. */
export const pythonTest = test.skipIf(inject('python') === '');

/** Loads a recipe in Python with an interpreter that has the SDK. */
export function loadPython(
  files: Record<string, string> | string,
  options: LoadOptions = {},
): Promise<Loaded> {
  return load(typeof files === 'string' ? { 'template.py': files } : files, {
    ...options,
    reading: { python: inject('python'), ...options.reading },
  });
}

/** Each mistake as `template.py:3 title: message`. */
export function mistakes(loaded: Loaded): string[] {
  return loaded.problems.map(({ title, message, at }) => `${place(loaded, at)} ${title}: ${message}`);
}
