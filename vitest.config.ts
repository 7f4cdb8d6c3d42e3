import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Only what hangs meets a limit: machines are slow and shared.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 300_000 } },
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          // What the runner sets in a real job must not leak into the tests.
          env: { GITHUB_ACTIONS: '', NO_COLOR: '1' },
        },
      },
      {
        extends: true,
        test: {
          // Definitions once more, through the bundled host and SDK.
          name: 'bundle',
          include: ['test/definition/**/*.test.ts'],
          env: { GITHUB_ACTIONS: '', NO_COLOR: '1', TEST_DIST: 'dist' },
        },
      },
    ],
  },
});
