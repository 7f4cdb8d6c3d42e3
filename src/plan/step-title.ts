import type { WireStep } from '../service/types.ts';

/** The step with which the SDK writes the environment of sandboxes, before it has a name of its own. */
export const environmentTitle = 'RUN environment for sandboxes';

/**
 * What a step is, on one line and as the person wrote it: `RUN apt-get install -y git (as root)`, `COPY app /app`,
 * `ENV PORT, HOST`. Values of ENV are left out, since they may be secrets, and so is everything after the first line of
 * a command that does something.
 */
export function stepTitle(step: WireStep): string {
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
      return `${type} ${args.filter((_, index) => index % 2 === 0).join(', ')}`;
    default:
      return [type, ...args].join(' ').trim();
  }
}

/** What helpers of the SDK put around what a person asked them for. */
const wrappings: readonly RegExp[] = [
  // aptInstall()
  /^apt-get update && DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes (?=apt-get install )/,
  // betaSetDevContainerStart()
  /^sudo (?=devcontainer up )| && sudo \/prepare-exec\.sh [\s\S]*devcontainer\.up$/g,
];

/** A command without what a helper of the SDK put around it. */
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
