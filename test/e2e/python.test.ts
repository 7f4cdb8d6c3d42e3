/** Recipes and scripts in Python, built by the action as they are. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { repositoryRoot } from '../support/runner.ts';

const test = testWith({ defaults: { inputs: { name: 'my-agent', python: inject('python') } } }).skipIf(
  inject('python') === '',
);
const example = (name: string) => join(repositoryRoot, 'examples', name);

test('the example builds as it is', async ({ workspace, run }) => {
  cpSync(example('python-recipe'), workspace.path, { recursive: true });
  const { exitCode, log } = await run();
  expect(exitCode, log).toBe(0);
  expect(log).toMatch(/^Definition: template\.py, export template$/m);
  expect(log).toContain('\n7 steps, 0 cached, ');
});

test('its script gives name, size and tags', async ({ workspace, run, service }) => {
  cpSync(example('python-recipe'), workspace.path, { recursive: true });
  const { exitCode, log } = await run({ inputs: { name: '', template: 'build.py' } });
  expect(exitCode, log).toBe(0);
  expect(log).toMatch(/build\.py:\d+/);
  const [registered] = service.requests.filter(
    ({ method, path }) => method === 'POST' && /templates$/.test(path),
  );
  expect(registered?.body).toMatchObject({
    cpuCount: 2,
    memoryMB: 2048,
    name: expect.stringContaining('python-recipe'),
  });
});

test('what was built from TypeScript is reused by the same recipe in Python', async ({
  workspace,
  run,
  registry,
}) => {
  registry.push('library/python', '3.12-slim');
  const image = `${registry.host}/library/python:3.12-slim`;
  const recipeOf = (path: string) => readFileSync(path, 'utf8').replace('python:3.12-slim', image);
  cpSync(example('python-agent'), workspace.path, { recursive: true });
  await workspace.write({ 'template.ts': recipeOf(join(example('python-agent'), 'template.ts')) });
  const first = await run({ inputs: { template: 'template.ts' } });
  expect(first.outputs, first.log).toMatchObject({ status: 'ready', reused: 'false' });

  await workspace.write({ 'template.py': recipeOf(join(example('python-recipe'), 'template.py')) });
  const second = await run({ inputs: { template: 'template.py' } });
  expect(second.outputs, second.log).toMatchObject({ reused: 'true', buildId: first.outputs['buildId'] });
});

test('a mistake is an annotation at its line, and nothing of the driver is shown', async ({
  workspace,
  run,
}) => {
  await workspace.write({ 'agents/template.py': 'from e2b import Template\nx = 1 / 0\n' });
  const { exitCode, log } = await run({ inputs: { template: 'agents/template.py' } });
  expect(exitCode).toBe(1);
  expect(log).toMatch(/::error .*file=agents\/template\.py,line=2.*ZeroDivisionError: division by zero\./);
  expect(log).not.toMatch(/Traceback|recipe_driver/);
});
