/** Local builds where no container engine answers. test/engine/ has those that build. */
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { pullRequestFromFork } from '../support/fork-event.ts';

const test = testWith({
  files: {
    'template.ts':
      "import { Template } from 'novita-sandbox';\nexport default Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('make');\n",
  },
});

const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock', NOVITA_API_KEY: '' };
const hosted = { RUNNER_ENVIRONMENT: 'github-hosted' };

test('build-on: local fails and says how to get an engine', async ({ run, service }) => {
  const { exitCode, log, outputs } = await run({
    inputs: { 'build-on': 'local', tags: 'v1' },
    env: noEngine,
  });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'error', failure: 'local-build' });
  expect(outputs).not.toHaveProperty('buildId');
  expect(log).toMatch(/^::error.*No container engine can build it: .*nowhere/m);
  expect(service.requests).toEqual([]);
});

test('a fork is planned, with a notice, where GitHub hosts the runner', async ({ run, service }) => {
  const { exitCode, log, outputs } = await run({
    event: pullRequestFromFork,
    env: { ...noEngine, ...hosted },
  });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'skipped' });
  expect(log).toMatch(/^::notice.*A local build was not possible: /m);
  expect(service.requests).toEqual([]);
});

test('a fork is planned, and no engine is asked, where somebody else hosts the runner', async ({ run }) => {
  const { exitCode, log, outputs } = await run({ event: pullRequestFromFork, env: noEngine });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'skipped' });
  expect(log).not.toContain('local build');
});

test('a build at the service says that it is not tested', async ({ run }) => {
  const { exitCode, log } = await run({ inputs: { tags: 'v1', test: 'true' } });
  expect(exitCode).toBe(0);
  expect(log).toMatch(/^::warning title=This build is not tested::.*build-on: local/m);
});

test('dry-run needs no engine', async ({ run }) => {
  const { exitCode, outputs } = await run({
    inputs: { tags: 'v1', 'build-on': 'local', 'dry-run': 'true' },
    env: noEngine,
  });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'planned' });
});
