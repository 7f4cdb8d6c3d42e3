import { defineConfig } from 'vitest/config';

/** Tests that build in containers. */
const onEngine = ['test/engine/**/*.test.ts'];
/** Tests that run what is published: the bundled actions, and the process of definitions, which starts sooner bundled. */
const ofBundle = [
  'test/e2e/**/*.test.ts',
  'test/definition/**/*.test.ts',
  'test/plan/fingerprint.test.ts',
  'test/recipe/instruction.test.ts',
  'test/report/markdown/recipe-code.test.ts',
];
// What the runner sets in a real job must not leak into the tests.
const env = { GITHUB_ACTIONS: '', NO_COLOR: '1' };

export default defineConfig({
  test: {
    // Only what hangs meets a limit: machines are slow and shared.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 300_000 } },
    maxWorkers: 2,
    // A module holds no state of its own, so a worker need not evaluate it anew for each file of tests.
    isolate: false,
    maxConcurrency: 2,
    projects: [
      {
        extends: true,
        test: { name: 'source', include: ['test/**/*.test.ts'], exclude: [...ofBundle, ...onEngine], env },
      },
      {
        extends: true,
        test: {
          name: 'bundle',
          include: ofBundle,
          env,
          globalSetup: ['test/e2e/global-setup.ts'],
          setupFiles: ['test/definition/bundle-setup.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'engine', include: onEngine, env, globalSetup: ['test/engine/global-setup.ts'] },
      },
    ],
  },
});
