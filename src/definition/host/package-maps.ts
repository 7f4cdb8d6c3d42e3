import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord } from '../../json.ts';

/** The fields of a package.json that decide which file a name means. */
interface PackageJson {
  readonly folder: string;
  readonly name: unknown;
  readonly main: unknown;
  readonly exports: unknown;
  readonly imports: unknown;
}

/** The conditions that the loader uses, in its order. */
const conditionSets = [
  new Set(['node', 'import', 'module-sync', 'default']),
  new Set(['node', 'require', 'module-sync', 'default']),
];

/**
 * The TypeScript file that `#name` or a package's name means. Its map in package.json may name a JavaScript file that
 * does not exist: `./src/x.js` then means `./src/x.ts`, as for TypeScript and bundlers.
 *
 * @param from absolute path or `file:` URL of the importing file
 */
export function typescriptBehindMap(request: string, from: string): string | undefined {
  const importer = from.startsWith('file:') ? fileURLToPath(from) : from;
  for (const target of mappedTargets(request, importer)) {
    const source = sourceOf(target);
    if (source) return realpathSync(source);
  }
  return undefined;
}

/** The TypeScript file that TypeScript reads instead of a missing JavaScript file. */
function sourceOf(target: string): string | undefined {
  const [, stem = '', kind] = /^(.*)\.(js|jsx|mjs|cjs)$/.exec(target) ?? [];
  if (!kind || isFile(target)) return undefined;
  const extensions = { js: ['.ts', '.tsx'], jsx: ['.tsx'], mjs: ['.mts'], cjs: ['.cts'] }[kind] ?? [];
  return extensions.map((extension) => stem + extension).find(isFile);
}

function mappedTargets(request: string, importer: string): string[] {
  const scope = nearestPackage(dirname(importer));
  if (request.startsWith('#')) return scope ? targetsIn(scope, scope.imports, request) : [];
  const [, name, rest = ''] = /^((?:@[^/]+\/)?[^./@#:][^/:]*)(\/.*)?$/.exec(request) ?? [];
  if (!name) return [];
  const found =
    scope?.name === name && scope.exports != null ? scope : installedPackage(name, dirname(importer));
  if (!found) return [];
  if (found.exports != null) return targetsIn(found, subpaths(found.exports), `.${rest}`);
  return rest === '' && typeof found.main === 'string' ? [join(found.folder, found.main)] : [];
}

/** `exports` as a map of subpaths. Without subpaths, its target or conditions are those of the package itself. */
function subpaths(exports: unknown): unknown {
  const isMap = isRecord(exports) && Object.keys(exports).every((key) => key.startsWith('.'));
  return isMap ? exports : { '.': exports };
}

function targetsIn({ folder }: PackageJson, map: unknown, request: string): string[] {
  if (!isRecord(map)) return [];
  const exact = Object.hasOwn(map, request) && !request.includes('*');
  const [pattern, star] = exact ? [request, ''] : (bestPattern(Object.keys(map), request) ?? []);
  if (pattern === undefined || star === undefined) return [];
  return conditionSets
    .flatMap((conditions) => targets(map[pattern], conditions))
    .map((target) => target.replaceAll('*', () => star))
    .filter((target) => target.startsWith('./') && !target.split('/').some(leavesPackage))
    .map((target) => join(folder, target));
}

/** Node's rule: the pattern with the longest text before its star, then the longest one. */
function bestPattern(patterns: readonly string[], request: string): [string, string] | undefined {
  const fitting = patterns.flatMap((pattern): [string, string][] => {
    const [before = '', after, ...more] = pattern.split('*');
    if (after === undefined || more.length > 0 || request.length < pattern.length) return [];
    if (!request.startsWith(before) || !request.endsWith(after)) return [];
    return [[pattern, request.slice(before.length, request.length - after.length)]];
  });
  const rank = ([pattern]: [string, string]) => [pattern.indexOf('*'), pattern.length] as const;
  return fitting.sort((one, other) => rank(other)[0] - rank(one)[0] || rank(other)[1] - rank(one)[1])[0];
}

/** The targets of a map's entry under these conditions, in the order in which they are tried. */
function targets(entry: unknown, conditions: ReadonlySet<string>): string[] {
  if (typeof entry === 'string') return [entry];
  if (Array.isArray(entry)) return entry.flatMap((item) => targets(item, conditions));
  if (!isRecord(entry)) return [];
  for (const [condition, value] of Object.entries(entry)) {
    if (!conditions.has(condition)) continue;
    // Conditions nest. One without a target passes to the next; `null` forbids.
    if (value === null) return [];
    const found = targets(value, conditions);
    if (found.length > 0) return found;
  }
  return [];
}

function leavesPackage(segment: string): boolean {
  return segment === '..' || segment === 'node_modules';
}

function installedPackage(name: string, folder: string): PackageJson | undefined {
  for (let above = folder; ; above = dirname(above)) {
    const found = packageIn(join(above, 'node_modules', name));
    if (found) return found;
    if (dirname(above) === above) return undefined;
  }
}

function nearestPackage(folder: string): PackageJson | undefined {
  const found = packageIn(folder);
  return found || dirname(folder) === folder ? found : nearestPackage(dirname(folder));
}

function packageIn(folder: string): PackageJson | undefined {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
    if (!isRecord(content)) return undefined;
    const { name, main, exports, imports } = content;
    return { folder, name, main, exports, imports };
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
