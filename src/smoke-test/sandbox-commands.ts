import * as v from 'valibot';
import { connectionError } from '../http/connection-error.ts';
import { ServiceError, serverMessage } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import { parseJson } from '../json.ts';
import { encodeFrame, readFrames } from './connect-frames.ts';

/** The port of the agent in each sandbox. */
const agentPort = 49_983;

/** How to reach a sandbox that runs. */
export interface SandboxAddress {
  readonly sandboxId: string;
  /** What its commands must carry. Absent for a sandbox that anybody may use. */
  readonly token?: string;
  /** `us-phx-1.sandbox.novita.ai`. */
  readonly domain: string;
  /** The agent's address, in place of one of its own for each sandbox, without a slash at the end. */
  readonly agentUrl?: string;
}

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
const event = v.object({
  event: v.object({
    data: v.optional(output),
    // A code of 0 is left out.
    end: v.optional(v.object({ exitCode: v.optional(v.number(), 0) })),
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

/** Milliseconds for an answer that comes at once. */
const answerLimitMs = 30_000;

/** The commands of a sandbox, by the Connect protocol with JSON. */
export function sandboxCommands(
  { sandboxId, token, domain, agentUrl }: SandboxAddress,
  network: Network,
): SandboxCommands {
  const base = agentUrl ?? `https://${agentPort}-${sandboxId}.${domain}`;
  const { host } = new URL(base);
  const headers = {
    'connect-protocol-version': '1',
    'novita-sandbox-id': sandboxId,
    'novita-sandbox-port': String(agentPort),
    ...(token !== undefined && { 'x-access-token': token }),
  };

  async function call(
    method: string,
    type: string,
    body: Buffer,
    more: Record<string, string>,
    signal: AbortSignal,
  ) {
    const response = await network.request(`${base}/process.Process/${method}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': type, ...more },
      body,
      headersTimeout: answerLimitMs,
      // A command may be silent for long. Its own limit and the signal end it.
      bodyTimeout: 0,
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
      message: `${host} ${what} to ${request}`,
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

  return {
    run: (command, onOutput, limitMs, signal) =>
      guarded('Start', signal, async () => {
        const body = encodeFrame({
          process: { cmd: '/bin/bash', args: ['-l', '-c', command] },
          stdin: false,
        });
        const type = 'application/connect+json';
        const limit = { 'connect-timeout-ms': String(limitMs) };
        const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
        let exitCode: number | undefined;
        for await (const { message, isLast } of readFrames(await call('Start', type, body, limit, signal))) {
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
            if (bytes)
              onOutput(stream, decoders[stream].decode(Buffer.from(bytes, 'base64'), { stream: true }));
          }
          if (end) exitCode = end.exitCode;
        }
        if (exitCode === undefined) throw failure('Start', 'stopped before the command ended');
        return { exitCode };
      }),
    processes: (signal) =>
      guarded('List', signal, async () => {
        const body = await call('List', 'application/json', Buffer.from('{}'), {}, signal);
        const read = v.safeParse(processList, parseJson(await body.text()));
        if (!read.success) throw failure('List', 'answered with something else than a list of processes');
        return read.output.processes.map(({ pid, config }) => ({ pid, ...config }));
      }),
  };
}
