import type { WireStep } from '../service/types.ts';

/**
 * The arguments of a step, brought into one order where their order cannot matter: the variables of an ENV, and
 * those in the script with which the SDK writes them for sandboxes. It can matter as soon as a value holds a `$`,
 * since the service and the script expand `$NAME` one variable after another, and where a name comes twice.
 */
export function canonicalArguments({ type, args = [] }: WireStep, hidden?: string): readonly string[] {
  if (type.toUpperCase() === 'ENV' || type.toUpperCase() === 'ARG') return sortedVariables(args);
  if (hidden === 'environment') return args.map(sortedScript);
  return args;
}

function sortedVariables(args: readonly string[]): readonly string[] {
  const pairs = Array.from({ length: Math.ceil(args.length / 2) }, (_, index) =>
    args.slice(2 * index, 2 * index + 2),
  );
  const names = new Set(pairs.map(([name]) => name));
  const free =
    names.size === pairs.length &&
    pairs.every(({ length }, index) => {
      return length === 2 && !pairs[index]?.[1]?.includes('$');
    });
  return free ? pairs.sort(([one = ''], [other = '']) => (one < other ? -1 : 1)).flat() : args;
}

/** `echo <base64> | base64 -d > file && …`: the script has one block per variable, from `v="` to `true`. */
function sortedScript(command: string): string {
  const [, before = '', base64 = '', after = ''] =
    /^(echo )([A-Za-z0-9+/]+={0,2})( \| base64 -d > .*)$/s.exec(command) ?? [];
  const script = Buffer.from(base64, 'base64').toString('utf8');
  // A quote within a value is escaped, so nothing in one can look like the beginning of a block.
  const [head = '', ...rest] = script.split(/^(?=v=")/m);
  const last = /^(.*?^true\n)(.*)$/ms.exec(rest.pop() ?? '');
  if (!last) return command;
  const [, lastBlock = '', tail = ''] = last;
  const blocks = [...rest, lastBlock];
  const values = blocks.map((block) => /^v="((?:[^"\\]|\\.)*)"\n/s.exec(block)?.[1]);
  if (values.some((value) => value === undefined || value.includes('$'))) return command;
  const sorted = blocks.sort((one, other) => (one < other ? -1 : 1));
  return [before, head, ...sorted, tail, after].join('');
}
