import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';

/** Endings of files that a definition can have. They are no part of a name. */
const ending = /\.(?:[mc]?[tj]sx?|py|toml|json|ya?ml)$/i;
/** Names of files that say nothing about which template it is. */
const generic =
  /^(?:template|build|sandbox|index|main|e2b|novita|docker|container)?(?:file)?(?:[._-](?:dev|development|prod|production|staging|test))?$/i;
/** Folders that hold the definition of the folder above. */
const holding = new Set(['sandbox', '.novita', 'novita', '.e2b', 'e2b']);

/**
 * The name of the template that a file defines: that of its folder, as `sandbox-templates/nextjs/template.ts` is
 * `nextjs`; or its own where it has one, as `e2b-desktop.Dockerfile` is `desktop`. In lower case, with `-` for what a
 * name cannot have; `undefined` when nothing remains.
 *
 * @param path - relative to the repository, with `/`
 */
export function recipeName(path: string): string | undefined {
  const own = ownName(basename(path));
  if (own !== '') return asName(own);
  let folder = dirname(path);
  if (holding.has(basename(folder).toLowerCase())) folder = dirname(folder);
  return folder === '.' ? undefined : asName(basename(folder));
}

/** The name that a config file says; `undefined` for a file of another kind, and for one that has none. */
export function nameInConfig(file: string): string | undefined {
  if (extname(file).toLowerCase() !== '.toml') return undefined;
  const text = readFileSync(file, 'utf8');
  for (const field of ['template_name', 'name']) {
    const [, , name] =
      new RegExp(`^[ \\t]*${field}[ \\t]*=[ \\t]*(["'])([^"'\\n]+)\\1`, 'm').exec(text) ?? [];
    if (name !== undefined) return name.trim();
  }
  return undefined;
}

function ownName(file: string): string {
  const [, before, after] =
    /^(?:(.*)\.)?(?:docker|container)file(?:\.(.*))?$/i.exec(file) ?? ([] as (string | undefined)[]);
  const stem = before ?? after ?? (ending.test(file) ? file.replace(ending, '') : '');
  if (generic.test(stem)) return '';
  return stem.replace(/^(?:e2b|novita|template)[._-]+/i, '').replace(/[._-]+template$/i, '');
}

function asName(text: string): string | undefined {
  const name = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? undefined : name;
}
