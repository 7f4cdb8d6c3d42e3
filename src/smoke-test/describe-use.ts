import type { SandboxUse, Use } from '../api/sandbox-schemas.ts';

/** `5 of 5 sandboxes, 10 of 40 CPUs, 5120 of 40960 MiB of memory`, as far as the service counts them. */
export function formatUse({ sandboxes, cpus, memoryMb }: SandboxUse): string {
  const part = (use: Use | undefined, what: string) => (use ? [`${use.inUse} of ${use.most} ${what}`] : []);
  return [...part(sandboxes, 'sandboxes'), ...part(cpus, 'CPUs'), ...part(memoryMb, 'MiB of memory')].join(
    ', ',
  );
}
