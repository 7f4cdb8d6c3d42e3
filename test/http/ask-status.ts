/** Asks the service at `API_URL` for a build's status with this process's own environment, and prints what came. */
import { proxyAwareDispatcher } from '../../src/api/transport.ts';
import { fastClient } from '../support/fast-client.ts';

const told: string[] = [];
const dispatcher = proxyAwareDispatcher(process.env);
const client = fastClient(process.env['API_URL'] ?? '', { dispatcher, onRetry: (line) => told.push(line) });
try {
  const { status } = await client.status('t', 'b', 0);
  console.log(JSON.stringify({ status, told }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message, told }));
} finally {
  await dispatcher.close();
}
