import { readdirSync, readFileSync } from 'node:fs';

/** What a process and everything that it started used, as far as it was seen. */
export interface Usage {
  /** Seconds of user and system time. */
  readonly cpuSeconds: number;
  /** Largest sum of resident memory at one moment, in bytes. */
  readonly peakBytes: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** Watches a process tree through /proc (Linux) until `stop` is called. */
export function watchUsage(root: number, everyMs = 20): { stop(): Usage } {
  const ticks = new Map<number, number>();
  let peakBytes = 0;
  const look = () => {
    const processes = processTree(root);
    for (const { pid, cpuTicks } of processes) ticks.set(pid, cpuTicks);
    peakBytes = Math.max(
      peakBytes,
      processes.reduce((sum, { residentPages }) => sum + residentPages * pageBytes, 0),
    );
  };
  const timer = setInterval(look, everyMs);
  look();
  return {
    stop() {
      clearInterval(timer);
      return {
        cpuSeconds: [...ticks.values()].reduce((sum, value) => sum + value, 0) / ticksPerSecond,
        peakBytes,
      };
    },
  };
}

interface ProcessState {
  readonly pid: number;
  readonly parent: number;
  readonly cpuTicks: number;
  readonly residentPages: number;
}

function processTree(root: number): ProcessState[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processState(Number(name)) ?? []);
  const inTree = new Set([root]);
  // Parents are older than their children, but process ids may wrap: go round until nothing is added.
  for (let size = 0; size !== inTree.size; ) {
    size = inTree.size;
    for (const { pid, parent } of all) if (inTree.has(parent)) inTree.add(pid);
  }
  return all.filter(({ pid }) => inTree.has(pid));
}

/** Fields of proc_pid_stat(5), counted after the name, which may hold anything. */
function processState(pid: number): ProcessState | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    return { pid, parent, cpuTicks: (fields[11] ?? 0) + (fields[12] ?? 0), residentPages: fields[21] ?? 0 };
  } catch {
    return undefined;
  }
}
