import { createRequire as createNativeRequire } from 'node:module';
import type { createJiti as CreateJiti, JitiOptions } from 'jiti';

// A bundler rewrites the `import(id)` of the package's entries, and a definition could not import node:fs. So jiti's
// parts are put together here. They have no types.
// @ts-expect-error
import transform from '../../../node_modules/jiti/dist/babel.cjs';

// @ts-expect-error
import createWith from '../../../node_modules/jiti/dist/jiti.cjs';
import { typescriptBehindMap } from './package-maps.ts';

const nativeImport = (id: string): Promise<unknown> => import(/* webpackIgnore: true */ id);

const onError = (error: unknown): never => {
  throw error;
};

/**
 * Node's `require` for a file. The loader calls its `resolve` last, when it has found nothing itself. A TypeScript file
 * that a map of package.json names as JavaScript is found here.
 */
const createRequire = (from: string): NodeJS.Require => {
  const require = createNativeRequire(from);
  const { resolve } = require;
  const resolveOrSource: NodeJS.RequireResolve = Object.assign(
    (request: string, options?: Parameters<typeof resolve>[1]): string => {
      try {
        return resolve(request, options);
      } catch (error) {
        const source = typescriptBehindMap(request, from);
        if (source) return source;
        throw error;
      }
    },
    { paths: resolve.paths },
  );
  return Object.assign(require, { resolve: resolveOrSource });
};

type Transform = NonNullable<JitiOptions['transform']>;

/** What is done with each file before jiti evaluates it. */
export interface FileHooks {
  /** Throws to prevent the evaluation. */
  readonly check?: ((file: string) => void) | undefined;
  /** Babel plugins for this file. */
  readonly plugins?: (file: string) => unknown[];
}

/** jiti's `createJiti` with the transpiler linked in, in a form that survives bundling. */
export const createJiti = (
  id: string,
  options: JitiOptions = {},
  { check, plugins }: FileHooks = {},
): ReturnType<typeof CreateJiti> => {
  const hooked: Transform = (given) => {
    const { filename } = given;
    if (filename !== undefined) check?.(filename);
    if (filename === undefined || !plugins) return transform(given);
    return transform({ ...given, babel: { ...given.babel, plugins: plugins(filename) } });
  };
  return createWith(id, { transform: hooked, ...options }, { onError, nativeImport, createRequire });
};
