import * as v from 'valibot';
import type { SizeLimits } from './sandbox-size.ts';

/** A value that cannot be a limit, such as 0 or a text, means no limit. */
const limit = v.fallback(
  v.pipe(v.nullish(v.number(), Number.POSITIVE_INFINITY), v.minValue(1)),
  Number.POSITIVE_INFINITY,
);

const quota = v.object({ limit: v.object({ maxVcpu: limit, maxRamMb: limit }) });

/** The sizes that a team may use, from the response to `GET /sandboxes/quota`; `undefined` when it has none. */
export function readQuota(response: unknown): SizeLimits | undefined {
  const { success, output } = v.safeParse(quota, response);
  if (!success) return undefined;
  const { maxVcpu: maxCpu, maxRamMb: maxMemoryMb } = output.limit;
  return Number.isFinite(Math.min(maxCpu, maxMemoryMb)) ? { maxCpu, maxMemoryMb } : undefined;
}

/** {@link readQuota} as a schema. */
export const sizeLimits = v.pipe(v.unknown(), v.transform(readQuota));

const names = v.fallback(v.array(v.string()), []);
const listed = v.fallback(v.array(v.fallback(v.object({ names }), { names: [] })), []);

/** The names in a list of templates: an array, or an object with one in `templates`. */
export const templateNames = v.pipe(
  v.unknown(),
  v.transform((response) =>
    Array.isArray(response) ? response : Reflect.get(Object(response), 'templates'),
  ),
  listed,
  v.transform((templates) => templates.flatMap((template) => template.names)),
);
