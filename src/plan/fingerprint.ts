import { createHash } from 'node:crypto';
import type { WireStep, WireTemplate } from '../service/types.ts';
import type { ResolvedBase } from './base.ts';
import { canonicalArguments } from './canonical-step.ts';

/** SHA-256 as 64 lower-case hex digits; or, as the end of a sentence, why there can be none. */
export type Fingerprint = { readonly hash: string } | { readonly unknown: string };

/** Everything that decides what a build makes. */
export interface FingerprintedContent {
  readonly base: ResolvedBase;
  /** As it goes over the wire; COPY steps with the hash of their files. */
  readonly recipe: WireTemplate;
  /** Numbers of the steps that the SDK added, counted from 0, and what for. */
  readonly hidden: ReadonlyMap<number, 'environment' | 'workdir'>;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
}

const version = 1;

/**
 * The fingerprint of what a build makes: the same on every machine for the same content, another one for any
 * difference that the service would see.
 *
 * It is the SHA-256 of JSON whose keys are sorted: version, size, base, the recipe's other parts, and each step
 * with type, arguments, hash of its files (content, paths, execute bits and link targets: `hashEntries`) and
 * whatever else it has. Not in it:
 *
 * - credentials of the registry, tags, name, paths of the machine, times: they decide nothing about the content;
 * - the name of the base image: the digest stands for it, and is what the build is sent with. An image's other
 *   tag, or a mirror, with the same bytes gives the same sandbox;
 * - `force` of the whole recipe (skip-cache): what is built anew is to take the place of what was there before,
 *   else the next ordinary build would bring the old one back.
 *
 * A recipe that asks for one of its steps to be run anew every time (`skipCache()`, `forceUpload`) has no
 * fingerprint: it says itself that its result is not decided by its text. Nor has one whose base is not known.
 */
export function fingerprintOf({
  base,
  recipe,
  hidden,
  cpuCount,
  memoryMb,
}: FingerprintedContent): Fingerprint {
  if (base.kind === 'unknown') return { unknown: base.why };
  const { steps, fromImage: _, fromTemplate: __, fromImageRegistry: ___, force: ____, ...rest } = recipe;
  const forced = steps.findIndex((step) => step.force);
  if (forced >= 0) {
    return { unknown: `step ${forced + 1} is to be run anew every time (skipCache or forceUpload)` };
  }
  const content = {
    version,
    size: { cpuCount, memoryMb },
    base,
    recipe: rest,
    steps: steps.map((step, index) => stepContent(step, hidden.get(index))),
  };
  return {
    hash: createHash('sha256')
      .update(JSON.stringify(sorted(content)))
      .digest('hex'),
  };
}

function stepContent(step: WireStep, hidden: 'environment' | 'workdir' | undefined) {
  const { force: _, args: __, ...rest } = step;
  return { ...rest, args: canonicalArguments(step, hidden) };
}

/** The same plain data with the keys of every object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
