import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { FaultPlan } from './fault-plan.ts';
import { FAULT_SYNTAX_HELP, readFaultPlan, readFaultRule } from './read-faults.ts';
import { LOCAL_API_KEY, type LocalService, startLocalService } from './service.ts';
import { createSimulatedExecutor } from './simulated.ts';

const HELP = `Serves the template service on 127.0.0.1, simulated: it answers like the real one and runs nothing.

  --port N      port to listen on (default: any free port)
  --api-key K   key that clients must send (default: ${LOCAL_API_KEY})
  --step-ms N   how long a simulated RUN takes, in milliseconds (default: 500)
  --fault RULE  make a fault; may be given several times, the first that fits a request counts:
                  ${FAULT_SYNTAX_HELP}
  --faults FILE the same from a JSON file: a list of such texts, or of objects
                  {"endpoint": "status", "at": [3], "effect": "before",
                   "fault": {"kind": "answer", "status": 502, "headers": {}, "body": "…"}}
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

/** What the command line asks for; `help` holds a text to print, `mistake` one to fail with. */
export type Command = ServeCommand | { readonly help: string } | { readonly mistake: string };

/** Reads the arguments that follow the program's name. */
export function parseCommand(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        'api-key': { type: 'string', default: LOCAL_API_KEY },
        'step-ms': { type: 'string', default: '500' },
        fault: { type: 'string', multiple: true, default: [] },
        faults: { type: 'string' },
        'fault-seed': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { help: HELP };
    return {
      port: wholeNumber('--port', values.port, 65_535),
      apiKey: values['api-key'],
      stepMs: wholeNumber('--step-ms', values['step-ms'], 3_600_000),
      faults: readFaults(values),
    };
  } catch (error) {
    return { mistake: `${(error as Error).message.split('\n', 1)[0]}\nTry --help.\n` };
  }
}

/** Starts the service and tells how to point a client at it. */
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

function readFaults(values: {
  readonly fault: readonly string[];
  readonly faults?: string | undefined;
  readonly 'fault-seed'?: string | undefined;
}): FaultPlan {
  const { faults: file, 'fault-seed': seed } = values;
  const fromFile = file === undefined ? { rules: [] } : readFaultFile(file);
  return {
    ...fromFile,
    rules: [...values.fault.map(readFaultRule), ...fromFile.rules],
    ...(seed !== undefined && { seed: wholeNumber('--fault-seed', seed, 4_294_967_295) }),
  };
}

function readFaultFile(path: string): FaultPlan {
  try {
    return readFaultPlan(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`The file of --faults, ${path}, cannot be used: ${(error as Error).message}`);
  }
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= maximum) return value;
  throw new Error(`${option} is ${JSON.stringify(text)}; it must be a whole number from 0 to ${maximum}.`);
}
