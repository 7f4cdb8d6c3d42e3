import { createHash } from 'node:crypto';
import { parentOf } from '../api/names.ts';
import type { Instruction, RecipeBody } from '../api/types.ts';
import { type Variable, variablesOf } from '../recipe/instruction.ts';
import type { ResolvedBase } from './base.ts';

/** SHA-256 as 64 lower-case hex digits, or why there is none, as the end of a sentence. */
export type Fingerprint = { readonly hash: string } | { readonly unknown: string };

/** Everything that decides what a build makes. */
export interface FingerprintedContent {
  readonly base: ResolvedBase;
  /** As it is sent. COPY steps have the hash of their files. */
  readonly recipe: RecipeBody;
  /** Indices of the steps that the SDK added, and what for. */
  readonly hidden: ReadonlyMap<number, 'environment' | 'workdir'>;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** Age up to which a build of this content is reused, in milliseconds; absent for no limit. */
  readonly maxAgeMs?: number | undefined;
}

/** Raised whenever the same content gets another fingerprint than before. */
const version = 2;

/**
 * The fingerprint of what a build makes. It is the same on every machine for the same content. Any difference that the
 * service sees gives another one.
 *
 * It is the SHA-256 of JSON with sorted keys: version, size, base, the recipe's other parts, and each step with its
 * type, its arguments, the hash of its files (content, paths, execute bits and link targets: `hashEntries`) and
 * everything else it has. It leaves out:
 *
 * - registry credentials, tags, name, paths of the machine, times: they decide nothing about the content;
 * - the name of the base image: the build is sent with the digest. Another tag or a mirror with the same bytes gives
 *   the same sandbox;
 * - `force` of the whole recipe (skip-cache): the new build takes the place of the old one, else the next ordinary
 *   build would bring the old one back;
 * - the order of the variables in an ENV, and in the SDK's script that writes them for sandboxes, where no value
 *   depends on it.
 *
 * A recipe that runs one of its steps anew every time (`skipCache()`, `forceUpload`) has no fingerprint, since its text
 * does not decide its result. Nor has a recipe whose base is unknown.
 *
 * ## A parent of another team
 *
 * Nobody but its team can look up which build it means, so without an age limit such a recipe has no fingerprint. With
 * one, the parent's name and tag take the place of its build, as the service reads them. Such a fingerprint is never one
 * of a pinned base: their `base` has another `kind`, and the hash covers it. A run without a limit does not compute it, so
 * it cannot look for it: it never reuses such a build. The limit itself is not part of it. So a build that one run made
 * within seven days serves another one that allows two, if it is not older than that.
 */
export function fingerprintOf({
  base,
  recipe,
  hidden,
  cpuCount,
  memoryMb,
  maxAgeMs,
}: FingerprintedContent): Fingerprint {
  const decides = base.kind === 'unknown' ? writtenParent(base, maxAgeMs) : base;
  if ('unknown' in decides) return decides;
  const { steps, fromImage: _, fromTemplate: __, fromImageRegistry: ___, force: ____, ...rest } = recipe;
  const forced = steps.findIndex((step) => step.force);
  if (forced >= 0) {
    return { unknown: `step ${forced + 1} runs again every time (skipCache or forceUpload)` };
  }
  const anyOrder = writeInAnyOrder(steps);
  const content = {
    version,
    size: { cpuCount, memoryMb },
    base: decides,
    recipe: rest,
    steps: steps.map((step, index) => stepContent(step, hidden.get(index) === 'environment' && anyOrder)),
  };
  return {
    hash: createHash('sha256')
      .update(JSON.stringify(sorted(content)))
      .digest('hex'),
  };
}

/** What decides instead of a parent's build that cannot be looked up, where builds are reused for a time only. */
function writtenParent(
  { why, finding, foreignParent }: Extract<ResolvedBase, { kind: 'unknown' }>,
  maxAgeMs: number | undefined,
):
  | { readonly unknown: string }
  | { readonly kind: 'written parent'; readonly name: string; readonly tag: string } {
  if (foreignParent === undefined) return { unknown: why };
  // A parent that may be misspelled is not helped by it.
  if (maxAgeMs === undefined) return { unknown: finding ? why : `${why}; max-age allows reuse for a time` };
  const { name, tag } = parentOf(foreignParent);
  return { kind: 'written parent', name, tag };
}

function stepContent({ force: _, ...step }: Instruction, isSortedScript: boolean): object {
  const { args = [] } = step;
  if (isVariableStep(step)) return { ...step, args: sortedVariables(step) };
  return { ...step, args: isSortedScript ? args.map(sortedScript) : args };
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A value without anything that a shell expands or unescapes, or that PAM joins with the next line of its file. */
const plainValue = /^[^$`"\\\n]*$/;
/** Variables that decide which programs the rest of the script runs, and how. */
const steersPrograms = /^(?:PATH|LD_.*)$/;

function isVariableStep({ type }: Instruction): boolean {
  return type === 'ENV' || type === 'ARG';
}

/**
 * Whether variables mean the same in any order. The service and the script expand `$NAME` one variable after another,
 * so a `$` in a value makes the order matter, and so does a name that comes twice. A value with quotes, backslashes or
 * several lines, or a name that no shell takes, keeps the order too.
 */
function areIndependent(variables: readonly Variable[]): boolean {
  return (
    new Set(variables.map(({ name }) => name)).size === variables.length &&
    variables.every(
      ({ name, value }) => plainName.test(name) && value !== undefined && plainValue.test(value),
    )
  );
}

/** The arguments of an ENV or ARG step sorted by name, where their order means nothing. */
export function sortedVariables(step: Instruction): readonly string[] {
  const variables = variablesOf(step);
  if (!areIndependent(variables)) return step.args ?? [];
  return variables
    .sort(({ name: one }, { name: other }) => (one < other ? -1 : 1))
    .flatMap(({ name, value = '' }) => [name, value]);
}

/**
 * Whether the variables of a recipe may come in any order in the SDK's script for sandboxes. The script sets those of
 * the base image first, in the image's order, so only those of the recipe can change places.
 */
function writeInAnyOrder(steps: readonly Instruction[]): boolean {
  return steps
    .map(variablesOf)
    .every(
      (variables) => areIndependent(variables) && !variables.some(({ name }) => steersPrograms.test(name)),
    );
}

/**
 * `echo <base64> | base64 -d > file && …` with the lines of its script sorted. The ENV steps say which value belongs to
 * which name, and the base says it of the image's own variables, so the sorted lines lose only the order. They keep the
 * rest of the script: another version of the SDK, or an image whose variables could not be read, gives other lines.
 */
function sortedScript(command: string): string | readonly string[] {
  const [, base64 = '', after = ''] =
    /^echo ([A-Za-z0-9+/]+={0,2})( \| base64 -d > .*)$/s.exec(command) ?? [];
  const script = Buffer.from(base64, 'base64');
  // Node's decoder accepts texts that `base64 -d` refuses.
  if (base64 === '' || script.toString('base64') !== base64) return command;
  return [...script.toString('latin1').split('\n').sort(), after];
}

/** The same plain data with the keys of every object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
