import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Jiti, JitiOptions } from 'jiti';
import { isRecord } from '../protocol.ts';
import { createJiti } from './jiti.ts';

/**
 * The loader for a definition: TypeScript and JavaScript modules as bundlers understand them, with path
 * aliases of the nearest `tsconfig.json`, and with the SDK's names taken from `virtualModules`.
 *
 * @param note told when the `tsconfig.json` is only read in part
 */
export function createLoader(
  file: string,
  virtualModules: Record<string, object>,
  note: (text: string) => void,
): Jiti {
  const options: JitiOptions = {
    fsCache: false,
    moduleCache: true,
    interopDefault: true,
    virtualModules,
    transformOptions: { babel: { plugins: [importMetaMain], wrapPluginVisitorMethod: leaveUsing } },
  };
  try {
    return createJiti(file, { ...options, tsconfigPaths: true });
  } catch (error) {
    // Most often it extends a package that is not installed.
    const reason = error instanceof Error ? error.message : String(error);
    note(`tsconfig.json is read without what it extends: ${reason}`);
    return createJiti(file, { ...options, alias: ownAliases(file) });
  }
}

/**
 * Imports a file with the loader and gives its exports as the file made them. The loader's own view of a
 * module fails at every look where the default export is `null`, its `then` included, which makes of a
 * finished import one that failed.
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
 * The path aliases that the nearest `tsconfig.json` states itself, in the loader's form: of `~/*` to `./src/*`
 * the first target counts.
 */
function ownAliases(file: string): Record<string, string> {
  const nearest = nearestTsconfig(dirname(file));
  const { paths, baseUrl } = nearest ? compilerOptionsOf(nearest) : {};
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

function nearestTsconfig(folder: string): string | undefined {
  const path = join(folder, 'tsconfig.json');
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : nearestTsconfig(dirname(folder));
}

function compilerOptionsOf(path: string): Record<string, unknown> {
  try {
    // With its comments and trailing commas, a tsconfig.json is an expression of JavaScript.
    const source = `module.exports = (${readFileSync(path, 'utf8')}\n)`;
    const content = createJiti(path, { fsCache: false }).evalModule(source, {
      async: false,
      ext: '.cjs',
      filename: path,
    });
    const options = isRecord(content) ? content['compilerOptions'] : undefined;
    return isRecord(options) ? options : {};
  } catch {
    return {};
  }
}

interface MetaPropertyPath {
  readonly node: { readonly meta: { readonly name: string } };
  readonly parentPath: {
    isMemberExpression(): boolean;
    readonly node: { readonly property?: { readonly name?: string } };
    replaceWith(node: unknown): void;
  };
}

/**
 * A Babel plugin: a definition is never the program's main module, so `import.meta.main` is false. Left as
 * it is, it is a syntax error in the form in which the loader evaluates modules.
 */
function importMetaMain({ types }: { types: { booleanLiteral(value: boolean): unknown } }) {
  return {
    name: 'import-meta-main',
    visitor: {
      MetaProperty(path: MetaPropertyPath) {
        const { parentPath } = path;
        if (path.node.meta.name !== 'import' || !parentPath.isMemberExpression()) return;
        if (parentPath.node.property?.name === 'main') parentPath.replaceWith(types.booleanLiteral(false));
      },
    },
  };
}

/**
 * Takes the transform of `using` declarations out of Babel's work: it moves a module's statements into a block
 * and loses its exports, and Node 24 knows `using` by itself.
 */
function leaveUsing<T>(plugin: string, _: string, visit: T): T | (() => void) {
  return plugin === 'transform-explicit-resource-management' ? () => {} : visit;
}
