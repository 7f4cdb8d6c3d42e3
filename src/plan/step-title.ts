import type { WireStep } from '../service/types.ts';

/**
 * What a step is, on one line: `RUN pip install requests`, `COPY app /app`, `ENV PORT, HOST`. Values of ENV are
 * left out, since they may be secrets, and so is everything after the first line of a command.
 */
export function stepTitle(step: WireStep): string {
  const type = step.type.toUpperCase();
  const args = step.args ?? [];
  switch (type) {
    case 'RUN': {
      const [command = '', user] = args;
      return `${type} ${firstLine(command)}${user ? ` (as ${user})` : ''}`;
    }
    case 'COPY':
    case 'ADD': {
      const [source = '', destination = '', owner] = args;
      return `${type} ${source} ${destination}${owner ? ` (for ${owner})` : ''}`;
    }
    case 'ENV':
    case 'ARG':
      return `${type} ${args.filter((_, index) => index % 2 === 0).join(', ')}`;
    default:
      return [type, ...args].join(' ').trim();
  }
}

function firstLine(command: string): string {
  const [first = '', ...rest] = command.trim().split(/\r?\n/);
  return rest.length > 0 ? `${first.trimEnd()} …` : first;
}
