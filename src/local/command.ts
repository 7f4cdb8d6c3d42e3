import { parseArgs } from 'node:util';
import type { Result } from '../result.ts';
import type { FaultPlan } from './fault-plan.ts';
import { FAULT_SYNTAX_HELP, readFaultRule } from './read-faults.ts';
import { LOCAL_API_KEY, type LocalService, startLocalService } from './service.ts';
import { createSimulatedExecutor } from './simulated.ts';

const HELP = `Serves the template service on 127.0.0.1, simulated: it answers like the real one and runs nothing.

  --port N      port to listen on (default: any free port)
  --api-key K   key that clients must send (default: ${LOCAL_API_KEY})
  --step-ms N   how long a simulated RUN takes, in milliseconds (default: 500)
  --fault RULE  make a fault; may be given several times, the first that fits a request counts:
                  ${FAULT_SYNTAX_HELP}
  --fault-seed N  seed of the faults by chance (default: 1)
  --help        print this

Ends on Ctrl-C.
`;

export interface ServeCommand {
  readonly port: number;
  readonly apiKey: string;
  readonly stepMs: number;
  readonly faults: FaultPlan;
}

/** Reads the arguments that follow the program's name; `help` is a text to print. */
export function parseCommand(args: readonly string[]): Result<ServeCommand | { readonly help: string }> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        'api-key': { type: 'string', default: LOCAL_API_KEY },
        'step-ms': { type: 'string', default: '500' },
        fault: { type: 'string', multiple: true, default: [] },
        'fault-seed': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { ok: true, value: { help: HELP } };
    const value = {
      port: wholeNumber('--port', values.port, 65_535),
      apiKey: values['api-key'],
      stepMs: wholeNumber('--step-ms', values['step-ms'], 3_600_000),
      faults: readFaults(values.fault, values['fault-seed']),
    };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: `${(error as Error).message.split('\n', 1)[0]}\nTry --help.\n` };
  }
}

/** Starts the service and prints how to point a client at it. */
export async function serve(command: ServeCommand, print: (text: string) => void): Promise<LocalService> {
  const service = await startLocalService({
    port: command.port,
    apiKey: command.apiKey,
    executor: createSimulatedExecutor({ stepMs: command.stepMs }),
    keepRequests: 0,
    faults: command.faults,
  });
  const { length } = command.faults.rules;
  print(
    `The template service listens on ${service.url} (simulated: it runs nothing). Point a client at it with\n` +
      `NOVITA_API_URL=${service.url}\nNOVITA_API_KEY=${service.apiKey}\n${length > 0 ? `It makes faults by ${length} ${length === 1 ? 'rule' : 'rules'}.\n` : ''}`,
  );
  return service;
}

function readFaults(rules: readonly string[], seed: string | undefined): FaultPlan {
  return {
    rules: rules.map(readFaultRule),
    ...(seed !== undefined && { seed: wholeNumber('--fault-seed', seed, 4_294_967_295) }),
  };
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= maximum) return value;
  throw new Error(`${option} is ${JSON.stringify(text)}; it must be a whole number from 0 to ${maximum}.`);
}
