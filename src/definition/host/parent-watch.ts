import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { runMark } from '../environment.ts';

/**
 * Kills all processes of the definition, then the process group, when the pipe closes. The action holds its other
 * end. Processes that left the group are found by their mark, as in `killMarkedProcesses`.
 */
const watch = `
const { readdirSync, readFileSync } = require('node:fs');
const { Socket } = require('node:net');
const { workerData } = require('node:worker_threads');
const entry = Buffer.from(workerData.entry);
const isMarked = (pid) => {
  try {
    return readFileSync('/proc/' + pid + '/environ').includes(entry);
  } catch {
    return false;
  }
};
const endMarked = () => {
  for (let round = 0; round < 5; round++) {
    const found = readdirSync('/proc').map(Number).filter((pid) => pid > 0 && pid !== process.pid && isMarked(pid));
    if (found.length === 0) return;
    for (const pid of found) try { process.kill(pid, 'SIGKILL'); } catch {}
  }
};
const lifeline = new Socket({ fd: workerData.descriptor });
lifeline.on('error', () => {});
lifeline.on('end', () => {
  try {
    if (process.platform === 'linux') endMarked();
  } catch {}
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
});
lifeline.resume();
`;

/**
 * Ends this process and those that it started when the action ends, even when the action is killed. A separate
 * thread watches, since the definition may block this one. Resolves when the thread runs: it cannot start once the
 * working directory is gone, which a definition may remove.
 *
 * @param descriptor a pipe that the action holds open and never writes to
 */
export async function exitWithParent(descriptor: number): Promise<void> {
  // Windows has no process groups, and ends the processes of a cancelled job by their tree.
  if (process.platform === 'win32') return;
  const entry = `${runMark}=${process.env[runMark]}\0`;
  const worker = new Worker(watch, { eval: true, workerData: { descriptor, entry } });
  // Without a watch, the definition is still evaluated.
  await once(worker, 'online').catch(() => {});
  worker.on('error', () => {});
  worker.unref();
}
