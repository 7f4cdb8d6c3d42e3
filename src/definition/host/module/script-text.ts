import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const buildCall = /\b[Tt]emplate(?:Base)?\s*[?!]?\.\s*build(?:InBackground)?\b/;
const comments = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/|\*.*)$/gm;
const relativeImport =
  /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1|\b(?:from|import)\s*(['"])(\.{1,2})\3/g;

/** More files belong to a program that is not about a template. */
const mostFiles = 50;

/** A build script: a program that calls `Template.build` itself, as far as its text shows. */
export interface BuildScript {
  /** Names of the service's keys that its files mention. */
  readonly keys: readonly string[];
}

/**
 * Whether a file, or one that it imports by a relative path, calls `Template.build`. Nothing is evaluated.
 *
 * @param isKey whether a variable of this name holds a key of the service
 */
export function buildScriptIn(file: string, isKey: (name: string) => boolean): BuildScript | undefined {
  const files = new Set([file]);
  const keys = new Set<string>();
  let calls = false;
  for (const path of files) {
    const code = textOf(path).replace(comments, '');
    calls ||= buildCall.test(code);
    for (const [name] of code.matchAll(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g)) if (isKey(name)) keys.add(name);
    for (const [, , name, , folder] of code.matchAll(relativeImport)) {
      const found = fileOf(resolve(dirname(path), name ?? folder ?? '.'));
      if (found !== undefined && files.size < mostFiles) files.add(found);
    }
  }
  return calls ? { keys: [...keys] } : undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const extensions = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];

/** The file that an import without or with another extension means. */
function fileOf(path: string): string | undefined {
  const stem = path.replace(/\.[mc]?js$/, '');
  const candidates = [
    path,
    ...[path, stem, join(path, 'index')].flatMap((base) => extensions.map((end) => base + end)),
  ];
  return candidates.find(
    (candidate) => /\.[mc]?[jt]sx?$/.test(candidate) && existsSync(candidate) && statSync(candidate).isFile(),
  );
}
