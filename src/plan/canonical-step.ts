import { createHash } from 'node:crypto';
import type { WireStep } from '../service/types.ts';

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
export function canonicalArguments({ type, args = [] }: WireStep, hidden?: string): readonly string[] {
  if (type === 'ENV' || type === 'ARG') return sortedVariables(args);
  if (hidden === 'environment') return args.map(sortedScript);
  return args;
}

function sortedVariables(args: readonly string[]): readonly string[] {
  const pairs = Array.from({ length: Math.ceil(args.length / 2) }, (_, index) => ({
    name: args[2 * index] ?? '',
    value: args[2 * index + 1],
  }));
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
