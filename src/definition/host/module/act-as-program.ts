import { placeholderKey, placeholderNames } from '../placeholder-key.ts';
import type { BuildScript } from './script-text.ts';

/**
 * Lets a build script find what it has when a person starts it: its own path as the program's, and a key. The key is a
 * placeholder that no server accepts.
 *
 * @param args the input `args`: the words of a list are the arguments of the program
 */
export function actAsProgram(file: string, { keys }: BuildScript, args: unknown): void {
  process.argv[1] = file;
  if (Array.isArray(args)) process.argv.push(...args.map(String));
  for (const name of [...placeholderNames, ...keys]) process.env[name] ??= placeholderKey;
}
