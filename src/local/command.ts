import { parseArgs } from 'node:util';
import type { Result } from '../result.ts';
import { createEngineExecutor } from './engine/executor.ts';
import { findEngine } from './engine/find-engine.ts';
import type { Executor } from './executor.ts';
import type { FaultPlan } from './fault-plan.ts';
import { FAULT_SYNTAX_HELP, readFaultRule } from './read-faults.ts';
import { LOCAL_API_KEY, type LocalService, startLocalService } from './service.ts';
import { createSimulatedExecutor } from './simulated.ts';

const EXECUTORS = ['simulated', 'engine'] as const;
const NETWORKS = ['bridge', 'none'] as const;

const HELP = `Serves the template service on 127.0.0.1. It answers like the real one. By default it is simulated and runs nothing;
with a container engine (docker or podman) it builds for real.

  --port N      port to listen on (default: any free port)
  --api-key K   key that clients must send (default: ${LOCAL_API_KEY})
  --executor E  simulated, or engine: run the steps in containers of this machine's engine (default: simulated)
  --untrusted   with the engine: a build whose network cannot be kept from this machine's has none
  --network N   bridge, or none: what a build with the engine reaches (default: bridge, which is the internet)
  --step-ms N   how long a simulated RUN takes, in milliseconds (default: 500)
  --refuse-build-targets STATUS  answer 400 or 404 to name:buildId as the target of tags
  --fault RULE  make a fault; may be given several times, the first that fits a request counts:
                  ${FAULT_SYNTAX_HELP}
  --fault-seed N  seed of the faults by chance (default: 1)
  --until-stdin-ends  end when standard input does, and so with the program that started it
  --help        print this

The key is NOVITA_API_KEY where that is set and --api-key is not. Ends on Ctrl-C.
`;

export interface ServeCommand {
  readonly port: number;
  readonly apiKey: string;
  readonly stepMs: number;
  readonly executor: (typeof EXECUTORS)[number];
  readonly network: (typeof NETWORKS)[number];
  readonly faults: FaultPlan;
  readonly untrusted: boolean;
  readonly untilStdinEnds: boolean;
  readonly refuseBuildTargets?: 400 | 404;
}

/** Reads the arguments that follow the program's name; `help` is a text to print. */
export function parseCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Result<ServeCommand | { readonly help: string }> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        'api-key': { type: 'string', default: env['NOVITA_API_KEY'] || LOCAL_API_KEY },
        'step-ms': { type: 'string', default: '500' },
        executor: { type: 'string', default: 'simulated' },
        network: { type: 'string', default: 'bridge' },
        untrusted: { type: 'boolean', default: false },
        'until-stdin-ends': { type: 'boolean', default: false },
        'refuse-build-targets': { type: 'string' },
        fault: { type: 'string', multiple: true, default: [] },
        'fault-seed': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { ok: true, value: { help: HELP } };
    const refused = values['refuse-build-targets'];
    const value = {
      port: wholeNumber('--port', values.port, 65_535),
      apiKey: values['api-key'],
      stepMs: wholeNumber('--step-ms', values['step-ms'], 3_600_000),
      executor: oneOf('--executor', values.executor, EXECUTORS),
      network: oneOf('--network', values.network, NETWORKS),
      faults: readFaults(values.fault, values['fault-seed']),
      untrusted: values.untrusted,
      untilStdinEnds: values['until-stdin-ends'],
      ...(refused !== undefined &&
        ({
          refuseBuildTargets: oneOf('--refuse-build-targets', refused, ['400', '404']) === '400' ? 400 : 404,
        } as const)),
    };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: `${(error as Error).message.split('\n', 1)[0]}\nTry --help.\n` };
  }
}

/**
 * Starts the service and prints how to point a client at it.
 *
 * @param env variables that say where the container engine is
 * @throws Error when no engine answers, or the port is in use
 */
export async function serve(
  command: ServeCommand,
  env: Readonly<Record<string, string | undefined>>,
  print: (text: string) => void,
): Promise<LocalService> {
  const { executor, what } = await makeExecutor(command, env);
  const service = await startLocalService({
    port: command.port,
    apiKey: command.apiKey,
    executor,
    keepRequests: 0,
    faults: command.faults,
    ...(command.refuseBuildTargets && { refuseBuildTargets: command.refuseBuildTargets }),
  });
  const { length } = command.faults.rules;
  print(
    `The template service listens on ${service.url} (${what}). Point a client at it with\n` +
      `NOVITA_API_URL=${service.url}\nNOVITA_API_KEY=${service.apiKey}\n${length > 0 ? `It makes faults by ${length} ${length === 1 ? 'rule' : 'rules'}.\n` : ''}`,
  );
  return service;
}

async function makeExecutor(
  command: ServeCommand,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly executor: Executor; readonly what: string }> {
  if (command.executor === 'simulated') {
    const executor = createSimulatedExecutor({ stepMs: command.stepMs });
    return { executor, what: 'simulated: it runs nothing' };
  }
  const engine = await findEngine(env);
  if (!engine.ok) throw new Error(engine.reason);
  const executor = createEngineExecutor({
    engine: engine.value,
    network: command.network,
    untrusted: command.untrusted,
  });
  return { executor, what: `it builds in containers of ${engine.value.name}` };
}

function readFaults(rules: readonly string[], seed: string | undefined): FaultPlan {
  return {
    rules: rules.map(readFaultRule),
    ...(seed !== undefined && { seed: wholeNumber('--fault-seed', seed, 4_294_967_295) }),
  };
}

function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  throw new Error(`${option} is ${JSON.stringify(text)}; it must be ${words.join(' or ')}.`);
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= maximum) return value;
  throw new Error(`${option} is ${JSON.stringify(text)}; it must be a whole number from 0 to ${maximum}.`);
}
