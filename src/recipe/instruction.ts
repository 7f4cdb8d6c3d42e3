import type { Instruction } from '../api/types.ts';

/** A step, read from its header in the log. */
export interface StepHeaderText {
  readonly title: string;
  readonly addedBySdk?: 'environment';
  /** The step with the arguments that can be separated again: the header joins them with spaces. */
  readonly wire: Instruction;
}

/** The command with which the SDK writes the environment of sandboxes: a script in base64. */
const environmentCommand = /^echo ([A-Za-z0-9+/=]{16,}) \| base64 -d > \/tmp\/[\w.-]*image-env\.sh\b/;

/** Whether the SDK added the step to write the environment of sandboxes. */
export function isEnvironmentScript(step: Instruction): boolean {
  return environmentScript(step) !== undefined;
}

/** The script of such a step; `undefined` for any other. */
export function environmentScript({ type, args = [] }: Instruction): string | undefined {
  const base64 = type.toUpperCase() === 'RUN' ? environmentCommand.exec(args[0] ?? '')?.[1] : undefined;
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}

/** A variable of an ENV or ARG step; the last one may lack its value. */
export interface Variable {
  readonly name: string;
  readonly value: string | undefined;
}

/** The variables of an ENV or ARG step, in order: its arguments are names and values in turn. */
export function variablesOf({ type, args = [] }: Instruction): Variable[] {
  if (!/^(?:ENV|ARG)$/i.test(type)) return [];
  return args.flatMap((name, at) => (at % 2 === 0 ? [{ name, value: args[at + 1] }] : []));
}

/** The names that an ENV step sets; none for any other step. */
export function envNames(step: Instruction): string[] {
  return step.type.toUpperCase() === 'ENV' ? variablesOf(step).map(({ name }) => name) : [];
}

/** The number of the step that an id of the log means; `undefined` for a phase such as `base`. */
export function stepNumber(stepId: string | undefined): number | undefined {
  return stepId !== undefined && /^[1-9]\d{0,5}$/.test(stepId) ? Number(stepId) : undefined;
}

/** Commands of the SDK's helpers that always run as root; the header ends with the user, like one more argument. */
const rootCommand =
  /^(?:apt-get update && DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install|pip install(?! --user)|(?:npm|bun) install -g|mcp-gateway pull|devcontainer build --workspace-folder) /;

/** Reads a header such as `RUN pip install x` or `ENV PORT 8000`. Values of ENV are left out: they may be secrets. */
export function parseAnnouncedStep(text: string): StepHeaderText {
  const [, type = '', rest = ''] = /^(\S+)\s?([\s\S]*)$/.exec(text) ?? [];
  switch (type) {
    case 'RUN': {
      const wire = { type, args: runArguments(rest) };
      if (!isEnvironmentScript(wire)) return { title: stepTitle(wire), wire };
      return { title: environmentTitle, addedBySdk: 'environment', wire };
    }
    case 'COPY':
    case 'ADD': {
      const args = rest.split(' ');
      // Source, destination, owner and mode; the last two are often empty. A path with a space makes more parts.
      const title = args.length === 4 ? stepTitle({ type, args }) : firstLine(text);
      return { title, wire: { type } };
    }
    case 'ENV':
    case 'ARG': {
      const [name = '', ...values] = rest.split(/\s+/);
      return { title: `${type} ${name}${values.length > 1 ? ' …' : ''}`, wire: { type } };
    }
    case 'USER':
    case 'WORKDIR':
      return { title: `${type} ${rest.trim()}`, wire: { type, args: [rest.trim()] } };
    default:
      return { title: firstLine(text), wire: { type } };
  }
}

function runArguments(rest: string): string[] {
  const command = rest.trimEnd();
  if (!rootCommand.test(command) || !/\S \S+ root$/.test(command)) return [rest];
  return [command.slice(0, -' root'.length), 'root'];
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').trim();
}

/** The title of the step with which the SDK writes the environment of sandboxes. */
export const environmentTitle = 'RUN environment for sandboxes';

/**
 * A step on one line, as it was written: `RUN apt-get install -y git (as root)`, `COPY app /app`, `ENV PORT, HOST`.
 * Values of ENV are left out, since they may be secrets. Of a command only the first line that does something is kept.
 */
export function stepTitle(step: Instruction): string {
  const type = step.type.toUpperCase();
  const args = step.args ?? [];
  switch (type) {
    case 'RUN': {
      const [command = '', user] = args;
      return `${type} ${commandTitle(command)}${user ? ` (as ${user})` : ''}`;
    }
    case 'COPY':
    case 'ADD': {
      const [source = '', destination = '', owner, mode] = args;
      const rights = [owner && `for ${owner}`, mode && `mode ${mode}`].filter(Boolean).join(', ');
      return `${type} ${source} ${destination}${rights && ` (${rights})`}`;
    }
    case 'ENV':
    case 'ARG':
      return `${type} ${variablesOf(step)
        .map(({ name }) => name)
        .join(', ')}`;
    default:
      return [type, ...args].join(' ').trim();
  }
}

/** What helpers of the SDK add around a command. */
const wrappings: readonly RegExp[] = [
  // aptInstall()
  /^apt-get update && DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes (?=apt-get install )/,
  // betaSetDevContainerStart()
  /^sudo (?=devcontainer up )| && sudo \/prepare-exec\.sh [\s\S]*devcontainer\.up$/g,
];

/** A command without what a helper of the SDK added. */
export function writtenCommand(command: string): string {
  return wrappings.reduce((text, wrapping) => text.replace(wrapping, ''), command.trim());
}

/** A command on one line: the first that does something. */
export function commandTitle(command: string): string {
  const lines = writtenCommand(command).split(/\r?\n/);
  const first = Math.max(0, lines.findIndex(doesSomething));
  const shown = (lines[first] ?? '').trim();
  return first < lines.length - 1 ? `${shown} …` : shown;
}

/** Not a comment, and nothing that only sets how the shell runs what follows. */
function doesSomething(line: string): boolean {
  return !/^\s*(?:$|#|set [-+])/.test(line) || /^\s*set [-+][^;&|]*[;&|]/.test(line);
}
