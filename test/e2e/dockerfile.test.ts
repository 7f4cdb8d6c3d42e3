// A Dockerfile as it stands is built: with its files, its ignore file, and values for its arguments.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { repositoryRoot } from '../support/runner.ts';

const test = testWith({
  defaults: { inputs: { name: 'my-agent', tags: 'v1' } },
});

const Dockerfile = `# syntax=docker/dockerfile:1
ARG BASE=none
FROM \${BASE} AS base
ENV GREETING="hello   world"
FROM base
ARG NPM_TOKEN
RUN printf 'a\\tb\\n' > /x && \\
    npm ci
COPY package.json src ./app/
EXPOSE 80
CMD ["node", "a b.js"]
`;

test('with everything that it says', async ({ workspace, service, run }) => {
  await workspace.write({
    'docker/app.Dockerfile': Dockerfile,
    'docker/package.json': '{}',
    'docker/src/index.js': '1',
    'docker/src/secret': '2',
    'docker/.dockerignore': 'src',
    'docker/app.Dockerfile.dockerignore': '**/secret',
  });
  const { exitCode, log, outputs } = await run({
    inputs: {
      template: 'docker/app.Dockerfile',
      'build-args': 'BASE=127.0.0.1:1/base:1\nNPM_TOKEN=a\nOTHER=1',
    },
  });
  expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
  expect(log).toContain('Definition: docker/app.Dockerfile');
  expect(log).toMatch(/::warning .*file=docker\/app\.Dockerfile,line=6.*NPM_TOKEN stands in each RUN/);
  expect(log).toMatch(/::warning .*file=docker\/app\.Dockerfile.*build argument OTHER/);
  expect(log).toMatch(/::notice .*file=docker\/app\.Dockerfile,line=10.*EXPOSE/);
  const start = service.requests.find(({ path }) => /\/v2\/templates\/.*\/builds\//.test(path));
  expect(start?.body).toMatchObject({
    fromImage: '127.0.0.1:1/base:1',
    startCmd: "node 'a b.js'",
    readyCmd: 'sleep 20',
  });
});

test('with the files of another context', async ({ workspace, service, run }) => {
  await workspace.write({
    'docker/Dockerfile': 'FROM 127.0.0.1:1/base\nCOPY package.json /app/\n',
    'package.json': '{}',
  });
  const inputs = { template: 'docker/Dockerfile' };
  const failed = await run({ inputs });
  expect(failed.log).toContain('title=Missing COPY source,file=docker/Dockerfile,line=2');
  const { exitCode, log } = await run({ inputs: { ...inputs, context: '.' } });
  expect(exitCode, log).toBe(0);
  const start = service.requests.find(({ path }) => /\/v2\/templates\/.*\/builds\//.test(path));
  expect(JSON.stringify(start?.body)).toContain('["package.json","/app/package.json","",""]');
});

test('examples/dockerfile', async ({ workspace, service, run }) => {
  cpSync(join(repositoryRoot, 'examples/dockerfile'), workspace.path, { recursive: true });
  const { exitCode, log, outputs } = await run({
    inputs: { 'pin-base': 'false', 'build-args': 'PYTHON_VERSION=3.13' },
  });
  expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
  const start = service.requests.find(({ path }) => /\/v2\/templates\/.*\/builds\//.test(path));
  expect(start?.body).toMatchObject({
    fromImage: 'python:3.13-slim',
    startCmd: 'serve --log-level info',
    readyCmd: "/bin/bash -o pipefail -c 'curl --fail --silent http://127.0.0.1:8000/health'",
  });
});
