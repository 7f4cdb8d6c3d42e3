import type { RecipeStep } from '../definition/definition.ts';
import { commandOf, type Finding, finding, someOf } from './finding.ts';
import { commandsOf, type ShellCommand } from './shell.ts';

/** `apt-get install` without `apt-get update` in the same step. */
export function aptUpdateFindings(steps: readonly RecipeStep[]): Finding[] {
  let earlier = false;
  return steps.flatMap((step) => {
    let updated = false;
    const packages: string[] = [];
    for (const command of commandsOf(commandOf(step) ?? '')) {
      if (mayUpdate(command)) updated = true;
      else if (!updated) packages.push(...installed(command));
    }
    const before = earlier;
    earlier ||= updated;
    if (packages.length === 0) return [];
    const lists = before
      ? 'it uses the package lists of an earlier step, which comes from the cache, and once they are old, packages are not found'
      : 'most images have no package lists, and then no package is found';
    const message = `apt-get install of ${someOf(packages)} without apt-get update in the same step: ${lists}. Write apt-get update && apt-get install in one step, or use aptInstall().`;
    return [finding('apt-update', message, step.source)];
  });
}

const apt = new Set(['apt', 'apt-get', 'aptitude']);
const optionsWithValue = /^(?:-[oct]|--option|--config-file|--target-release|--default-release)$/;

function operands({ args }: ShellCommand): string[] {
  return args.flatMap(({ text }, at) =>
    text.startsWith('-') || optionsWithValue.test(args[at - 1]?.text ?? '') ? [] : [text],
  );
}

/** The packages that a command takes from the lists. Files of packages are none. */
function installed(command: ShellCommand): string[] {
  if (!apt.has(command.program)) return [];
  const [action, ...packages] = operands(command);
  return action === 'install' ? packages.filter((name) => !/^[./~]|\.deb$/.test(name)) : [];
}

/** Whether a command updates the lists, or runs code that is not in the recipe and may do so, as setup scripts do. */
function mayUpdate(command: ShellCommand): boolean {
  const { program, path } = command;
  if (apt.has(program)) return operands(command)[0] === 'update';
  if (/^(?:add-apt-repository|apt-add-repository|extrepo|source|\.|eval|(?:da|ba|a|z)?sh)$/.test(program))
    return true;
  // A script of the image or of an earlier COPY.
  return path.includes('/') && !/^\/(?:usr\/)?(?:local\/)?s?bin\//.test(path);
}
