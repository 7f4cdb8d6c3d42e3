import { parseArgs } from 'node:util';
import { LOCAL_API_KEY, type LocalService, startLocalService } from './service.ts';
import { createSimulatedExecutor } from './simulated.ts';

const HELP = `Serves the template service on 127.0.0.1, simulated: it answers like the real one and runs nothing.

  --port N      port to listen on (default: any free port)
  --api-key K   key that clients must send (default: ${LOCAL_API_KEY})
  --step-ms N   how long a simulated RUN takes, in milliseconds (default: 500)
  --help        print this

Ends on Ctrl-C.
`;

/** What the command line asks for; `help` holds a text to print, `mistake` one to fail with. */
export type Command =
  | { readonly port: number; readonly apiKey: string; readonly stepMs: number }
  | { readonly help: string }
  | { readonly mistake: string };

/** Reads the arguments that follow the program's name. */
export function parseCommand(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        'api-key': { type: 'string', default: LOCAL_API_KEY },
        'step-ms': { type: 'string', default: '500' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { help: HELP };
    return {
      port: wholeNumber('--port', values.port, 65_535),
      apiKey: values['api-key'],
      stepMs: wholeNumber('--step-ms', values['step-ms'], 3_600_000),
    };
  } catch (error) {
    return { mistake: `${(error as Error).message.split('\n', 1)[0]}\nTry --help.\n` };
  }
}

/** Starts the service and tells how to point a client at it. */
export async function serve(
  command: { readonly port: number; readonly apiKey: string; readonly stepMs: number },
  print: (text: string) => void,
): Promise<LocalService> {
  const service = await startLocalService({
    port: command.port,
    apiKey: command.apiKey,
    executor: createSimulatedExecutor({ stepMs: command.stepMs }),
    keepRequests: 0,
  });
  print(
    `The template service listens on ${service.url} (simulated: it runs nothing). Point a client at it with\n` +
      `NOVITA_API_URL=${service.url}\nNOVITA_API_KEY=${service.apiKey}\n`,
  );
  return service;
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= maximum) return value;
  throw new Error(`${option} is ${JSON.stringify(text)}; it must be a whole number from 0 to ${maximum}.`);
}
