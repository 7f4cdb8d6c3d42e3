import { readFileSync } from 'node:fs';
import type { Problem, SourceLocation } from '../../problem.ts';
import type { Definition } from '../definition.ts';
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

/** What every placeholder contains. */
export const placeholderMark = '_the_action_withholds_this_key';

/** The value that a build script finds in place of a key, in the form of the service's keys. No server accepts it. */
export function placeholderFor(name: string): string {
  return `${name.startsWith('E2B_') ? 'e2b' : 'sk'}${placeholderMark}`;
}

/** Refuses a recipe that holds a placeholder, at its line. */
export function placeholderProblems({ file, recipe, steps, sources }: Definition): Problem[] {
  const fault = (part: string, at: SourceLocation | undefined): Problem => ({
    title: 'A key in the template',
    message: `${part} holds a key of the service, which the action does not hand to a definition: it finds a placeholder. A template must not hold keys or tokens; hand them to the sandbox when it starts.`,
    at: at ?? { file, line: 1 },
  });
  const found = steps.flatMap(({ wire, source, addedBySdk }, index) =>
    addedBySdk === undefined && hasPlaceholder(wire)
      ? [fault(`Step ${index + 1} (${wire.type})`, source)]
      : [],
  );
  const { startCmd, readyCmd, ...base } = recipe;
  if (hasPlaceholder(startCmd)) found.push(fault('The start command', sources.start));
  if (hasPlaceholder(readyCmd)) found.push(fault('The ready command', sources.ready));
  if (hasPlaceholder(base)) found.push(fault('The base', sources.base));
  return found;
}

function hasPlaceholder(part: unknown): boolean {
  return JSON.stringify(part ?? '').includes(placeholderMark);
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
