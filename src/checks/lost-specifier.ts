import type { DefinitionWarning, RecipeStep } from '../definition/definition.ts';
import { commandOf, type Finding } from './finding.ts';
import { commandsOf } from './shell.ts';

/**
 * `pip install requests>=2` without quotes: the shell writes what pip prints to a file named `=2`, and pip installs any
 * version. The helpers of the builder are looked at where they are called.
 */
export function lostSpecifierFindings(
  steps: readonly RecipeStep[],
  seen: readonly DefinitionWarning[],
): Finding[] {
  return steps.flatMap((step) => {
    const { source } = step;
    const known = seen.some(
      ({ rule, at }) => rule === 'shell-argument' && at?.file === source?.file && at?.line === source?.line,
    );
    const lost = known
      ? undefined
      : commandsOf(commandOf(step) ?? '')
          .filter(({ program, args }) => /^(?:pip|uv|npm|python)/.test(program) && args.length > 0)
          .map(({ outputs }) => lostVersion(outputs))
          .find((output) => output !== undefined);
    if (lost === undefined) return [];
    const message = `The shell reads > as a redirection: it writes to a file named ${lost}, and the version is lost. Put the package and its version into quotes: "requests>=2.32".`;
    return [
      {
        rule: 'shell-argument',
        title: 'The shell misreads a version',
        message,
        ...(source && { at: source }),
      },
    ];
  });
}

/** The file among those that a command writes to that was meant as the version of a package. */
export function lostVersion(outputs: readonly string[]): string | undefined {
  return outputs.find((output) => /^=?\d[\w.]*$|^=/.test(output));
}
