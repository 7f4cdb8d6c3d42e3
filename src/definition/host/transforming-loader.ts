import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { Jiti, JitiOptions } from 'jiti';
import { isRecord } from '../../json.ts';
import type { CommittedFiles } from './committed-files.ts';
import { importMeta } from './import-meta.ts';
import { createJiti, type FileHooks } from './jiti.ts';

export interface LoaderOptions {
  /** The only files that may be loaded; without it, all may. */
  readonly committed?: CommittedFiles | undefined;
  /** Whether the file counts as the program that was started. */
  readonly isMain?: boolean;
}

/**
 * The loader for a definition: TypeScript and JavaScript modules as bundlers understand them, with path
 * aliases of the nearest `tsconfig.json`, and with the SDK's names taken from `virtualModules`.
 *
 * @param note called when only a part of `tsconfig.json` is read
 */
export function createLoader(
  file: string,
  virtualModules: Record<string, object>,
  note: (text: string) => void,
  { committed, isMain = false }: LoaderOptions = {},
): Jiti {
  const options: JitiOptions = {
    fsCache: false,
    moduleCache: true,
    interopDefault: true,
    virtualModules,
    transformOptions: { babel: { wrapPluginVisitorMethod: skipUsingTransform } },
  };
  const hooks: FileHooks = {
    check: committed?.check,
    plugins: (path) => [importMeta(path, isMain && path === file)],
  };
  if (committed) return createCommittedLoader(file, options, note, committed, hooks);
  try {
    return createJiti(file, { ...options, tsconfigPaths: true }, hooks);
  } catch (error) {
    // Most often it extends a package that is not installed.
    const reason = error instanceof Error ? error.message : String(error);
    note(`tsconfig.json is read without what it extends: ${reason}`);
    return createJiti(file, { ...options, alias: ownAliases(nearestTsconfig(dirname(file))) }, hooks);
  }
}

/** The loader for committed files only. It ignores a `tsconfig.json` that is not committed. */
function createCommittedLoader(
  file: string,
  options: JitiOptions,
  note: (text: string) => void,
  files: CommittedFiles,
  hooks: FileHooks,
): Jiti {
  const tsconfig = nearestTsconfig(dirname(file), (path) => {
    const compared = isInside(files.root, path) ? files.compare(realpathSync(path)) : 'untracked';
    if (compared === 'changed') files.check(path);
    return compared === 'same';
  });
  // All are set, since the loader reads missing options from variables of the job.
  const plain: JitiOptions = { ...options, tsconfigPaths: false, alias: {} };
  if (tsconfig === undefined) return createJiti(file, plain, hooks);
  if (isCommittedWhole(tsconfig, files))
    return createJiti(file, { ...plain, tsconfigPaths: dirname(tsconfig) }, hooks);
  note('tsconfig.json is read without what it extends: git does not track that at the commit of this run.');
  return createJiti(file, { ...plain, alias: ownAliases(tsconfig) }, hooks);
}

/** Whether all files that a `tsconfig.json` extends are in the commit, and named by a path. */
function isCommittedWhole(tsconfig: string, files: CommittedFiles, depth = 0): boolean {
  const { extends: base } = contentOf(tsconfig);
  return [base].flat().every((name) => {
    if (name === undefined) return true;
    if (typeof name !== 'string' || !/^\.{1,2}(\/|$)/.test(name) || depth > deepestTsconfig) return false;
    const written = resolve(dirname(tsconfig), name);
    // The loader may take any of them.
    const paths = [written, `${written}.json`, join(written, 'tsconfig.json')].filter((path) =>
      statSync(path, { throwIfNoEntry: false })?.isFile(),
    );
    return paths.every(
      (path) => files.compare(realpathSync(path)) === 'same' && isCommittedWhole(path, files, depth + 1),
    );
  });
}

const deepestTsconfig = 20;

/**
 * Imports a file with the loader and returns the exports that the file made. The loader wraps a module, and where its
 * default export is `null`, every property of the wrapper throws, `then` included, so a good import looks failed.
 */
export async function importFile(loader: Jiti, file: string): Promise<unknown> {
  const evaluated = (): NodeJS.Module | undefined => loader.cache[file];
  try {
    const loaded: unknown = await loader.import(file);
    return evaluated()?.exports ?? loaded;
  } catch (error) {
    const module = evaluated();
    if (module?.loaded && isRecord(module.exports) && module.exports['default'] === null)
      return module.exports;
    throw error;
  }
}

/**
 * The path aliases in a `tsconfig.json` itself, without those that it extends, in the loader's form. An alias with
 * several targets gets the first.
 */
function ownAliases(nearest: string | undefined): Record<string, string> {
  const { compilerOptions } = nearest ? contentOf(nearest) : {};
  const { paths, baseUrl } = isRecord(compilerOptions) ? compilerOptions : {};
  if (!nearest || !isRecord(paths)) return {};
  const root = resolve(dirname(nearest), typeof baseUrl === 'string' ? baseUrl : '.');
  return Object.fromEntries(
    Object.entries(paths).flatMap(([name, targets]) => {
      const target: unknown = Array.isArray(targets) ? targets[0] : undefined;
      if (typeof target !== 'string' || name === '*') return [];
      const path = resolve(root, target.replace(/\*$/, ''));
      return [name.endsWith('/*') ? [name.slice(0, -1), `${path}/`] : [name, path]];
    }),
  );
}

function nearestTsconfig(
  folder: string,
  accepts: (path: string) => boolean = () => true,
): string | undefined {
  const path = join(folder, 'tsconfig.json');
  if (existsSync(path) && accepts(path)) return path;
  return dirname(folder) === folder ? undefined : nearestTsconfig(dirname(folder), accepts);
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder + sep);
}

function contentOf(path: string): Record<string, unknown> {
  try {
    // A tsconfig.json may have comments and trailing commas, so it is evaluated as JavaScript.
    const source = `module.exports = (${readFileSync(path, 'utf8')}\n)`;
    const content = createJiti(path, { fsCache: false }).evalModule(source, {
      async: false,
      ext: '.cjs',
      filename: path,
    });
    return isRecord(content) ? content : {};
  } catch {
    return {};
  }
}

/**
 * Turns off Babel's transform of `using` declarations. It moves a module's statements into a block and loses its
 * exports, and Node 24 supports `using`.
 */
function skipUsingTransform<T>(plugin: string, _: string, visit: T): T | (() => void) {
  return plugin === 'transform-explicit-resource-management' ? () => {} : visit;
}
