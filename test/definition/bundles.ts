import { join, resolve } from 'node:path';

const source = join(import.meta.dirname, '../../src/definition');
/** With `TEST_DIST=<folder>` the tests run the bundle in that folder instead of the sources. */
const dist = process.env['TEST_DIST'];

/** What the action ships beside itself for definitions. */
export const host = dist ? resolve(dist, 'definition/index.js') : join(source, 'host.ts');
export const bundledSdk = dist ? resolve(dist, 'sdk/index.js') : join(source, 'sdk.ts');
