/** Requests a build's status from the service at `API_URL` with this process's environment, and prints the result. */
import { openNetwork } from '../../src/http/network.ts';
import { fastClient } from '../support/fast-client.ts';

const retries: string[] = [];
const network = openNetwork(process.env);
const client = fastClient(process.env['API_URL'] ?? '', {
  network,
  onRetry: (line) => retries.push(line),
});
try {
  const { status } = await client.status('t', 'b', 0);
  console.log(JSON.stringify({ status, retries }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message, retries }));
} finally {
  await network.destroy();
}
