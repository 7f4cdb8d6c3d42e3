import { environmentTitle, stepTitle } from '../plan/step-title.ts';
import type { WireStep } from '../service/types.ts';

/** A step as its header in the log tells it. */
export interface AnnouncedStep {
  readonly title: string;
  readonly hidden?: 'environment';
  /** The step as far as its arguments can be told apart again, which stand side by side with spaces between. */
  readonly wire: WireStep;
}

/** The script with which the SDK writes the environment of sandboxes. */
const environmentScript = /^echo [A-Za-z0-9+/=]{16,} \| base64 -d > \/tmp\/[\w.-]*image-env\.sh\b/;

/** Commands of the SDK's helpers that always run as root; their user stands last, like one more argument. */
const rootCommand =
  /^(?:apt-get update && DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install|pip install(?! --user)|(?:npm|bun) install -g|mcp-gateway pull|devcontainer build --workspace-folder) /;

/**
 * Reads a header such as `RUN pip install x` or `ENV PORT 8000`. Values of ENV are left out, since they may be
 * secrets.
 */
export function announcedStep(text: string): AnnouncedStep {
  const [, type = '', rest = ''] = /^(\S+)\s?([\s\S]*)$/.exec(text) ?? [];
  switch (type) {
    case 'RUN': {
      const wire = { type, args: runArguments(rest) };
      if (!environmentScript.test(rest)) return { title: stepTitle(wire), wire };
      return { title: environmentTitle, hidden: 'environment', wire };
    }
    case 'COPY':
    case 'ADD': {
      const args = rest.split(' ');
      // Source, destination, owner and mode, the last two often empty. With a blank in a path there are more parts.
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
