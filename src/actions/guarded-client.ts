import type { Connection } from '../inputs/connection.ts';
import type { ServiceClient } from '../service/client.ts';
import { maskable, redactor } from '../service/redact.ts';
import { redactingClient } from '../service/redacting-client.ts';
import type { Job } from './job.ts';

/**
 * Connects to the service after masking the credentials; nothing that comes back holds them.
 *
 * @param visible - what outputs will hold; the runner drops every output that holds a masked value
 */
export function connectGuarded(
  job: Pick<Job, 'mask' | 'connect' | 'interrupted'>,
  connection: Connection,
  visible: readonly string[],
  signal: AbortSignal = job.interrupted,
): ServiceClient {
  const secrets = [connection.apiKey, connection.accessToken];
  for (const secret of secrets) if (maskable(secret, visible)) job.mask(secret);
  return redactingClient(job.connect(connection, signal), redactor(secrets, visible));
}
