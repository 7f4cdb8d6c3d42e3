import { ApiError } from './http.ts';

/** The limits of the team. */
export interface ServiceLimits {
  /** Default 8. */
  readonly maxCpu: number;
  /** MiB. Default 8192. */
  readonly maxMemoryMb: number;
  /** Builds that are registered or running at the same time. Default 20. */
  readonly concurrentBuilds: number;
  /** Sandboxes that run at the same time. Default 100. */
  readonly concurrentSandboxes: number;
  /** How long a registered build may wait for its start. Default 40 minutes. */
  readonly waitingMs: number;
  /** How long a started build may run. Default 1 hour. */
  readonly buildMs: number;
  /** How long an upload link is valid. Default 30 minutes. */
  readonly uploadLinkMs: number;
}

export const DEFAULT_LIMITS: ServiceLimits = {
  maxCpu: 8,
  maxMemoryMb: 8192,
  concurrentBuilds: 20,
  concurrentSandboxes: 100,
  waitingMs: 40 * 60_000,
  buildMs: 60 * 60_000,
  uploadLinkMs: 30 * 60_000,
};

/** The schema's own minima; below them the request is malformed rather than refused. */
export const SCHEMA_MINIMUM = { cpuCount: 1, memoryMB: 128 } as const;

/** The size for a request without these fields. */
export const DEFAULT_SIZE = { cpuCount: 2, memoryMB: 1024 } as const;

/** @throws ApiError 400 in the service's words when CPU or memory are outside the rules. */
export function checkSize(cpuCount: number, memoryMb: number, limits: ServiceLimits): void {
  const refuse = (message: string) => new ApiError(400, message);
  const contact = '(if you need to increase this limit, please contact support)';
  if (cpuCount > 32) throw refuse('CPU count must be at most 32');
  if (cpuCount !== 1 && cpuCount % 2 !== 0) throw refuse('CPU count must be 1 or an even number');
  if (cpuCount > limits.maxCpu) throw refuse(`CPU count can't be higher than ${limits.maxCpu} ${contact}`);
  if (memoryMb % 2 !== 0) throw refuse('Memory must be divisible by 2');
  if (memoryMb > limits.maxMemoryMb) {
    throw refuse(`Memory can't be higher than ${limits.maxMemoryMb} MiB ${contact}`);
  }
}

/** @throws ApiError 429 when the team already has as many unfinished builds as it may. */
export function checkConcurrency(active: number, limits: ServiceLimits): void {
  if (active < limits.concurrentBuilds) return;
  throw new ApiError(
    429,
    `you have reached the maximum number of concurrent template builds (${limits.concurrentBuilds}). ` +
      'Please wait for existing builds to complete or contact support if you need more concurrent builds.',
  );
}

/** @throws ApiError 429 when the team already has as many sandboxes as it may. */
export function checkSandboxes(active: number, limits: ServiceLimits): void {
  if (active < limits.concurrentSandboxes) return;
  throw new ApiError(
    429,
    `you have reached the maximum number of concurrent sandboxes (${limits.concurrentSandboxes}). ` +
      'If you need more concurrent sandboxes, please contact support.',
  );
}
