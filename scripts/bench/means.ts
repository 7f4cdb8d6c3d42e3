import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LocalService } from '../../src/local/service.ts';
import { repositoryRoot, runAction } from '../../test/support/runner.ts';

/** Builds a project on a service, tells the process that does so, and resolves with all that it printed. */
export type Build = (
  directory: string,
  service: Pick<LocalService, 'url' | 'apiKey'>,
  onSpawn: (processId: number) => void,
) => Promise<string>;

const inputs = { name: 'bench', tags: 'v1', template: 'template.ts' };

/** Without the proxy that keeps tests from registries, as the script: Node.js starts later where there is one. */
const direct = { HTTPS_PROXY: '' };

export const buildWithAction: Build = async (directory, service, onSpawn) => {
  const { log } = await runAction({
    workspace: directory,
    inputs,
    env: { ...direct, NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url },
    onSpawn,
  });
  return log;
};

/** The action without a key: it reads and plans the template and asks nobody anything. */
export const planWithAction: Build = async (directory, service, onSpawn) => {
  const { log } = await runAction({
    workspace: directory,
    inputs: { ...inputs, 'on-missing-credentials': 'skip' },
    env: { ...direct, NOVITA_API_URL: service.url },
    onSpawn,
  });
  return log;
};

const tsx = join(repositoryRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');

export const buildWithScript: Build = (...about) => runNode([tsx, 'build.mts'], ...about);

/** Starts Node.js, which does nothing and ends. */
export const bareNode: Build = (...about) => runNode(['--eval', '0'], ...about);

const runNode = (parameters: readonly string[], ...[directory, service, onSpawn]: Parameters<Build>) =>
  new Promise<string>((done, fail) => {
    const child = spawn(process.execPath, parameters, {
      cwd: directory,
      env: { ...process.env, NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) onSpawn(child.pid);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', fail);
    child.on('close', () => done(Buffer.concat(chunks).toString('utf8')));
  });
