import type { Document, Node, Pair } from 'yaml';
import { type Problem, ProblemsError } from '../problem.ts';

/** What is needed of the library `yaml`, which is loaded only where there is a manifest. */
type Library = typeof import('./yaml-library.ts');

type Path = readonly (string | number)[];

/** A YAML file as data with lines. */
export interface Tree {
  /** Mappings as `Map`, lists as arrays, and everything else as the text that stands there. */
  at(path: Path): unknown;
  /** The line of a key, of an item of a list, or of the nearest thing around it, from 1. */
  lineOf(path: Path): number;
  /** JSON of what stands there, by YAML's own types; `undefined` for what JSON cannot hold. */
  json(path: Path): string | undefined;
}

const problemLimit = 10;

/**
 * Parses a YAML file.
 *
 * @throws ProblemsError for what is no YAML, at its lines: syntax, keys that come twice, tags, several documents, and
 *   aliases without an end
 */
export function manifestTree(file: string, text: string, yaml: Library): Tree {
  const lines = new yaml.LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const fail = (found: readonly { message: string; line: number }[]): ProblemsError => {
    const problems = found.map(
      ({ message, line }): Problem => ({ title: 'Not a YAML file', message, at: { file, line } }),
    );
    const [first = { title: 'Not a YAML file', message: 'It cannot be read.' }, ...rest] = problems;
    return new ProblemsError([first, ...rest]);
  };
  let document: Document.Parsed;
  let texts: unknown;
  try {
    // Every value is a text here: 1.10 and yes stay what is written.
    document = yaml.parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
    const faults = [...document.errors, ...document.warnings].slice(0, problemLimit);
    if (faults.length > 0)
      throw fail(faults.map(({ message, pos }) => ({ message: sentence(message), line: lineAt(pos[0]) })));
    texts = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof ProblemsError) throw error;
    // Aliases that lead nowhere or multiply, and nesting without an end.
    throw fail([{ message: sentence((error as Error).message), line: 1 }]);
  }

  /** The nodes on the way to a place, as far as there are any. */
  const way = (path: Path): (Node | Pair)[] => {
    const found: (Node | Pair)[] = [];
    let node: unknown = document.contents;
    for (const part of path) {
      if (yaml.isMap(node)) {
        const pair: Pair | undefined = node.items.find(
          ({ key }) => yaml.isScalar(key) && String(key.value) === part,
        );
        if (!pair) break;
        found.push(pair);
        node = pair.value;
      } else if (yaml.isSeq(node)) {
        node = node.items[Number(part)];
        if (!node) break;
        found.push(node as Node);
      } else break;
    }
    return found;
  };
  return {
    at: (path) =>
      path.reduce<unknown>((value, part) => {
        if (value instanceof Map) return value.get(part);
        return Array.isArray(value) ? value[Number(part)] : undefined;
      }, texts),
    lineOf(path) {
      const last = way(path).at(-1) ?? document.contents;
      const node = last && 'key' in last ? (last.key as Node) : last;
      return lineAt(node?.range?.[0] ?? 0);
    },
    json(path) {
      try {
        // By YAML's own types now, in which a number is a number.
        const value = yaml.parseDocument(text).toJS({ maxAliasCount: 100 });
        return JSON.stringify(path.reduce((inner, part) => inner?.[part], value));
      } catch {
        return undefined;
      }
    },
  };
}

function sentence(message: string): string {
  const [first = ''] = message.split('\n');
  return `${first.replace(/[.:]*$/, '')}.`;
}
