import type { ExecutorBuild } from '../executor.ts';
import { LABEL } from './labels.ts';

/** Processes and threads of a build. */
const PROCESSES = 4096;

/**
 * The engine's configuration of the container of a build: CPU and memory of the template, no privileges beyond the
 * engine's default ones, no mounts. Network and processes are those of the guard.
 *
 * @param cpus how many the engine has; it refuses a larger share
 */
export function containerConfig(
  build: Pick<ExecutorBuild, 'cpuCount' | 'memoryMb'>,
  place: { readonly image: string; readonly guard: string; readonly cpus: number; readonly isFinal: boolean },
): unknown {
  const memory = build.memoryMb * 2 ** 20;
  return {
    Image: place.image,
    User: '0:0',
    WorkingDir: '/',
    // Waits for an input that never comes.
    Entrypoint: ['/bin/bash', '--norc', '--noprofile', '-c', 'read -r _'],
    Cmd: [],
    Labels: { [LABEL]: 'build' },
    Healthcheck: { Test: ['NONE'] },
    OpenStdin: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: `container:${place.guard}`,
      PidMode: `container:${place.guard}`,
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.min(build.cpuCount, place.cpus) * 1e9,
      PidsLimit: PROCESSES,
      // As large as the machine's, which browsers need.
      ShmSize: memory / 2,
      LogConfig: { Type: 'none' },
      // A restarted machine has an empty one.
      ...(place.isFinal && { Tmpfs: { '/tmp': 'rw,exec,mode=1777' } }),
    },
  };
}
