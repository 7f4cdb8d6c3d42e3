import * as v from 'valibot';

/** A sandbox that was started. */
export interface StartedSandbox {
  readonly sandboxId: string;
  /** What commands in it must carry. */
  readonly token?: string;
  /** What requests to its own ports must carry. */
  readonly trafficToken?: string;
  /** Where it is reached, when that is not the domain of the API. */
  readonly domain?: string;
}

// Both become a part of the address that its token is sent to.
const sandboxId = v.pipe(v.string(), v.regex(/^[\w-]+$/));
const domain = v.pipe(v.string(), v.regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?)?$/i));

export const startedSandbox = v.pipe(
  v.object({
    sandboxID: sandboxId,
    envdAccessToken: v.nullish(v.string()),
    trafficAccessToken: v.nullish(v.string()),
    domain: v.nullish(domain),
  }),
  v.transform(
    ({ sandboxID, envdAccessToken, trafficAccessToken, domain }): StartedSandbox => ({
      sandboxId: sandboxID,
      ...(envdAccessToken && { token: envdAccessToken }),
      ...(trafficAccessToken && { trafficToken: trafficAccessToken }),
      ...(domain && { domain }),
    }),
  ),
);

/** A sandbox that runs. */
export interface ListedSandbox {
  readonly sandboxId: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const listedSandboxes = v.pipe(
  v.array(v.object({ sandboxID: sandboxId, metadata: v.nullish(v.record(v.string(), v.unknown())) })),
  v.transform((list): ListedSandbox[] =>
    list.map(({ sandboxID, metadata }) => ({ sandboxId: sandboxID, metadata: metadata ?? {} })),
  ),
);

/** What a sandbox uses of what it has. Bytes. */
export interface SandboxMetrics {
  readonly memTotal: number;
  readonly memUsed: number;
  readonly diskTotal: number;
  readonly diskUsed: number;
}

const metrics = v.object({
  memTotal: v.number(),
  memUsed: v.number(),
  diskTotal: v.number(),
  diskUsed: v.number(),
});

/** The newest reading; `undefined` when there is none yet. */
export const newestMetrics = v.pipe(
  v.fallback(v.array(v.unknown()), []),
  v.transform((readings): SandboxMetrics | undefined => {
    const { success, output } = v.safeParse(metrics, readings.at(-1));
    return success ? output : undefined;
  }),
);

/** How much a team may have at once, and has. */
export interface Use {
  readonly most: number;
  readonly inUse: number;
}

/** The sandboxes of a team, with their CPUs and MiB of memory where the service counts them. */
export interface SandboxUse {
  readonly sandboxes: Use;
  readonly cpus?: Use;
  readonly memoryMb?: Use;
}

const count = v.pipe(v.number(), v.minValue(0));
const counts = v.object({
  concurrentInstances: count,
  concurrentVcpu: v.fallback(v.optional(count), undefined),
  concurrentRamMb: v.fallback(v.optional(count), undefined),
});
const use = v.object({ limit: counts, usage: counts });

/** `undefined` when the response does not say. */
export const sandboxUse = v.pipe(
  v.unknown(),
  v.transform((response): SandboxUse | undefined => {
    const { success, output } = v.safeParse(use, response);
    if (!success) return undefined;
    const { limit, usage } = output;
    const both = (most: number | undefined, inUse: number | undefined): Use | undefined =>
      most && inUse !== undefined ? { most, inUse } : undefined;
    const sandboxes = both(limit.concurrentInstances, usage.concurrentInstances);
    const cpus = both(limit.concurrentVcpu, usage.concurrentVcpu);
    const memoryMb = both(limit.concurrentRamMb, usage.concurrentRamMb);
    return sandboxes && { sandboxes, ...(cpus && { cpus }), ...(memoryMb && { memoryMb }) };
  }),
);
