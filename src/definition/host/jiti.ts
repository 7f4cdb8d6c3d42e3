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

/**
 * jiti's `createJiti` with the transpiler linked in, in a form that survives bundling.
 *
 * @param check - called with each file before jiti evaluates it; throws to prevent that
 */
export const createJiti = (
  id: string,
  options: JitiOptions = {},
  check?: (file: string) => void,
): ReturnType<typeof CreateJiti> => {
  const checked: Transform = (given) => {
    if (given.filename !== undefined) check?.(given.filename);
    return transform(given);
  };
  return createWith(
    id,
    { transform: check ? checked : transform, ...options },
    { onError, nativeImport, createRequire },
  );
};
