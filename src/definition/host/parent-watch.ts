import { Worker } from 'node:worker_threads';
import { runMark } from '../environment.ts';

/**
 * Ends all that the definition started, and then the process group, when the pipe ends, which happens when nobody
 * holds its other end any more. What left the group is found by its mark, as `endMarkedProcesses` does it.
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
 * Lets this process and what it started end with the action, also when the action is killed and can end nothing
 * itself. A thread of its own watches, since the definition may keep this one busy for ever.
 *
 * @param descriptor pipe on which the action says nothing
 */
export function exitWithParent(descriptor: number): void {
  // Windows knows no process groups, and ends a cancelled job's processes by their tree.
  if (process.platform === 'win32') return;
  const entry = `${runMark}=${process.env[runMark]}\0`;
  const worker = new Worker(watch, { eval: true, workerData: { descriptor, entry } });
  // Without a watch, the definition is still evaluated.
  worker.on('error', () => {});
  worker.unref();
}
