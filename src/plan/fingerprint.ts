import { createHash } from 'node:crypto';
import type { Instruction, RecipeBody } from '../api/types.ts';
import { type Variable, variablesOf } from '../recipe/instruction.ts';
import type { ResolvedBase } from './base.ts';

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Nothing that a shell expands or unescapes, and nothing that PAM joins with the next line of its file. */
const plainValue = /^[^$`"\\\n]*$/;
/** Variables that decide which programs the rest of the script runs, and how. */
const steersPrograms = /^(?:PATH|LD_.*)$/;

/**
 * SHA-256 of all that is not a name or a value in the SDK's script for sandboxes and in the command around it, as
 * novita-sandbox 2.1 writes them. In a script of another form the order might matter, so it stays as it is.
 */
const knownScript = '58351f133033205e9d0e8bb53a688ed94537420e4abc9f9fbba1a06f65e03489';

/**
 * The arguments of a step, brought into one order where their order cannot matter: the variables of an ENV, and
 * those in the script with which the SDK writes them for sandboxes. It can matter as soon as a value holds a `$`,
 * since the service and the script expand `$NAME` one variable after another, and where a name comes twice. A value
 * with quotes, backslashes or several lines, or a name that no shell takes, keeps everything as it is too.
 *
 * What comes back are arguments that mean the same to the service as those given. So where somebody writes a step
 * in this very form, it is rightly taken for the same.
 */
export function canonicalArguments(step: Instruction, hidden?: string): readonly string[] {
  const { type, args = [] } = step;
  if (type === 'ENV' || type === 'ARG') return sortedVariables(args, variablesOf(step));
  if (hidden === 'environment') return args.map(sortedScript);
  return args;
}

function sortedVariables(args: readonly string[], pairs: Variable[]): readonly string[] {
  const plain = pairs.every(
    ({ name, value }) => plainName.test(name) && value !== undefined && plainValue.test(value),
  );
  if (!plain || !areDistinct(pairs)) return args;
  return pairs.sort(byName).flatMap(({ name, value = '' }) => [name, value]);
}

/** `echo <base64> | base64 -d > file && …`: the script has one block for each variable, from `v="` to `true`. */
function sortedScript(command: string): string {
  const found = /^echo ([A-Za-z0-9+/]+={0,2})( \| base64 -d > .*)$/s.exec(command);
  const [, base64 = '', after = ''] = found ?? [];
  const script = Buffer.from(base64, 'base64').toString('utf8');
  // Decoding forgives what `base64 -d` does not, and bytes that are no UTF-8.
  if (!found || encoded(script) !== base64 || script.includes('\0')) return command;
  const end = script.lastIndexOf('true\n') + 'true\n'.length;
  // A plain value is one line without a quote, so nothing in one can look like the beginning of a block.
  const [head = '', ...texts] = script.slice(0, end).split(/^(?=v=")/m);
  const blocks = texts.map(readBlock).filter((block) => block !== undefined);
  const forms = new Set(blocks.map(({ form }) => form));
  if (blocks.length < texts.length || !areDistinct(blocks)) return command;
  const known = digest(JSON.stringify([head, ...forms, script.slice(end), after])) === knownScript;
  if (!known) return command;
  const sorted = sortedBetween(blocks, ({ name }) => steersPrograms.test(name)).map(({ text }) => text);
  return `echo ${encoded([head, ...sorted, script.slice(end)].join(''))}${after}`;
}

interface Block {
  readonly name: string;
  /** All that the script says about one variable. */
  readonly text: string;
  /** The lines after value and name, with NUL for the name. */
  readonly form: string;
}

function readBlock(text: string): Block | undefined {
  const [first = '', second = '', ...rest] = text.split('\n');
  const value = /^v="(.*)"$/s.exec(first)?.[1];
  const name = /^export (.*)="\$v"$/s.exec(second)?.[1];
  if (value === undefined || !plainValue.test(value) || name === undefined || !plainName.test(name)) {
    return undefined;
  }
  return { name, text, form: rest.join('\n').replaceAll(name, '\0') };
}

/** Sorts by name what stands between the fixed ones; nothing passes one of those. */
function sortedBetween(blocks: readonly Block[], isFixed: (block: Block) => boolean): Block[] {
  const next = blocks.findIndex(isFixed);
  if (next < 0) return [...blocks].sort(byName);
  const fixed = blocks.slice(next, next + 1);
  return [...blocks.slice(0, next).sort(byName), ...fixed, ...sortedBetween(blocks.slice(next + 1), isFixed)];
}

function areDistinct(named: readonly { readonly name: string }[]): boolean {
  return new Set(named.map(({ name }) => name)).size === named.length;
}

function byName({ name: one }: { name: string }, { name: other }: { name: string }): number {
  return one < other ? -1 : 1;
}

function encoded(script: string): string {
  return Buffer.from(script, 'utf8').toString('base64');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256 as 64 lower-case hex digits; or, as the end of a sentence, why there can be none. */
export type Fingerprint = { readonly hash: string } | { readonly unknown: string };

/** Everything that decides what a build makes. */
export interface FingerprintedContent {
  readonly base: ResolvedBase;
  /** As it goes over the wire; COPY steps with the hash of their files. */
  readonly recipe: RecipeBody;
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

function stepContent(step: Instruction, hidden: 'environment' | 'workdir' | undefined) {
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
