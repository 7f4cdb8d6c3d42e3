import type { ServiceClient } from '../api/client.ts';
import type { StartedSandbox } from '../api/sandbox-schemas.ts';
import { isAmbiguous, ServiceError } from '../http/errors.ts';
import { outlasting } from '../http/outlasting.ts';
import { endSandboxes, type LeftSandbox, markedBy } from './end-sandboxes.ts';

/** The service's calls about sandboxes. */
export type SandboxCalls = Pick<
  ServiceClient,
  'createSandbox' | 'killSandbox' | 'findSandboxes' | 'sandboxMetrics' | 'sandboxUse'
>;

export interface LeaseOptions {
  /** The service. The signal ends its requests, and nothing else does. */
  readonly connect: (signal: AbortSignal) => SandboxCalls;
  /** Marks the sandboxes of this test, and no others. */
  readonly marker: string;
  /** Gets what may run, whenever that changes, so that another process can end it; `undefined` when nothing may. */
  readonly remember: (left: LeftSandbox | undefined) => void;
  /** Ends the test. */
  readonly signal: AbortSignal;
}

/** The one sandbox of a test, from the first request for it to its end. */
export interface SandboxLease {
  /** Asks for a sandbox, once. Rejects with a `ServiceError`, or with the signal's reason. */
  start(reference: string, timeoutSeconds: number, limitMs: number): Promise<StartedSandbox>;
  /** Ends whatever was started, also after the signal. Never rejects; `false` when something may still run. */
  end(): Promise<boolean>;
}

/**
 * A cancelled step has a few seconds. A request for a sandbox that is on its way may be answered in the first part: then
 * the sandbox is known, and ended. Both parts together are shorter than the time that a step has for its end.
 */
const answerGraceMs = 1500;
const endGraceMs = 2500;
/** Milliseconds to end a sandbox where nothing presses. */
const endLimitMs = 30_000;

/** Leases a sandbox. Sends nothing yet. */
export function leaseSandbox({ connect, marker, remember, signal }: LeaseOptions): SandboxLease {
  let left: LeftSandbox | undefined;
  const note = (change: LeftSandbox | undefined): void => {
    left = change;
    remember(change);
  };
  return {
    async start(reference, timeoutSeconds, limitMs) {
      // What an earlier request may have started would take the place of this one.
      const earlier = left?.isUncertain && (await endSandboxes(left, connect(signal), signal, [0]));
      signal.throwIfAborted();
      note(earlier === 'ended' ? { marker } : { ...left, marker });
      const limit = AbortSignal.timeout(limitMs);
      const patience = outlasting(signal, answerGraceMs);
      try {
        const calls = connect(AbortSignal.any([patience, limit]));
        const metadata = { purpose: 'template smoke test', ...markedBy(marker) };
        const sandbox = await calls.createSandbox(reference, timeoutSeconds, metadata);
        note({ ...left, marker, sandboxId: sandbox.sandboxId });
        return sandbox;
      } catch (error) {
        const isClear = error instanceof ServiceError && !isAmbiguous(error);
        if (!isClear) note({ ...left, marker, isUncertain: true });
        signal.throwIfAborted();
        if (!limit.aborted) throw error;
        const request = 'POST sandboxes';
        const message = `there was no answer to ${request} within ${Math.round(limitMs / 1000)} s`;
        throw new ServiceError({ kind: 'timeout', request, message });
      }
    },
    async end() {
      if (left && (left.sandboxId !== undefined || left.isUncertain)) {
        const ended = AbortSignal.any([outlasting(signal, endGraceMs), AbortSignal.timeout(endLimitMs)]);
        const how = await endSandboxes(left, connect(ended), ended);
        if (how === 'unknown') return false;
        // A request that was given up may still start one, which is looked for once more after this step.
        if (how === 'none' && signal.aborted) return true;
      }
      if (left) note(undefined);
      return true;
    },
  };
}
