import { ServiceError } from '../http/errors.ts';
import type { Redact } from '../redact/redact.ts';
import type { ServiceClient } from './client.ts';
import type { IdempotentApi } from './idempotent-api.ts';
import type { BuildStatus, LogEntry } from './schemas.ts';

/**
 * The same client without secrets in its results, since a service may repeat what it was sent in its log and its error
 * messages. Identifiers stay as they are.
 */
export function redactingClient(client: ServiceClient, redact: Redact): ServiceClient {
  const guard =
    <A extends unknown[], R>(
      call: (...args: A) => Promise<R>,
      clean: (result: R) => R = (result) => result,
    ) =>
    async (...args: A): Promise<R> => {
      try {
        return clean(await call(...args));
      } catch (error) {
        throw error instanceof ServiceError ? redactedError(error, redact) : error;
      }
    };
  const entries = (log: LogEntry[]) => log.map((entry) => ({ ...entry, message: redact(entry.message) }));
  const status = ({ reason, ...rest }: BuildStatus): BuildStatus => ({
    ...rest,
    logEntries: entries(rest.logEntries),
    ...(reason && { reason: { ...reason, message: redact(reason.message) } }),
  });
  const idempotent = (calls: IdempotentApi): IdempotentApi => ({
    uploadLink: guard(calls.uploadLink),
    status: guard(calls.status, status),
    logs: guard(calls.logs, entries),
    tags: guard(calls.tags),
    templateIdOf: guard(calls.templateIdOf),
    template: guard(calls.template),
    assignTags: guard(calls.assignTags),
    removeTags: guard(calls.removeTags),
  });
  return {
    ...client,
    ...idempotent(client),
    noRetry: idempotent(client.noRetry),
    register: guard(client.register),
    upload: guard(client.upload),
    start: guard(client.start),
    createSandbox: guard(client.createSandbox),
    killSandbox: guard(client.killSandbox),
    findSandboxes: guard(client.findSandboxes),
    sandboxMetrics: guard(client.sandboxMetrics),
    sandboxUse: guard(client.sandboxUse),
  };
}

function redactedError(error: ServiceError, redact: Redact): ServiceError {
  return error.with({
    summary: redact(error.summary),
    said: error.said === undefined ? undefined : redact(error.said),
    message: redact(error.message),
    cause: redactedCause(error.cause, redact),
  });
}

function redactedCause(cause: unknown, redact: Redact): unknown {
  if (cause instanceof ServiceError) return redactedError(cause, redact);
  if (!(cause instanceof Error)) return undefined;
  return new Error(redact(cause.message), { cause: redactedCause(cause.cause, redact) });
}
