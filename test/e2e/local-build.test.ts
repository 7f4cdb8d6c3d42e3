/** Local builds where no container engine answers. test/engine/ has those that build. */
import { describe, expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { pullRequestFromFork } from '../support/fork-event.ts';
import { contentTagOf } from './reuse-kit.ts';

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

test('dry-run needs no engine', async ({ run }) => {
  const { exitCode, outputs } = await run({
    inputs: { tags: 'v1', 'build-on': 'local', 'dry-run': 'true' },
    env: noEngine,
  });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'planned' });
});

describe('the content of a local build', () => {
  const content = /^Content: ([0-9a-f]{64})(.*)$/m;

  const start = (base: string, command: string) => ({
    'template.ts': `import { Template } from 'novita-sandbox';\nexport default Template().fromImage('${base}', undefined, { inheritConfig: false }).runCmd('${command}');\n`,
  });
  const local = { 'build-on': 'local', tags: 'latest' };
  const withoutEngine = { DOCKER_HOST: noEngine.DOCKER_HOST };

  test('is compared with what is published, where there is a key', async ({
    run,
    registry,
    service,
    workspace,
  }) => {
    registry.push('team/debian', '12');
    const base = `${registry.host}/team/debian:12`;
    await workspace.write(start(base, 'make'));
    const before = await run({ inputs: local, env: withoutEngine });
    expect(before.log).toMatch(
      /^Content: [0-9a-f]{64}; the published one is unknown: there is no template my-agent yet$/m,
    );

    const published = await run({ inputs: { tags: 'latest' } });
    expect(published.outputs).toMatchObject({ status: 'ready' });
    const { buildId } = published.outputs;
    const since = service.requests.length;
    const same = await run({ inputs: local, env: withoutEngine });
    const [, hash] = content.exec(same.log) ?? [];
    expect(same.log).toContain(
      `Content: ${hash}; my-agent:latest (build ${buildId}) has the same, ${hash}\n`,
    );
    expect(contentTagOf(service, buildId)).toBe(`content-${hash}`);

    await workspace.write(start(base, 'make all'));
    const other = await run({ inputs: local, env: withoutEngine });
    const [, changed] = content.exec(other.log) ?? [];
    expect(changed).not.toBe(hash);
    expect(other.log).toContain(
      `Content: ${changed}; my-agent:latest (build ${buildId}) has another, ${hash}\n`,
    );
    expect(service.requests.slice(since).filter(({ method }) => method !== 'GET')).toEqual([]);

    const keyless = await run({ inputs: local, env: noEngine });
    expect(keyless.log).toMatch(new RegExp(`^Content: ${changed}$`, 'm'));
  });

  test('is compared with nothing, where the service is not there', async ({ run, registry, workspace }) => {
    registry.push('team/debian', '12');
    await workspace.write(start(`${registry.host}/team/debian:12`, 'make'));
    const { log } = await run({
      inputs: local,
      env: { ...withoutEngine, NOVITA_API_KEY: 'wrong' },
    });
    expect(log).toMatch(/^Content: [0-9a-f]{64}; the published one could not be looked up \(.*\)$/m);
  });
});
