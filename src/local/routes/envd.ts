/**
 * The agent inside of each sandbox. At the service it has an address of its own for each; here all share the service's
 * address, and a header names the sandbox, as the SDK sends it too. Its calls are those of the Connect protocol with
 * JSON.
 */

import { isRecord, parseJson } from '../../json.ts';
import type { MachineCommand } from '../executor.ts';
import { ApiError, empty, json, type Reply } from '../http.ts';
import type { Call, Route, ServiceContext } from '../router.ts';
import type { LocalSandbox } from '../sandbox-store.ts';

/** The agent's version, as the service reports it. */
export const ENVD_VERSION = '0.5.8';

/** Runs a program and streams what it prints. The first message has its number, the last how it ended. */
export const startProcess: Route = {
  method: 'POST',
  path: '/process.Process/Start',
  open: true,
  async handle(call, context) {
    const { machine } = sandboxOf(call, context);
    const command = commandOf(call, await readEnvelope(call));
    const limitMs = Number(call.headers['connect-timeout-ms']) || 0;
    return streamed(async (send, gone) => {
      const limit = limitMs > 0 ? AbortSignal.timeout(limitMs) : undefined;
      const signal = limit ? AbortSignal.any([limit, gone]) : gone;
      send({ event: { start: { pid: 1000 } } });
      const onOutput = (stream: 'stdout' | 'stderr', bytes: Buffer) =>
        send({ event: { data: { [stream]: bytes.toString('base64') } } });
      const { exitCode } = await machine.run(command, onOutput, signal);
      if (limit?.aborted)
        return { error: { code: 'deadline_exceeded', message: 'context deadline exceeded' } };
      // The protocol leaves out a code of 0.
      const end = { ...(exitCode !== 0 && { exitCode }), exited: true, status: `exit status ${exitCode}` };
      send({ event: { end } });
      return {};
    });
  },
};

export const listProcesses: Route = {
  method: 'POST',
  path: '/process.Process/List',
  open: true,
  async handle(call, context) {
    const { machine } = sandboxOf(call, context);
    const processes = await machine.processes();
    return json(200, {
      processes: processes.map(({ pid, cmd, args }) => ({ pid, config: { cmd, args, envs: {} } })),
    });
  },
};

export const envdHealth: Route = {
  method: 'GET',
  path: '/health',
  open: true,
  handle: () => empty(204),
};

function sandboxOf({ headers }: Call, { sandboxes }: ServiceContext): LocalSandbox {
  const named = headers['novita-sandbox-id'] ?? headers['e2b-sandbox-id'];
  const id = typeof named === 'string' ? named : /^\d+-([a-z0-9]+)/.exec(headers.host ?? '')?.[1];
  const sandbox = id === undefined ? undefined : sandboxes.get(id);
  if (!sandbox) throw new ApiError(502, `The sandbox was not found: ${id ?? 'no sandbox is named'}`);
  if (headers['x-access-token'] !== sandbox.token)
    throw new ApiError(
      401,
      'unauthorized access, please provide a valid access token or method signing if supported',
    );
  return sandbox;
}

function commandOf({ headers }: Call, message: unknown): MachineCommand {
  const process = isRecord(message) ? message['process'] : undefined;
  if (!isRecord(process) || typeof process['cmd'] !== 'string')
    throw new ApiError(400, 'the first message names no program');
  const { cmd, args, envs, cwd } = process;
  const [, encoded = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  const user = Buffer.from(encoded, 'base64').toString().split(':')[0];
  return {
    cmd,
    args: Array.isArray(args) ? args.map(String) : [],
    envs: isRecord(envs)
      ? Object.fromEntries(Object.entries(envs).map(([name, value]) => [name, String(value)]))
      : {},
    ...(typeof cwd === 'string' && cwd !== '' && { cwd }),
    ...(user && { user }),
  };
}

/** A flag byte, four bytes of length, and JSON. */
async function readEnvelope({ incoming }: Call): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length < 5) throw new ApiError(400, 'the request has no message');
  return parseJson(bytes.subarray(5, 5 + bytes.readUInt32BE(1)).toString());
}

const LAST = 2;

function envelope(flag: number, message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

/** A stream of messages; what `work` returns is the trailer. */
function streamed(work: (send: (message: unknown) => void, gone: AbortSignal) => Promise<object>): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/connect+json' },
    body: '',
    stream: async (send, gone) =>
      send(envelope(LAST, await work((message) => send(envelope(0, message)), gone))),
  };
}
