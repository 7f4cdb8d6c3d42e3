/** The story that `npm run demo` prints and the pictures of README.md show. */
import { expect } from 'vitest';
import { openExample } from '../../scripts/example.ts';
import { logItems } from '../../scripts/log-view.ts';
import { logPage, summaryPage } from '../../scripts/pages.ts';
import { test } from '../support/fixtures.ts';

test('the example is built, built again, reused, and then fails with an explanation', async ({ action }) => {
  await using example = await openExample(1, action);
  const first = await example.build({});
  expect(first.outputs, first.log).toMatchObject({ status: 'ready', reused: 'false' });

  example.edit('app/main.py', (text) => `${text}\n# changed\n`);
  const second = await example.build({});
  expect(second.outputs).toMatchObject({ status: 'ready', reused: 'false' });
  expect(second.log).toMatch(/RUN pip install .* \(CACHED\)$/m);
  expect(summaryPage(second.summary, 'light')).toContain('<code>COPY app app</code>');

  const third = await example.build({});
  expect(third.outputs).toMatchObject({ reused: 'true', buildId: second.outputs['buildId'] });

  example.edit('requirements.txt', (text) => text.replace('uvicorn', 'uvicron'));
  const failed = await example.build({});
  expect(failed.outputs).toMatchObject({ status: 'error', failure: 'package-not-found' });
  const items = logItems(failed.log);
  expect(items.filter(({ kind }) => kind === 'error')).toEqual([
    { kind: 'error', text: expect.stringContaining('pip finds no package "uvicron==0.34.0"') },
  ]);
  const page = logPage('Build', items, 'dark');
  expect(page).toMatch(
    /<h1 class="failed">Build<.*<p class="group">FROM .*<p class="error"><b>Error:<\/b> /s,
  );
});
