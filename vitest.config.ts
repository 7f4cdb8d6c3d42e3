import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // What the runner sets in a real job must not leak into the tests.
    env: { GITHUB_ACTIONS: '', NO_COLOR: '1' },
  },
});
