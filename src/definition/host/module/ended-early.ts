import { type ProblemsError, problem } from '../../../problem.ts';
import type { Ending } from '../guard-exit.ts';
import type { LeftUndone } from './service-calls.ts';

/** Remembers the last error that a script prints: many catch all and print it. */
export function watchPrintedErrors(): () => Error | undefined {
  let last: Error | undefined;
  for (const method of ['error', 'warn', 'log'] as const) {
    const print = console[method];
    console[method] = (...values: unknown[]) => {
      last = values.findLast((value) => value instanceof Error) ?? last;
      print.apply(console, values);
    };
  }
  return () => last;
}

interface ScriptWithoutBuild {
  readonly ending: Ending | undefined;
  readonly undone: readonly LeftUndone[];
  /** What the module exports, where it was evaluated. */
  readonly exports: unknown;
}

/** The problem of a script that came to its end and called no build. */
export function endedWithoutBuild(
  file: string,
  { ending, undone, exports }: ScriptWithoutBuild,
): ProblemsError {
  const [waiting] = undone;
  const fix = `The action runs the script to learn what it builds, without the service, and with no arguments but those of the input args, such as args: '["prod"]'.`;
  if (ending?.how === 'exit') {
    return problem(
      'The script ends before it builds',
      `process.exit() ends the script before it calls Template.build(); what it printed above may say why. ${fix}`,
      ending.at,
    );
  }
  if (waiting) {
    return problem(
      'The script needs the service before it builds',
      `${waiting.call} gets no answer here, and Template.build() was not called before. ${fix} Call Template.build() first, or export the template.`,
      waiting.at ?? { file, line: 1 },
    );
  }
  return problem(
    'The script builds nothing',
    `The script came to its end, exports no template, and did not call Template.build(); what it printed above may say why. ${calling(exports) || fix}`,
    { file, line: 1 },
  );
}

/** How to have a function called that the script only exports. */
function calling(exports: unknown): string {
  const functions = Object.entries(Object(exports)).filter(([, value]) => typeof value === 'function');
  if (functions.length === 0) return '';
  const names = functions.map(([name]) => name).join(', ');
  return `It exports functions (${names}) and calls none that builds: name the one that does with the input export:.`;
}
