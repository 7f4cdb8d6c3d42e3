import { spawn } from 'node:child_process';

/** The agent answers at once, unless its server cannot be reached. */
const timeLimitMs = 60_000;

/**
 * Runs `buildkite-agent` and hands it a text, which is on no command line that other processes can see. Rejects with
 * what the agent said when it fails.
 */
export function runAgent(
  parameters: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn('buildkite-agent', parameters, {
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: timeLimitMs,
      windowsHide: true,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) return done();
      fail(new Error(`buildkite-agent ${parameters.slice(0, 2).join(' ')} failed: ${said.trim()}`));
    });
    // It may end without having read everything.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
