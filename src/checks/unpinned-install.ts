import type { RecipeStep } from '../definition/definition.ts';
import type { Comments } from './comments.ts';
import { commandOf, type Finding, finding, someOf } from './finding.ts';
import { lostVersion } from './lost-specifier.ts';
import { commandsOf, type ShellCommand, type ShellWord } from './shell.ts';

/**
 * Packages of Python and of npm that the recipe installs in whatever version there is. One finding for all steps: whoever
 * names no versions does so everywhere, and a warning for each step would hide the others.
 */
export function unpinnedFindings(
  steps: readonly RecipeStep[],
  { silence }: Pick<Comments, 'silence'>,
): Finding[] {
  const installs = steps.flatMap((step) => {
    const { source } = step;
    if (source && silence('unpinned-install', source)) return [];
    return commandsOf(commandOf(step) ?? '').flatMap((command) => {
      const install = unpinned(command);
      return install && install.names.length > 0 ? [{ ...install, source }] : [];
    });
  });
  const [first] = installs;
  if (!first) return [];
  const names = new Set(installs.flatMap((install) => install.names));
  const example = `${first.names[0]}${first.of === 'python' ? '==' : '@'}<version>`;
  const file = first.of === 'python' ? 'a requirements file with versions (-r)' : 'a lockfile (npm ci)';
  const lines = installs.flatMap(({ source }) => (source?.file === first.source?.file ? [source?.line] : []));
  const [, ...others] = new Set(lines);
  const also =
    others.length > 0 ? ` The same at ${others.length > 1 ? 'lines' : 'line'} ${others.join(', ')}.` : '';
  const message = `${someOf([...names])}: no version is named, so a later build installs what is newest by then, and a layer from the cache keeps what is old. Write ${example}, or install from ${file}.${also}`;
  return [finding('unpinned-install', message, first.source)];
}

interface Install {
  readonly of: 'python' | 'npm';
  readonly names: readonly string[];
}

function unpinned({ program, args, outputs }: ShellCommand): Install | undefined {
  // A version is there, and the shell takes it away.
  if (lostVersion(outputs) !== undefined) return undefined;
  const words = args.map(({ text }) => text);
  const at = (count: number) => args.slice(count);
  if (/^pip[\d.]*$/.test(program)) return pip(args);
  if (/^python[\d.]*$/.test(program) && words[0] === '-m' && words[1] === 'pip') return pip(at(2));
  if (program === 'uv' && words[0] === 'pip') return pip(at(1));
  if (program === 'uv' && words[0] === 'tool') return pip(at(1));
  if (program === 'pipx') return pip(args);
  if (program === 'yarn' && words[0] === 'global') return npm(at(1));
  if (/^(?:npm|pnpm|yarn|bun)$/.test(program)) return npm(args);
  return undefined;
}

const pipValues =
  /^(?:-[etifpC]|--(?:editable|target|prefix|root|index-url|extra-index-url|find-links|platform|python|python-version|implementation|abi|no-binary|only-binary|progress-bar|trusted-host|proxy|retries|timeout|cache-dir|src|upgrade-strategy|config-settings|global-option|report|log|index|default-index|with|cert))$/;

/** What carries its own versions, or asks for the newest on purpose. */
const pipTools = new Set(['pip', 'setuptools', 'wheel', 'uv', 'pipx']);

function pip(args: readonly ShellWord[]): Install | undefined {
  const action = args.find(({ text }) => !text.startsWith('-'));
  if (action?.text !== 'install') return undefined;
  const rest = args.slice(args.indexOf(action) + 1);
  // The newest is asked for in so many words, as npm's @latest does.
  if (rest.some(({ text }) => /^(?:-[a-zA-Z]*U[a-zA-Z]*|--upgrade)$/.test(text))) return undefined;
  // Requirements and constraints name the versions.
  if (rest.some(({ text }) => /^(?:-[rc].*|--(?:requirements?|constraints?)(?:=.*)?)$/.test(text)))
    return undefined;
  const names = packagesIn(rest, pipValues).filter(
    (text) =>
      /^[A-Za-z\d][\w.-]*(?:\[[\w\s,.-]+\])?$/.test(text) &&
      !/\.(?:whl|zip|tar\.\w+|tgz)$/.test(text) &&
      !pipTools.has(text.toLowerCase()),
  );
  return { of: 'python', names };
}

const npmValues =
  /^(?:-[Cwd]|--(?:prefix|registry|cache|dir|cwd|loglevel|tag|workspace|omit|include|filter|store-dir|modules-folder|global-dir|backend|userconfig))$/;

function npm(args: readonly ShellWord[]): Install | undefined {
  const [action, ...rest] = packagesAndAction(args);
  if (action === undefined || !/^(?:install|i|in|add)$/.test(action.text)) return undefined;
  const names = packagesIn(rest, npmValues).filter(
    (text) => /^(?:@[\w.-]+\/)?[\w.-]+$/.test(text) && !/^\.|\.(?:tgz|tar\.gz)$|^npm$/.test(text),
  );
  return { of: 'npm', names };
}

/** From the first word that is no option; options before it stay behind it, where they mean the same. */
function packagesAndAction(args: readonly ShellWord[]): ShellWord[] {
  const at = args.findIndex(
    ({ text }, index) => !text.startsWith('-') && !npmValues.test(args[index - 1]?.text ?? ''),
  );
  return at < 0 ? [] : args.slice(at);
}

/** The words that are neither options nor their values, and that the shell does not replace. */
function packagesIn(args: readonly ShellWord[], withValue: RegExp): string[] {
  return args.flatMap(({ text, fixed }, at) =>
    !fixed || text.startsWith('-') || withValue.test(args[at - 1]?.text ?? '') ? [] : [text],
  );
}
