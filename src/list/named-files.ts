import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Files that can name others. */
const readable = /\.(?:[mc]?[tj]sx?|py|toml|json|ya?ml)$|(?:docker|container)file[^/]*$/i;
const byteLimit = 1_000_000;
/** Places that are looked at for files. A definition that needs more was made to take time. */
const mostLooks = 200_000;

/** Endings that an import leaves out, or replaces: `./a` and `./a.js` may mean `a.ts`. */
const endings = ['', '.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.py'];
const indexes = ['/index.ts', '/index.js', '/__init__.py'];

/**
 * The files that a definition names in its texts, and those that they name in turn: imports, Dockerfiles, settings. It
 * finds relative paths that are written out, and no other way to reach a file.
 *
 * @param file - absolute path of the definition
 * @param folders - absolute paths that a text may be relative to, beside the folder of the file that has it
 * @returns absolute paths, that of the definition among them; `undefined` for a definition that names too many
 */
export function namedFiles(file: string, folders: readonly string[]): Set<string> | undefined {
  const found = new Set([file]);
  const looked = new Set<string>();
  for (const path of found) {
    if (!readable.test(path)) continue;
    for (const text of textsIn(path)) {
      for (const folder of [dirname(path), ...folders]) {
        const place = resolve(folder, text);
        if (looked.has(place)) continue;
        if (looked.add(place).size * candidatesFor(place).length > mostLooks) return undefined;
        const named = fileAt(place);
        if (named) found.add(named);
      }
    }
  }
  return found;
}

function textsIn(path: string): string[] {
  if (!isSmallFile(path)) return [];
  const content = readFileSync(path, 'latin1');
  const texts = [...content.matchAll(/(["'`])([^"'`\n\\]{1,300})\1/g)].map(([, , text = '']) => text);
  // `from .parts import base`, `from parts.base import (x, y)`, `import parts`.
  const modules = path.endsWith('.py')
    ? [
        ...content.matchAll(
          /^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([\w,\s]{0,1000}|[\w, \t]*)|import[ \t]+([.\w]+))/gm,
        ),
      ]
    : [];
  const fromModules = modules.flatMap(([, from, names = '', whole = '']) => {
    const [, dots = '', rest = ''] = /^(\.*)(.*)$/.exec(from ?? whole) ?? [];
    const up = dots === '' ? '' : `./${'../'.repeat(dots.length - 1)}`;
    const inside = rest.replaceAll('.', '/');
    const parts = names.split(/[(,\s]+/);
    return [up + inside, ...parts.map((name) => `${up}${inside === '' ? '' : `${inside}/`}${name}`)];
  });
  return [...texts.map((text) => Buffer.from(text, 'latin1').toString()), ...fromModules].filter(isPath);
}

function isPath(text: string): boolean {
  return text !== '' && text !== '.' && !/[\0<>|*?\s]|:\/\//.test(text);
}

function fileAt(path: string): string | undefined {
  return candidatesFor(path).find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

function candidatesFor(path: string): string[] {
  const stem = path.replace(/\.[mc]?jsx?$/, '');
  return [
    ...endings.map((ending) => path + ending),
    ...indexes.map((index) => path + index),
    ...(stem === path ? [] : ['.ts', '.mts', '.cts', '.tsx'].map((ending) => stem + ending)),
  ];
}

function isSmallFile(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= byteLimit;
}
