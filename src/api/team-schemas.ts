import * as v from 'valibot';
import type { SizeLimits } from './sandbox-size.ts';

/** A limit that cannot be one, such as 0 or a text, is none. */
const limit = v.fallback(
  v.pipe(v.nullish(v.number(), Number.POSITIVE_INFINITY), v.minValue(1)),
  Number.POSITIVE_INFINITY,
);

const quota = v.object({ limit: v.object({ maxVcpu: limit, maxRamMb: limit }) });

/** The sizes that a team may use, by the answer of `GET /sandboxes/quota`; `undefined` when it names none. */
export function readQuota(answer: unknown): SizeLimits | undefined {
  const read = v.safeParse(quota, answer);
  if (!read.success) return undefined;
  const { maxVcpu: maxCpu, maxRamMb: maxMemoryMb } = read.output.limit;
  return Number.isFinite(Math.min(maxCpu, maxMemoryMb)) ? { maxCpu, maxMemoryMb } : undefined;
}

/** The answer of `GET /sandboxes/quota`, whatever it is, as {@link readQuota} has it. */
export const sizeLimits = v.pipe(v.unknown(), v.transform(readQuota));

const names = v.fallback(v.array(v.string()), []);
const listed = v.fallback(v.array(v.fallback(v.object({ names }), { names: [] })), []);

/** The names in a list of templates, which is an array or an object with one. */
export const templateNames = v.pipe(
  v.unknown(),
  v.transform((answer) => (Array.isArray(answer) ? answer : Reflect.get(Object(answer), 'templates'))),
  listed,
  v.transform((templates) => templates.flatMap((template) => template.names)),
);
