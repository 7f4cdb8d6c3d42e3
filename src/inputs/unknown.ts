import { nearest } from '../nearest.ts';
import type { Problem } from '../problem.ts';

/** Letters in which a name may differ from an input's name and still count as a typing error. */
const slip = 2;

/**
 * Finds inputs that the action does not have. The runner only warns about them and passes them on, so `tag: v1` would
 * move `latest`. A name close to that of an input is a mistake. Any other is a warning, since it may be a variable of
 * the job whose name begins with INPUT_.
 */
export function unknownInputs(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
): { readonly problems: Problem[]; readonly warnings: Problem[] } {
  const variables = new Set(names.map(variableOf));
  const byLetters = new Map(names.map((name) => [lettersOf(name), name]));
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const variable of Object.keys(env).map((name) => name.toUpperCase())) {
    if (!/^INPUT_./.test(variable) || variables.has(variable)) continue;
    const name = variable.slice('INPUT_'.length).toLowerCase().slice(0, 80);
    const title = `Input ${name}`;
    const near = byLetters.get(nearest(lettersOf(name), [...byLetters.keys()], slip) ?? '');
    if (near !== undefined) {
      const message = `There is no input \`${name}\`; did you mean \`${near}\`? Correct the name, or remove it.`;
      problems.push({ title, message });
    } else {
      const message = `There is no input \`${name}\`, so it does nothing. Remove it from \`with:\`. The README lists all inputs.`;
      warnings.push({ title, message });
    }
  }
  return { problems, warnings };
}

/** The variable in which the runner passes the input of this name. */
export function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

/** A name without its separators, so that `cpuCount` and `cpu_count` are close to `cpu-count`. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
