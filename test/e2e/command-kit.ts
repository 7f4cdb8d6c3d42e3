import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { testWith } from '../support/fixtures.ts';
import { project } from './reuse-kit.ts';

export interface CommandRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandChanges {
  readonly env?: NodeJS.ProcessEnv;
  readonly node?: string;
  /** The file of the command. */
  readonly script?: string;
  readonly directory?: string;
  /** Called with what was printed so far. */
  readonly onOutput?: (printed: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export type RunCommand = (words: readonly string[], changes?: CommandChanges) => Promise<CommandRun>;

/** Tests of the command: `command(['build', '--name', 'my-agent'])` runs it in the workspace against the service. */
export const test = testWith({ files: project() }).extend<{ command: RunCommand }>({
  command: async ({ action, workspace, env }, use) =>
    use(
      (words, { env: more, node = process.execPath, script = join(action, 'dist/cli.js'), ...rest } = {}) =>
        new Promise((done, fail) => {
          const child = spawn(node, [script, ...words], {
            cwd: rest.directory ?? workspace.path,
            // As on a laptop: without what a CI system sets.
            env: {
              PATH: process.env['PATH'],
              HOME: workspace.path,
              USER: 'ada',
              HTTPS_PROXY: 'http://127.0.0.1:9',
              ...env,
              ...more,
            },
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          const printed = { stdout: '', stderr: '' };
          for (const stream of ['stdout', 'stderr'] as const)
            child[stream].on('data', (chunk: Buffer) => {
              printed[stream] += chunk.toString();
              rest.onOutput?.(printed.stdout + printed.stderr, (signal) => child.kill(signal));
            });
          child.on('error', fail);
          child.on('close', (exitCode) => done({ exitCode, ...printed }));
        }),
    ),
});
