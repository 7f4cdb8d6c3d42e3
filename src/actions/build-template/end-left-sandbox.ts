import { createSandboxEnder } from '../../api/running-sandboxes.ts';
import { defaultTransport } from '../../api/transport.ts';
import type { Provider } from '../../ci/providers/provider.ts';
import { openNetwork } from '../../http/network.ts';
import { readConnection } from '../../inputs/connection.ts';
import { inputReader } from '../../inputs/reader.ts';
import { openRunner } from '../../job/runner.ts';
import type { SandboxState } from '../../job/state.ts';
import { endSandboxes } from '../../smoke-test/end-sandboxes.ts';
import { version } from '../../version.ts';

/** The post step must not hold up the job. A sandbox ends by itself too. */
const limitMs = 20_000;

/**
 * Ends the sandbox of a test whose step was killed. Asks only the service that the inputs name, since the state is a
 * file that other programs of the job could write. Never rejects.
 */
export async function endLeftSandbox(
  { apiUrl, ...left }: SandboxState,
  provider: Provider,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { output, mask, debug } = openRunner(provider);
  const connection = readConnection(env, inputReader(env), { keyOptional: true });
  mask([connection.apiKey, connection.accessToken]);
  const which = left.sandboxId === undefined ? 'a sandbox' : `sandbox ${left.sandboxId}`;
  if (connection.apiKey === '' || connection.apiUrl !== apiUrl) {
    debug(`The build step may have left ${which}, which has another service or key. It ends by itself.`);
    return;
  }
  const network = openNetwork(env);
  const signal = AbortSignal.timeout(limitMs);
  const { apiKey, accessToken } = connection;
  const credentials = { apiKey, accessToken, userAgent: `novita-template-action/${version}` };
  const transport = { ...defaultTransport, network, signal, onRetry: output.line };
  const how = await endSandboxes(left, createSandboxEnder(apiUrl, credentials, transport), signal);
  if (how === 'ended') output.line(`Ended ${which}, which the test of the build step had left.`);
  else if (how === 'none') debug('The test of the build step left no sandbox.');
  else
    output.notice(`The test of the build step left ${which}, which could not be ended. It ends by itself.`, {
      title: 'A sandbox may still run',
    });
  await network.destroy();
}
