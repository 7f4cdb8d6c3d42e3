import { createRequire } from 'node:module';
import type { CiEvent } from '../../src/ci/event.ts';
import { readEvent } from '../../src/ci/read-event.ts';

type Json = Record<string, unknown>;

const examples: readonly { readonly name: string; readonly examples: readonly Json[] }[] = createRequire(
  import.meta.url,
)('@octokit/webhooks-examples');

/** What the runner adds to a payload: `GITHUB_REF` and `GITHUB_SHA`. */
export interface RunnerValues {
  readonly ref: string;
  readonly sha: string;
  /** `GITHUB_EVENT_NAME`, where it is not the name of the payload. */
  readonly eventName?: string;
}

/** The first real payload of an event whose fields are as wanted. */
export function realPayload(name: string, wanted: Json = {}): Json {
  const found = examples
    .find((one) => one.name === name)
    ?.examples.find((payload) => Object.entries(wanted).every(([key, value]) => payload[key] === value));
  if (!found) throw new Error(`No payload of ${name} has ${JSON.stringify(wanted)}`);
  return found;
}

/** The event that an action reads when GitHub sends this payload. */
export function eventOf(name: string, payload: Json, { ref, sha, eventName = name }: RunnerValues): CiEvent {
  return readEvent({ eventName, payload, ref, sha, actor: 'Codertocat' }, 'Codertocat/Hello-World');
}

/** A copy of a payload in which the fields that are named are others; what stands beside them stays. */
export function changed(payload: Json, changes: Json): Json {
  const copy: Json = { ...payload };
  for (const [key, value] of Object.entries(changes)) {
    const old = copy[key];
    copy[key] = isObject(old) && isObject(value) ? changed(old, value) : value;
  }
  return copy;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
