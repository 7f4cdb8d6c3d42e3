import type { SyntaxNode, Word } from 'unbash';
import { forEachChild, parse } from 'unbash';

/** A word of a command as the program gets it. */
export interface ShellWord {
  readonly text: string;
  /** The shell replaces no part of it: `$NAME`, `$(…)`, `*.txt`. */
  readonly fixed: boolean;
}

/** One program that a shell text runs, in the order in which they stand there. */
export interface ShellCommand {
  /** Without its folder: `apt-get` of `/usr/bin/apt-get`. Empty where only variables are set. */
  readonly program: string;
  /** As it is written. */
  readonly path: string;
  readonly args: readonly ShellWord[];
  /** Variables that are set for it, or by it alone. */
  readonly variables: readonly { readonly name: string; readonly value: ShellWord }[];
  /** Files that its output goes to. */
  readonly outputs: readonly string[];
}

/** A longer text was not written by a person. */
const lengthLimit = 200_000;
const deepest = 5;

/**
 * The commands of a text in bash. What runs another command (`sudo`, `env`, `timeout 5`) is left out, and the text of
 * `sh -c '…'` is read too. Code that a shell gets otherwise, by a pipe or a file, is unknown.
 */
export function commandsOf(text: string, depth = 0): ShellCommand[] {
  if (text.length > lengthLimit || depth > deepest) return [];
  const found: ShellCommand[] = [];
  // Not by recursion: a text may be nested deeper than the stack is.
  const script = parsed(text);
  const open = script ? [script] : [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.type === 'Command') {
      const words = [...(node.name ? [node.name] : []), ...node.suffix].flatMap((part) =>
        part.type === 'Word' ? [wordOf(part)] : part.type === 'Assignment' ? [textOf(part.text)] : [],
      );
      const variables = node.prefix.flatMap((part) =>
        part.type === 'Assignment' && part.value?.type === 'Word'
          ? [{ name: part.name, value: wordOf(part.value) }]
          : [],
      );
      const outputs = node.redirects.flatMap((part) =>
        part.type === 'Redirect' && /^>>?$/.test(part.operator) && part.target ? [part.target.value] : [],
      );
      found.push(...unwrapped({ words, variables, outputs }, depth));
    }
    const children: SyntaxNode[] = [];
    forEachChild(node, (child) => void children.push(child));
    for (const child of children.reverse()) open.push(child);
  }
  return found;
}

/** The syntax of a text; `undefined` where it is nested too deep for the parser's stack. */
function parsed(text: string): SyntaxNode | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function wordOf(word: Word): ShellWord {
  const fixed = (word.parts ?? []).every(
    (part) =>
      part.type === 'Literal' ||
      part.type === 'SingleQuoted' ||
      part.type === 'AnsiCQuoted' ||
      (part.type === 'DoubleQuoted' && part.parts.every(({ type }) => type === 'Literal')),
  );
  return { text: word.value, fixed };
}

function textOf(text: string): ShellWord {
  return { text, fixed: !/[$`]/.test(text) };
}

/** Programs that run another one, and their options that take a value. */
const wrappers: ReadonlyMap<string, RegExp> = new Map([
  ['sudo', /^-[ughpCrt]$/],
  ['doas', /^-[uC]$/],
  ['gosu', /^$/],
  ['env', /^-[uCS]$/],
  ['exec', /^-a$/],
  ['nohup', /^$/],
  ['command', /^$/],
  ['nice', /^-n$/],
  ['ionice', /^-[cn]$/],
  ['timeout', /^-[ks]$/],
  ['tini', /^-[pe]$/],
  ['dumb-init', /^$/],
  ['stdbuf', /^-[ioe]$/],
]);

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'zsh']);

interface Words extends Pick<ShellCommand, 'variables' | 'outputs'> {
  readonly words: readonly ShellWord[];
}

function unwrapped({ words, variables, outputs }: Words, depth: number): ShellCommand[] {
  let rest = words;
  const set = [...variables];
  for (;;) {
    const [first, ...args] = rest;
    if (!first) return [{ program: '', path: '', args: [], variables: set, outputs }];
    const program = first.text.split('/').at(-1) ?? '';
    const withValue = wrappers.get(program);
    if (!withValue || args.length === 0) {
      const inner = shells.has(program) ? codeOf(args) : undefined;
      if (inner !== undefined) return commandsOf(inner, depth + 1);
      return [{ program, path: first.text, args, variables: set, outputs }];
    }
    let at = 0;
    for (; at < args.length; at += 1) {
      const { text } = args[at] ?? { text: '' };
      const variable = /^(\w+)=([\s\S]*)$/.exec(text);
      if (variable?.[1] !== undefined)
        set.push({
          name: variable[1],
          value: { text: variable[2] ?? '', fixed: args[at]?.fixed ?? false },
        });
      else if (withValue.test(text)) at += 1;
      else if (!text.startsWith('-')) break;
    }
    // `timeout 5 program`, `gosu user program`.
    if (program === 'timeout' || program === 'gosu') at += 1;
    rest = args.slice(at);
  }
}

/** The code of `-c`, also as `-lc` and `-ec`. */
function codeOf(args: readonly ShellWord[]): string | undefined {
  const at = args.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
  return at < 0 ? undefined : args[at + 1]?.text;
}
