import { spawn } from 'node:child_process';
import type { EngineAddress } from './client.ts';
import { RUN_LABEL } from './labels.ts';

/**
 * Runs in a process of its own. Its first line of input says what it guards. When the input ends, what the
 * other process has made goes: also what was made and not started, and networks. Without the word `done` before the end
 * the other process was killed, and the engine may still be about to make something, so this one looks several times.
 */
const PROGRAM = `
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
let text = '';
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
const [first, last] = text.split('\\n');
const { address, filters } = JSON.parse(first);
const ask = (method, path) => new Promise((resolve) => {
  const options = { ...address, ...address.tls, method, path };
  const sent = (address.tls ? requestTls : request)(options, async (response) => {
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    try { resolve(JSON.parse(body)); } catch { resolve([]); }
  });
  sent.on('error', () => resolve([]));
  sent.end();
});
const query = encodeURIComponent(filters);
const looks = last === 'done' ? 1 : 4;
for (let look = 1; look <= looks; look++) {
  for (const [kind, list] of [['containers', 'containers/json?all=true&'], ['networks', 'networks?']]) {
    const found = await ask('GET', '/' + list + 'filters=' + query);
    for (const { Id } of Array.isArray(found) ? found : []) await ask('DELETE', '/' + kind + '/' + Id + '?force=true&v=true');
  }
  if (look < looks) await sleep(1000);
}
`;

/** Removes what a run has made in the engine when this process is killed. */
export interface Watchdog {
  /** Says that everything is removed already. */
  dismiss(): void;
}

/**
 * Starts the process. It belongs to no group or session of this one, and has no variable by which a runner finds what a
 * job has started. A machine that cannot start it has the guard of each build alone.
 */
export function startWatchdog(address: EngineAddress, runId: string): Watchdog {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: {},
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const filters = JSON.stringify({ label: [`${RUN_LABEL}=${runId}`] });
  child.stdin.write(`${JSON.stringify({ address, filters })}\n`);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return { dismiss: () => child.stdin.end('done') };
}
