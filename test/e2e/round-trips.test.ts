/** How many requests follow one another, as docs/requests.md draws them: each line below is one round trip. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { heldRegistry, type RoundTrips, roundTrips } from '../support/round-trips.ts';
import { recipe } from './reuse-kit.ts';

interface Place {
  readonly trips: RoundTrips;
  /** An image with a tag, whose digest is to be looked up. */
  readonly base: string;
  /** Writes a file of the repository, which has a recipe of one COPY. */
  readonly edit: (path: string, content: string) => Promise<void>;
}

const test = testWith({ files: { 'app/requirements.txt': 'requests\n' } }).extend<{ place: Place }>({
  place: async ({ service, workspace }, use) => {
    const trips = roundTrips();
    await using registry = await heldRegistry(trips);
    service.intercept = trips.intercept;
    const base = `${new URL(registry.url).host}/team/base:1`;
    const edit = (path: string, content: string) => writeFile(join(workspace.path, path), content);
    await edit('template.ts', recipe(base));
    await use({ trips, base, edit });
  },
});

/** The first round is complete once the recipe is evaluated, however long that takes. */
const afterRecipe = 'digest of base';

test('a first build', async ({ place: { trips }, run }) => {
  trips.reset(afterRecipe);
  const { outputs } = await run();
  expect(outputs).toMatchObject({ status: 'ready', reused: 'false' });
  expect(trips.rounds).toEqual([
    ['digest of base', 'name my-agent', 'tags of my-agent'],
    ['register'],
    ['upload link'],
    ['upload'],
    ['start'],
  ]);
});

test('a build of a template that has changed', async ({ place: { trips, edit }, run }) => {
  await run();
  await edit('app/requirements.txt', 'flask\n');
  trips.reset(afterRecipe);
  const { outputs } = await run();
  expect(outputs).toMatchObject({ status: 'ready', reused: 'false' });
  expect(trips.rounds).toEqual([
    ['digest of base', 'name my-agent', 'tags of my-agent'],
    ['newest builds', 'register', 'upload link'],
    ['upload'],
    ['start'],
  ]);
});

test('an unchanged template whose tags are all there', async ({ place: { trips }, run }) => {
  await run();
  trips.reset(afterRecipe);
  const { outputs } = await run();
  expect(outputs).toMatchObject({ status: 'ready', reused: 'true' });
  expect(trips.rounds).toEqual([['digest of base', 'name my-agent', 'tags of my-agent'], ['newest builds']]);
});

test('an unchanged template with a new tag', async ({ place: { trips }, run }) => {
  await run();
  trips.reset(afterRecipe);
  const { outputs } = await run({ env: { GITHUB_SHA: 'b2'.repeat(20) } });
  expect(outputs).toMatchObject({ status: 'ready', reused: 'true' });
  expect(trips.rounds).toEqual([
    ['digest of base', 'name my-agent', 'tags of my-agent'],
    ['name my-agent', 'newest builds', 'newest builds', 'tags of my-agent'],
    ['move tags'],
    ['tags'],
  ]);
});

const tested = { inputs: { name: 'my-agent', test: 'true', 'test-url': '8080/health' } };

test('a build that is tested: its test, then its tags', async ({ place: { trips, edit, base }, run }) => {
  await run();
  await edit('template.ts', recipe(base, ".setStartCmd('serve', 'true')"));
  trips.reset(afterRecipe);
  const { outputs } = await run(tested);
  expect(outputs).toMatchObject({ status: 'ready', reused: 'false' });
  expect(trips.rounds).toEqual([
    ['digest of base', 'name my-agent', 'tags of my-agent'],
    ['name my-agent', 'newest builds', 'newest builds', 'tags of my-agent'],
    ['register', 'upload link'],
    ['start'],
    ['start sandbox'],
    ['programs'],
    ['page'],
    ['command'],
    ['figures'],
    ['end sandbox'],
    ['tags'],
    ['newest builds'],
    ['move tags'],
    ['tags'],
    ['remove tags'],
  ]);
});

test('a build that has passed its test before', async ({ place: { trips, edit, base }, run }) => {
  await edit('template.ts', recipe(base, ".setStartCmd('serve', 'true')"));
  await run(tested);
  trips.reset(afterRecipe);
  const { outputs } = await run({ ...tested, env: { GITHUB_SHA: 'b2'.repeat(20) } });
  expect(outputs).toMatchObject({ status: 'ready', reused: 'true' });
  expect(trips.rounds).toEqual([
    ['digest of base', 'name my-agent', 'tags of my-agent'],
    ['newest builds'],
    ['tags'],
    ['move tags'],
    ['tags'],
  ]);
});

test('links of all COPY steps are asked for at once', async ({ place: { trips, edit, base }, run }) => {
  const names = [...'abcdef'];
  for (const name of names) await edit(name, name);
  const copies = names.map((name) => `.copy('${name}', '/srv/${name}')`).join('');
  await edit('template.ts', recipe(base, copies));
  trips.reset(afterRecipe);
  await run();
  expect(trips.rounds).toEqual([
    ['digest of base', 'name my-agent', 'tags of my-agent'],
    ['register'],
    Array(7).fill('upload link'),
    Array(4).fill('upload'),
    Array(3).fill('upload'),
    ['start'],
  ]);
});

test('a build whose base gives its configuration, which the SDK reads', async ({
  place: { trips, edit, base },
  run,
}) => {
  await edit(
    'template.ts',
    `import { Template } from 'novita-sandbox';
const real = fetch;
globalThis.fetch = (url) => real(String(url).replace('https:', 'http:'));
export default Template().fromImage('${base}').runCmd('make');\n`,
  );
  trips.reset(afterRecipe);
  const { outputs } = await run();
  expect(outputs).toMatchObject({ status: 'ready', reused: 'false' });
  expect(trips.rounds).toEqual([
    ['digest of base', 'manifest of base', 'name my-agent', 'tags of my-agent'],
    ['configuration of base'],
    ['register'],
    ['start'],
  ]);
});

test('a build on a parent template, of a size of its own', async ({ place: { trips, edit }, run }) => {
  await run({ inputs: { name: 'parent' } });
  await edit(
    'template.ts',
    `import { Template } from 'novita-sandbox';\nexport default Template().fromTemplate('parent').runCmd('make');\n`,
  );
  trips.reset('name parent');
  const { outputs } = await run({ inputs: { 'cpu-count': '1' } });
  expect(outputs).toMatchObject({ status: 'ready', reused: 'false' });
  expect(trips.rounds).toEqual([
    ['name my-agent', 'name parent', 'quota', 'tags of my-agent', 'tags of parent'],
    ['status'],
    ['register'],
    ['start'],
  ]);
});

test('a promotion', async ({ place: { trips }, run }) => {
  await run();
  trips.reset();
  await run({ action: 'promote', inputs: { from: 'latest', tags: 'stable' } });
  expect(trips.rounds).toEqual([
    ['name my-agent', 'tags of my-agent'],
    ['newest builds', 'status'],
    ['move tags'],
    ['tags'],
  ]);
});
