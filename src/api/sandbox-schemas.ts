import * as v from 'valibot';

/** A sandbox that was started. */
export interface StartedSandbox {
  readonly sandboxId: string;
  /** What commands in it must carry. */
  readonly token?: string;
  /** Where it is reached, when that is not the domain of the API. */
  readonly domain?: string;
}

export const startedSandbox = v.pipe(
  v.object({
    sandboxID: v.pipe(v.string(), v.minLength(1)),
    envdAccessToken: v.nullish(v.string()),
    domain: v.nullish(v.string()),
  }),
  v.transform(
    ({ sandboxID, envdAccessToken, domain }): StartedSandbox => ({
      sandboxId: sandboxID,
      ...(envdAccessToken && { token: envdAccessToken }),
      ...(domain && { domain }),
    }),
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

/** How many sandboxes a team may have at once, and has. */
export interface SandboxUse {
  readonly most: number;
  readonly inUse: number;
}

const use = v.object({
  limit: v.object({ concurrentInstances: v.pipe(v.number(), v.minValue(1)) }),
  usage: v.object({ concurrentInstances: v.number() }),
});

/** `undefined` when the response does not say. */
export const sandboxUse = v.pipe(
  v.unknown(),
  v.transform((response): SandboxUse | undefined => {
    const { success, output } = v.safeParse(use, response);
    if (!success) return undefined;
    return { most: output.limit.concurrentInstances, inUse: output.usage.concurrentInstances };
  }),
);
