import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import { type CommandName, type CommandOption, commandNames, descriptionOf, optionsOf } from './options.ts';

/** A command line whose options are right. */
export interface ParsedCommand {
  readonly name: CommandName;
  /** Inputs of the action by name, defaults included. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly files: {
    readonly outputs?: string | undefined;
    readonly result?: string | undefined;
    readonly summaries: readonly string[];
  };
  /** The default branch, where the CI system names none. */
  readonly defaultBranch?: string | undefined;
  /** The result goes to stdout as JSON, and the log to stderr. */
  readonly json: boolean;
}

export interface Printer {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const about = `Builds Novita sandbox templates, in CI or from a terminal.

Exit codes: 0 done, 1 failed, 2 wrong options, 130 interrupted.
docs/command.md has examples for each CI system.`;

/** Options of every command, which are no inputs of an action. */
const commonOptions = [
  new Option(
    '--outputs-file <path>',
    'write the outputs to this file: a JSON object for a .json file, else NAME=value lines (dotenv)',
  ),
  new Option(
    '--summary-file <path>',
    'write the summary to this file: a page for an .html file, else Markdown; may be given twice',
  ).argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]),
  new Option('--result-file <path>', 'write the result document to this file'),
  new Option('--default-branch <name>', 'the default branch, where the CI system names none'),
  new Option('--json', 'print the result document on stdout, and everything else on stderr'),
];

/**
 * Parses a command line. Help and mistakes are printed.
 *
 * @returns the command, or the exit code where nothing is to be run
 */
export function parseCommandLine(
  words: readonly string[],
  { out, error }: Printer,
): ParsedCommand | { readonly exitCode: number } {
  let parsed: ParsedCommand | undefined;
  const program = new Command('novita-template')
    .description(about)
    .version(version)
    .showHelpAfterError('(--help lists the commands)');
  for (const name of commandNames) {
    const options = optionsOf(name);
    const command = new Command(name)
      .description(descriptionOf(name))
      .showHelpAfterError(`(novita-template ${name} --help lists the options)`);
    const [argument, target] = positional[name] ?? [];
    if (argument !== undefined) command.argument(argument, `the same as --${target}`);
    for (const option of options) for (const each of asOptions(option)) command.addOption(each);
    for (const option of commonOptions) command.addOption(option);
    command.action((...given: unknown[]) => {
      const values = command.opts();
      const place = argument === undefined ? undefined : [given[0]].flat().filter((one) => one !== undefined);
      parsed = {
        name,
        inputs: inputsOf(options, values, target, place as string[] | undefined),
        files: {
          outputs: values['outputsFile'],
          result: values['resultFile'],
          summaries: values['summaryFile'] ?? [],
        },
        defaultBranch: values['defaultBranch'],
        json: values['json'] === true,
      };
    });
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut: out, writeErr: error });
  try {
    program.parse(words, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return { exitCode: thrown.exitCode === 0 ? 0 : 2 };
  }
  return parsed ?? { exitCode: 2 };
}

/** What may stand without the name of its option. */
const positional: Partial<Record<CommandName, readonly [argument: string, option: string]>> = {
  build: ['[template]', 'template'],
  list: ['[templates...]', 'templates'],
};

function asOptions({ name, description, flag, many, default: usual }: CommandOption): Option[] {
  const shown = usual === '' ? description : `${description} (default: ${usual})`;
  if (flag) {
    const off = new Option(`--no-${name}`, `the same as --${name} false`);
    return [new Option(`--${name} [boolean]`, shown).preset('true'), usual === 'true' ? off : off.hideHelp()];
  }
  const option = new Option(`--${name} <text>`, shown);
  if (many)
    option.argParser((value: string, before: string | undefined) =>
      before === undefined ? value : `${before}\n${value}`,
    );
  return [option];
}

function inputsOf(
  options: readonly CommandOption[],
  values: Record<string, unknown>,
  target: string | undefined,
  place: readonly string[] | undefined,
): Record<string, string> {
  return Object.fromEntries(
    options.map(({ name, default: usual }) => {
      const given = values[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
      const value = given === undefined && name === target && place?.length ? place.join('\n') : given;
      return [name, value === undefined ? usual : String(value)];
    }),
  );
}
