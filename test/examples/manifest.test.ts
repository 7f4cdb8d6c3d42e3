/** The manifest of the examples lists all of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listTemplates } from '../../src/list/list-templates.ts';
import { matrixText } from '../../src/list/matrix.ts';
import { repositoryRoot } from '../support/runner.ts';

test('each example has an entry', async () => {
  const { templates } = await listTemplates({
    ...{ workspace: repositoryRoot, workingDirectory: '.', manifest: 'examples/novita-templates.yml' },
    ...{ patterns: [], env: {}, fallbacks: {} },
  });
  const { include } = JSON.parse(matrixText(templates));
  const folders = readdirSync(join(repositoryRoot, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['workflows', 'ci'].includes(entry.name))
    .map(({ name }) => `examples/${name}`);
  const listed = include.map((entry: Record<string, string>) => entry['working-directory']);
  expect(listed.toSorted()).toEqual(folders.sort());
});
