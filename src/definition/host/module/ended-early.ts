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

/** The problem of a script that came to its end and called no build. */
export function endedWithoutBuild(
  file: string,
  ending: Ending | undefined,
  undone: readonly LeftUndone[],
): ProblemsError {
  const [waiting] = undone;
  const fix =
    'The action runs the script to learn what it builds, with no arguments and without the service.';
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
    `The script came to its end, exports no template, and did not call Template.build(); what it printed above may say why. ${fix}`,
    { file, line: 1 },
  );
}
