import type { ExecutorBuild } from '../executor.ts';
import { BUILD_LABEL, LABEL, RUN_LABEL } from './labels.ts';

/** Processes and threads of a build. */
const PROCESSES = 4096;

/**
 * The engine's configuration of the container of a build: CPU and memory of the template, no privileges beyond the
 * engine's default ones, no mounts. Network and processes are those of the guard.
 *
 * @param cpus how many the engine has; it refuses a larger share
 */
export function containerConfig(
  build: Pick<ExecutorBuild, 'buildId' | 'cpuCount' | 'memoryMb'>,
  place: {
    readonly runId: string;
    readonly image: string;
    readonly guard: string;
    readonly cpus: number;
    readonly isFinal: boolean;
  },
): unknown {
  const memory = build.memoryMb * 2 ** 20;
  return {
    Image: place.image,
    User: '0:0',
    WorkingDir: '/',
    // Waits for an input that never comes.
    Entrypoint: ['/bin/bash', '--norc', '--noprofile', '-c', 'exec >/dev/null 2>&1; read -r _'],
    Cmd: [],
    Labels: { [LABEL]: 'build', [BUILD_LABEL]: build.buildId, [RUN_LABEL]: place.runId },
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
