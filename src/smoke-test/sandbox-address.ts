import type { StartedSandbox } from '../api/sandbox-schemas.ts';

/** How to reach the ports of a sandbox that runs. */
export interface SandboxAddress extends StartedSandbox {
  /** `us-phx-1.sandbox.novita.ai`. */
  readonly domain: string;
  /** The one address of all sandboxes, in place of one for each port of each, without a slash at the end. */
  readonly sandboxUrl?: string;
  /** Sandboxes are on this machine. */
  readonly isDebug?: true;
}

/** Where requests to a port go, and the headers that name the sandbox and the port where one address is that of all. */
export interface PortAddress {
  /** Without a slash at the end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The address of a port, by the SDK's rule (`ConnectionConfig.getSandboxUrl` and `getHost`). */
export function portAddress(
  { sandboxId, domain, sandboxUrl, isDebug }: SandboxAddress,
  port: number,
): PortAddress {
  const own = isDebug ? `http://localhost:${port}` : `https://${port}-${sandboxId}.${domain}`;
  return {
    base: sandboxUrl ?? own,
    headers: { 'novita-sandbox-id': sandboxId, 'novita-sandbox-port': String(port) },
  };
}
