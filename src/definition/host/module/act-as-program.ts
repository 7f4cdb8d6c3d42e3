import { placeholderFor } from '../withheld-keys.ts';
import type { BuildScript } from './script-text.ts';

/** Keys that a build script may look for without a word of them in its text. */
const usualKeys = ['NOVITA_API_KEY', 'E2B_API_KEY'];

/**
 * Lets a build script find what it has when a person starts it: its own path as the program's, and a key. The key is a
 * placeholder that no server accepts.
 */
export function actAsProgram(file: string, { keys }: BuildScript): void {
  process.argv[1] = file;
  for (const name of [...usualKeys, ...keys]) process.env[name] ??= placeholderFor(name);
}
