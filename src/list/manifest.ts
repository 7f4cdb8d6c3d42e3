import { readFile } from 'node:fs/promises';
import { decodeText } from '../decode-text.ts';
import { nearest } from '../nearest.ts';
import { type Problem, problem, quote, type SourceLocation, throwIfAny } from '../problem.ts';
import { manifestTree, type Tree } from './yaml-tree.ts';

/** The names under which a manifest is found by itself. */
export const manifestNames = ['novita-templates.yml', 'novita-templates.yaml'];

/** One template of a manifest. */
export interface ManifestTemplate {
  /** Input of the build action → its text, those of `defaults` included. */
  readonly values: ReadonlyMap<string, string>;
  /** The line of the template, or that of one of its keys. */
  at(key?: string): SourceLocation;
}

/** A larger file was not written by a person. */
const byteLimit = 1_000_000;
const problemLimit = 20;

/** Inputs that hold secrets, and a manifest is a file of the repository. */
const secretKeys = new Set(['api-key', 'github-token']);

/**
 * Reads a manifest: a YAML file with the list `templates`, and `defaults` for all of them. The keys of both are the
 * inputs of the build action.
 *
 * @param inputNames - the inputs of the build action
 * @throws ProblemsError with all mistakes, each at its line
 */
export async function readManifest(file: string, inputNames: readonly string[]): Promise<ManifestTemplate[]> {
  const tree = manifestTree(file, await textOf(file), await import('./yaml-library.ts'));
  const problems: Problem[] = [];
  const keys = inputNames.filter((name) => !secretKeys.has(name));
  const reader: Reader = { file, tree, keys, problems };
  const templates = templatesOf(reader);
  throwIfAny(problems.slice(0, problemLimit));
  return templates;
}

interface Reader {
  readonly file: string;
  readonly tree: Tree;
  readonly keys: readonly string[];
  readonly problems: Problem[];
}

type Path = Parameters<Tree['lineOf']>[0];

function templatesOf(reader: Reader): ManifestTemplate[] {
  const { file, tree, keys } = reader;
  const top = mappingAt(reader, [], 'a mapping with the list templates:');
  for (const key of top?.keys() ?? []) {
    if (key === 'templates' || key === 'defaults') continue;
    const near = nearest(key, ['templates', 'defaults']);
    const hint = near
      ? ` Did you mean ${near}?`
      : keys.includes(key)
        ? ' Write it below defaults:, or below one of templates:.'
        : '';
    report(reader, [key], 'Unknown key', `found ${quote(key)}, expected templates or defaults.${hint}`);
  }
  if (!top) return [];
  const defaults = top.has('defaults') ? valuesAt(reader, ['defaults']) : new Map<string, string>();
  const list = top.get('templates');
  if (!Array.isArray(list) || list.length === 0) {
    const example = 'expected a list of templates, such as "- template: agent/template.ts".';
    const found = list === undefined ? 'there is none' : `found ${described(list)}`;
    report(reader, list === undefined ? [] : ['templates'], 'Key templates', `${found}, ${example}`);
    return [];
  }
  return list.map((_, index) => {
    const path: Path = ['templates', index];
    const own = valuesAt(reader, path);
    return {
      values: new Map([...defaults, ...own]),
      at: (key) => {
        const holder = key === undefined || own.has(key) || !defaults.has(key) ? path : ['defaults'];
        return { file, line: tree.lineOf(key === undefined ? holder : [...holder, key]) };
      },
    };
  });
}

/** The inputs in a mapping, as texts. What is wrong with its keys and the forms of its values is reported. */
function valuesAt(reader: Reader, path: Path): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of mappingAt(reader, path, 'a mapping of inputs of the build action') ?? []) {
    const place = [...path, key];
    if (!reader.keys.includes(key)) {
      report(reader, place, 'Unknown key', unknownKey(key, reader.keys));
      continue;
    }
    const text = value instanceof Map ? mappingText(reader, place, value) : inputText(value, key);
    if (text !== undefined) values.set(key, text);
    else report(reader, place, `Key ${key}`, `found ${described(value)}, expected ${expectedFor(key)}.`);
  }
  return values;
}

function mappingAt(reader: Reader, path: Path, expected: string): Map<string, unknown> | undefined {
  const value = reader.tree.at(path);
  if (!(value instanceof Map)) {
    const key = path.find((part) => typeof part === 'string');
    const title = key === undefined ? 'The manifest' : `Key ${key}`;
    report(reader, path, title, `found ${described(value)}, expected ${expected}.`);
    return undefined;
  }
  const strange = [...value.keys()].filter((key) => typeof key !== 'string');
  if (strange.length > 0)
    report(reader, path, 'Unknown key', `found ${described(strange[0])} as a key, expected a word.`);
  return new Map([...value].filter(([key]) => typeof key === 'string'));
}

function unknownKey(key: string, keys: readonly string[]): string {
  if (secretKeys.has(key))
    return `found ${quote(key)}, which is a secret, and a manifest is a file of the repository. Give it to the steps of the workflow.`;
  if (key === '<<')
    return 'found "<<"; keys are not merged. Write what templates share below defaults:, or use a matrix of the workflow.';
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const near = nearest(
    letters(key),
    keys.map((name) => letters(name)),
    2,
  );
  const meant = keys.find((name) => letters(name) === near);
  return `found ${quote(key)}, expected an input of the build action.${meant ? ` Did you mean ${meant}?` : ` They are ${keys.toSorted().join(', ')}.`}`;
}

/** A text as it stands in the file, so that `1.10` stays that; a list has one line for each of its texts. */
function inputText(value: unknown, key: string): string | undefined {
  if (typeof value === 'string') return value;
  if (key === 'args' || !Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    return undefined;
  return value.join('\n');
}

/** A mapping as its input takes it: `args` as JSON, in which a number is a number, `build-args` as lines. */
function mappingText({ tree }: Reader, path: Path, value: Map<unknown, unknown>): string | undefined {
  const key = path.at(-1);
  if (key === 'args') return tree.json(path);
  const isOfLines = [...value].flat().every((text) => typeof text === 'string' && !text.includes('\n'));
  if (key !== 'build-args' || !isOfLines) return undefined;
  return [...value].map(([name, text]) => `${name}=${text}`).join('\n');
}

function expectedFor(key: string): string {
  if (key === 'args') return 'a mapping, or a text with a JSON object';
  if (key === 'build-args') return 'a mapping of texts, or lines such as NAME=value';
  return 'a text, a number, or a list of texts';
}

function described(value: unknown): string {
  if (value instanceof Map) return 'a mapping';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return value === undefined || value === null || value === '' ? 'nothing' : quote(String(value));
}

function report({ file, tree, problems }: Reader, path: Path, title: string, message: string): void {
  problems.push({ title, message, at: { file, line: tree.lineOf(path) } });
}

async function textOf(file: string): Promise<string> {
  const wrong = (found: string, line = 1) => problem('The manifest cannot be read', found, { file, line });
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw wrong(
      `It cannot be read (${error.code}). Check the input manifest and the permissions of the file.`,
    );
  });
  if (content.length > byteLimit)
    throw wrong(`It has ${content.length} bytes, expected at most ${byteLimit}.`);
  const decoded = decodeText(content);
  if (!decoded.ok) throw wrong(`It is no text: ${decoded.reason}. Save it as UTF-8.`, decoded.line);
  return decoded.value;
}
