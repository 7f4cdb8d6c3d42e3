import type { Connection } from '../inputs/connection.ts';
import type { ServiceClient } from '../service/client.ts';
import { redactingClient } from '../service/redacting-client.ts';
import type { Job } from './job.ts';

/**
 * Connects to the service after masking the credentials; nothing that comes back holds them.
 *
 * @param visible - what outputs will hold; the runner drops every output that holds a masked value
 */
export function connectGuarded(
  job: Pick<Job, 'mask' | 'redact' | 'connect' | 'interrupted'>,
  connection: Connection,
  visible: readonly string[],
  signal: AbortSignal = job.interrupted,
): ServiceClient {
  for (const secret of [connection.apiKey, connection.accessToken]) job.mask(secret, visible);
  return redactingClient(job.connect(connection, signal), job.redact);
}
