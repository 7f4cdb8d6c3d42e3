import { join, resolve } from 'node:path';

const source = join(import.meta.dirname, '../../src/definition');
/** The bundle that the tests of definitions run; where others load one, the sources do. */
const dist = process.env['TEST_DIST'];

/** What the action ships beside itself for definitions. */
export const host = dist ? resolve(dist, 'definition/index.js') : join(source, 'host/main.ts');
export const bundledSdk = dist ? resolve(dist, 'sdk/index.js') : join(source, 'sdk.ts');
