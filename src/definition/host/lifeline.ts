import { Worker } from 'node:worker_threads';

/** Ends the process group when the pipe ends, which happens when nobody holds its other end any more. */
const watch = `
const { Socket } = require('node:net');
const { workerData } = require('node:worker_threads');
const lifeline = new Socket({ fd: workerData });
lifeline.on('error', () => {});
lifeline.on('end', () => {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
});
lifeline.resume();
`;

/**
 * Lets this process end with the action, also when the action is killed and can end nothing itself. A thread of
 * its own watches, since the definition may keep this one busy for ever.
 *
 * @param descriptor pipe on which the action says nothing
 */
export function endWithAction(descriptor: number): void {
  // Windows knows no process groups, and ends a cancelled job's processes by their tree.
  if (process.platform === 'win32') return;
  const worker = new Worker(watch, { eval: true, workerData: descriptor });
  // Without a watch, the definition is still evaluated.
  worker.on('error', () => {});
  worker.unref();
}
