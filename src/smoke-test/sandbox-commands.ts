import * as v from 'valibot';
import { connectionError } from '../http/connection-error.ts';
import { ServiceError, serverMessage } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import { parseJson } from '../json.ts';
import { encodeFrame, readFrames } from './connect-frames.ts';
import { portAddress, type SandboxAddress } from './sandbox-address.ts';

/** The port of the agent in each sandbox. */
const agentPort = 49_983;

/** A program that runs in a sandbox. */
export interface SandboxProcess {
  readonly pid: number;
  readonly cmd: string;
  readonly args: readonly string[];
}

/** The commands of one sandbox. Everything rejects with a {@link ServiceError} or with the signal's reason. */
export interface SandboxCommands {
  /**
   * Runs a command by `bash -l -c`, as the sandbox's default user, and resolves with its exit code.
   *
   * @param onOutput - gets text as it comes, in pieces of any length
   * @param limitMs - after which the sandbox ends the command
   */
  run(
    command: string,
    onOutput: (stream: 'stdout' | 'stderr', text: string) => void,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<CommandEnd>;
  /** The programs that the sandbox was asked to run and that still run, its start command among them. */
  processes(signal: AbortSignal): Promise<readonly SandboxProcess[]>;
}

export interface CommandEnd {
  /** Absent when the command was ended by its time limit. */
  readonly exitCode?: number;
}

const output = v.object({ stdout: v.optional(v.string()), stderr: v.optional(v.string()) });
const commandEnd = v.object({
  exitCode: v.optional(v.number()),
  status: v.optional(v.string()),
  error: v.optional(v.string()),
});
const event = v.object({
  event: v.object({
    data: v.optional(output),
    end: v.optional(commandEnd),
  }),
});
const trailer = v.object({
  error: v.optional(v.object({ code: v.optional(v.string(), ''), message: v.optional(v.string(), '') })),
});
const processList = v.object({
  processes: v.optional(
    v.array(
      v.object({
        pid: v.number(),
        config: v.object({ cmd: v.string(), args: v.optional(v.array(v.string()), []) }),
      }),
    ),
    [],
  ),
});

/** A code of 0 is left out, so an end that is no success has to tell it by its other fields. */
function exitCodeOf({ exitCode, status = '', error = '' }: v.InferOutput<typeof commandEnd>): number {
  if (exitCode !== undefined) return exitCode;
  return error === '' && /^(exit status 0)?$/.test(status) ? 0 : -1;
}

/** Milliseconds after its limit in which a command must have ended. */
const overdueMs = 5000;
/** Milliseconds for an answer that comes at once. */
const answerLimitMs = 30_000;

/** The commands of a sandbox, by the Connect protocol with JSON. */
export function sandboxCommands(address: SandboxAddress, network: Network): SandboxCommands {
  const { base, headers: place } = portAddress(address, agentPort);
  const { host } = new URL(base);
  const headers = {
    'connect-protocol-version': '1',
    ...place,
    ...(address.token !== undefined && { 'x-access-token': address.token }),
  };

  async function call(
    method: string,
    type: string,
    body: Buffer,
    more: Record<string, string>,
    signal: AbortSignal,
    bodyTimeout = answerLimitMs,
  ) {
    const response = await network.request(`${base}/process.Process/${method}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': type, ...more },
      body,
      headersTimeout: answerLimitMs,
      bodyTimeout,
      signal,
    });
    if (response.statusCode === 200) return response.body;
    const said = serverMessage(parseJson(await response.body.text()));
    throw failure(
      method,
      `answered ${response.statusCode}${said && `, saying: ${said}`}`,
      response.statusCode,
    );
  }

  function failure(method: string, what: string, status?: number): ServiceError {
    const request = `POST ${method} in the sandbox`;
    return new ServiceError({
      kind: status === undefined ? 'unintelligible' : 'refused',
      ...{ request, host },
      ...(status !== undefined && { status }),
      summary: what,
      message: `${request}: ${host} ${what}`,
    });
  }

  async function guarded<Result>(
    method: string,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ServiceError) throw cause;
      throw connectionError(`POST ${method} in the sandbox`, host, cause, { timedOut: false, limitMs: 0 });
    }
  }

  async function start(
    command: string,
    onOutput: (stream: 'stdout' | 'stderr', text: string) => void,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<CommandEnd> {
    const body = encodeFrame({
      process: { cmd: '/bin/bash', args: ['-l', '-c', command] },
      stdin: false,
    });
    const type = 'application/connect+json';
    const limit = { 'connect-timeout-ms': String(limitMs) };
    const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
    let exitCode: number | undefined;
    // A command may be silent for long. Its limit and the signal end it.
    const answer = await call('Start', type, body, limit, signal, 0);
    for await (const { message, isLast } of readFrames(answer)) {
      if (isLast) {
        const { error } = v.is(trailer, message) ? v.parse(trailer, message) : {};
        if (error?.code === 'deadline_exceeded') return {};
        if (error) throw failure('Start', `ended with ${error.code}: ${error.message}`);
        continue;
      }
      const read = v.safeParse(event, message);
      // Messages that keep the connection alive, and what newer agents add.
      if (!read.success) continue;
      const { data, end } = read.output.event;
      for (const stream of ['stdout', 'stderr'] as const) {
        const bytes = data?.[stream];
        if (bytes) onOutput(stream, decoders[stream].decode(Buffer.from(bytes, 'base64'), { stream: true }));
      }
      if (end) exitCode = exitCodeOf(end);
    }
    // A character that was cut off at the very end.
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = decoders[stream].decode();
      if (rest !== '') onOutput(stream, rest);
    }
    if (exitCode === undefined) throw failure('Start', 'stopped before the command ended');
    return { exitCode };
  }

  return {
    run: async (command, onOutput, limitMs, signal) => {
      // The sandbox ends a command at its limit. This is for one that does not.
      const overdue = AbortSignal.timeout(limitMs + overdueMs);
      const either = AbortSignal.any([signal, overdue]);
      try {
        return await guarded('Start', either, () => start(command, onOutput, limitMs, either));
      } catch (error) {
        if (overdue.aborted && !signal.aborted) return {};
        throw error;
      }
    },
    processes: (signal) =>
      guarded('List', signal, async () => {
        const body = await call('List', 'application/json', Buffer.from('{}'), {}, signal);
        const read = v.safeParse(processList, parseJson(await body.text()));
        if (!read.success) throw failure('List', 'answered with something else than a list of processes');
        return read.output.processes.map(({ pid, config }) => ({ pid, ...config }));
      }),
  };
}
