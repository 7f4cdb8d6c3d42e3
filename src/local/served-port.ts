import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { errorReply, json, type Reply } from './http.ts';
import type { SandboxStore } from './sandbox-store.ts';

/** The port of the agent in each sandbox. */
const AGENT_PORT = 49_983;

/** A request to a port of a sandbox, told from others by its headers. */
interface PortRequest {
  readonly sandboxId: string;
  readonly port: number;
}

/**
 * The port that a request is for, when that is not the agent's: at the service each port has a host of its own,
 * `8080-<sandbox>.<domain>`; here all share the service's address, and headers name both, as they do for the agent.
 */
export function portRequest(headers: IncomingHttpHeaders): PortRequest | undefined {
  const [, hostPort, hostId] = /^(\d+)-([a-z0-9]+)/.exec(headers.host ?? '') ?? [];
  const port = Number(headers['novita-sandbox-port'] ?? hostPort);
  const sandboxId = headers['novita-sandbox-id'] ?? hostId;
  if (!Number.isInteger(port) || port === AGENT_PORT || typeof sandboxId !== 'string') return undefined;
  return { sandboxId, port };
}

/** Hands a request on to what listens in the sandbox. */
export async function askSandbox(
  { sandboxId, port }: PortRequest,
  { url = '/' }: IncomingMessage,
  sandboxes: SandboxStore,
): Promise<Reply> {
  const unavailable = (message: string) => json(502, { sandboxId, port, message, code: 502 });
  const sandbox = sandboxes.get(sandboxId);
  if (!sandbox) return unavailable('The sandbox was not found');
  try {
    const answer = await sandbox.machine.ask(port, url);
    if (!answer) return unavailable('The sandbox is running but port is not open');
    return { status: answer.status, headers: answer.headers, body: answer.body };
  } catch (error) {
    return errorReply(error);
  }
}
