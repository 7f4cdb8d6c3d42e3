import { readdirSync, readFileSync } from 'node:fs';
import { runMark } from '../environment.ts';

/** A process may start another one during the search. */
const rounds = 5;

/**
 * Kills all processes with this mark in their environment, also those outside of the definition's process group. It
 * works on Linux only, where the environment of a process can be read.
 *
 * @param first - the process that was given the mark; all others started after it
 */
export function killMarkedProcesses(mark: string, first = 0): void {
  if (process.platform !== 'linux') return;
  const entry = Buffer.from(`${runMark}=${mark}\0`);
  for (let round = 0; round < rounds; round++) {
    const found = startedAfter(first).filter(
      (pid) => pid !== process.pid && environmentOf(pid).includes(entry),
    );
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Already gone.
      }
    }
  }
}

/** Numbers rise from process to process. After the largest they begin anew, then any process may be meant. */
function startedAfter(first: number): number[] {
  try {
    const newest = Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1));
    const least = newest >= first ? first : 0;
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isSafeInteger(pid) && pid >= least);
  } catch {
    return [];
  }
}

/** Empty for a process that has exited or belongs to another user. */
function environmentOf(pid: number): Buffer {
  try {
    return readFileSync(`/proc/${pid}/environ`);
  } catch {
    return Buffer.alloc(0);
  }
}
