import { readdirSync, readFileSync } from 'node:fs';
import { runMark } from '../environment.ts';

/** A process may start another while they are looked for. */
const rounds = 5;

/**
 * Ends all processes that carry this mark in their environment, also those that left the definition's process
 * group. Linux only, where a process's environment can be read; elsewhere nothing is done.
 */
export function killMarkedProcesses(mark: string): void {
  if (process.platform !== 'linux') return;
  const entry = Buffer.from(`${runMark}=${mark}\0`);
  for (let round = 0; round < rounds; round++) {
    const found = processes().filter((pid) => pid !== process.pid && environmentOf(pid).includes(entry));
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

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isSafeInteger);
  } catch {
    return [];
  }
}

/** Empty for a process that is gone or belongs to somebody else. */
function environmentOf(pid: number): Buffer {
  try {
    return readFileSync(`/proc/${pid}/environ`);
  } catch {
    return Buffer.alloc(0);
  }
}
