import { join } from 'node:path';
import { inject } from 'vitest';

// As a variable, so that processes that a test starts find the bundle too.
process.env['TEST_DIST'] = join(inject('action'), 'dist');

// Node keeps there what it has compiled of the bundles, for the processes that follow.
process.env['NODE_COMPILE_CACHE'] = `${inject('action')}-compiled`;
