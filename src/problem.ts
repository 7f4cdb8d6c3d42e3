/**
 * What is wrong and how to mend it, in the user's terms. The one vocabulary in which every room of the
 * code reports a mistake in an input, a definition or a recipe.
 */

/** A place in one of the user's files. `file` is absolute; `line` and `column` count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** One mistake, told so that a person can mend it. */
export interface Problem {
  /** What is wrong, in a few words; becomes the title of an annotation. */
  readonly title: string;
  /** What was found, what is expected and how to mend it. One or more sentences, plain text. */
  readonly message: string;
  /** The line it concerns, where it concerns one. */
  readonly at?: SourceLocation;
}

/**
 * Thrown when the user's side of things is wrong: inputs, the definition, the recipe. Carries every
 * problem that was found, so that one run names them all. Never carries a stack trace to the log.
 */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError';
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems.map((problem) => `${problem.title}: ${problem.message}`).join('\n'));
    this.problems = problems;
  }
}

/** Throws a {@link ProblemsError} when there is at least one problem. */
export function throwIfAny(problems: readonly Problem[]): void {
  const [first, ...rest] = problems;
  if (first) throw new ProblemsError([first, ...rest]);
}

/** A {@link ProblemsError} with a single problem. */
export function problem(title: string, message: string, at?: SourceLocation): ProblemsError {
  return new ProblemsError([at ? { title, message, at } : { title, message }]);
}

/** A value as it stands in a message: in quotes, on one line, cut at 80 characters. */
export function quote(value: string): string {
  const shown = value.length > 80 ? `${value.slice(0, 79)}…` : value;
  return JSON.stringify(shown);
}

/** A text as it is written in a definition: `'app/\\\\[id]'`. */
export function javascriptText(value: string): string {
  const inside = JSON.stringify(value).slice(1, -1);
  if (!value.includes("'")) return `'${inside.replaceAll('\\"', '"')}'`;
  return `"${inside}"`;
}

/** Runs a stage whose mistakes are to be told together with those of others: notes them and gives `undefined`. */
export async function collectProblems<T>(
  problems: Problem[],
  stage: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await stage();
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
