import { readFileSync } from 'node:fs';
import { isWithheld } from '../environment.ts';

const variable = /\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g;
const aboutKeys = /\b(?:api|access)[ _-]?(?:key|token)s?\b/i;

/**
 * Says of a definition that fails for want of a key or token that it gets none on purpose, so that nobody sets it again
 * and again. Empty where nothing points at such a variable.
 *
 * @param said what the definition threw or printed
 * @param files the files that may read the variable
 */
export function withheldHint(said: string, files: readonly string[]): string {
  const named = withheldIn(said);
  const others = (said.match(variable) ?? []).some((name) => !isWithheld(name));
  // `The API key is missing` names no variable. The file that says so does.
  const names = named.length > 0 || others || !aboutKeys.test(said) ? named : files.flatMap(withheldInFile);
  const [first, ...rest] = [...new Set(names)];
  if (!first) return '';
  const list = [first, ...rest].join(', ');
  return ` The action does not hand ${list} to a definition, on purpose: it describes the template, and the action itself calls the service. Setting the variable again changes nothing. Take the check out, or move it to where the key is used.`;
}

function withheldIn(text: string): string[] {
  return (text.match(variable) ?? []).filter(isWithheld);
}

function withheldInFile(file: string): string[] {
  try {
    return withheldIn(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

const keptCharacters = 4_000;

/** Keeps the end of what the definition prints. */
export function watchOutput(): () => string {
  let kept = '';
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write;
    stream.write = function watched(this: typeof stream, chunk: string | Uint8Array, ...rest: never[]) {
      if (typeof chunk === 'string') kept = (kept + chunk).slice(-keptCharacters);
      return Reflect.apply(write, this, [chunk, ...rest]);
    };
  }
  return () => kept;
}
