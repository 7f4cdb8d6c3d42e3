import { createRequire } from 'node:module';
import type { createJiti as CreateJiti, JitiOptions } from 'jiti';
// The package's own entries import modules by `import(id)`, which a bundler rewrites: bundled, a definition
// could not import node:fs. So its parts are put together here. They have no types of their own.
// @ts-expect-error
import transform from '../../../node_modules/jiti/dist/babel.cjs';
// @ts-expect-error
import createWith from '../../../node_modules/jiti/dist/jiti.cjs';

const nativeImport = (id: string): Promise<unknown> => import(/* webpackIgnore: true */ id);

const onError = (error: unknown): never => {
  throw error;
};

/** jiti's `createJiti` with the transpiler linked in, in a form that survives bundling. */
export const createJiti: typeof CreateJiti = (id: string, options: JitiOptions = {}) =>
  createWith(id, { transform, ...options }, { onError, nativeImport, createRequire });
