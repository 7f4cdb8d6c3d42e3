import table from './action-inputs.json' with { type: 'json' };

/** The commands, which are the published actions. */
export const commandNames = ['build', 'promote', 'wait', 'cleanup', 'list', 'comment'] as const;
export type CommandName = (typeof commandNames)[number];

/** An option of a command, made from an input of its action. */
export interface CommandOption {
  /** `cpu-count`. */
  readonly name: string;
  readonly description: string;
  readonly default: string;
  /** It is `true` or `false`, and on its own it is `true`. */
  readonly flag: boolean;
  /** It may be given several times: each is a line of the input. */
  readonly many: boolean;
}

interface Row {
  readonly name: string;
  readonly description: string;
  readonly default?: string;
  readonly flag?: boolean;
}

/** What `scripts/command-options.ts` writes. */
const actionInputs: Readonly<
  Record<CommandName, { readonly description: string; readonly inputs: readonly Row[] }>
> = table;

/** Inputs of several lines. */
const lists = ['tags', 'build-args', 'templates', 'result'];

/** The options of a command, in the order of its `action.yml`. */
export function optionsOf(command: CommandName): CommandOption[] {
  return actionInputs[command].inputs.map(({ name, description, ...rest }) => ({
    name,
    description,
    default: rest.default ?? '',
    flag: rest.flag ?? false,
    many: lists.includes(name) || (command === 'cleanup' && name === 'name'),
  }));
}

/** What a command does, in one line. */
export function descriptionOf(command: CommandName): string {
  return actionInputs[command].description;
}
