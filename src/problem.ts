/** A place in one of the user's files. `file` is absolute; `line` and `column` count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** A mistake in an input, a definition or a recipe, in the user's terms. All rooms report mistakes in this form. */
export interface Problem {
  /** What is wrong, in a few words; becomes the title of an annotation. */
  readonly title: string;
  /** What was found, what is expected and how to fix it. One or more sentences, plain text. */
  readonly message: string;
  /** The line with the mistake, where it is in a file. */
  readonly at?: SourceLocation;
}

/**
 * Thrown for mistakes in inputs, the definition or the recipe. It has all problems that were found, so that one run names
 * them all. Its stack trace never reaches the log.
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

/** A text of at most `length` characters; a longer one ends with `…`. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** A value for a message: in quotes, on one line, cut at 80 characters. */
export function quote(value: string): string {
  return JSON.stringify(shorten(value, 80));
}

/** A text in the form that it has in a definition: `'app/\\\\[id]'`. */
export function javascriptText(value: string): string {
  const inside = JSON.stringify(value).slice(1, -1);
  if (!value.includes("'")) return `'${inside.replaceAll('\\"', '"')}'`;
  return `"${inside}"`;
}

/** Runs a stage and adds its mistakes to the others. Returns `undefined` if it has any. */
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
