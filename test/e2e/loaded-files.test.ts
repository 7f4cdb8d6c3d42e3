/** A run reads no code of the action that it does not use. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { recipe } from './reuse-kit.ts';

const test = testWith({
  files: {
    'template.ts': recipe(),
    'app/requirements.txt': '',
    // In the action's own process, and not in that of the recipe, which does not get the runner's files.
    'note.mjs': `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
if (process.env.GITHUB_STATE) registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});`,
  },
  defaults: { ownProcess: true, inputs: { name: 'my-agent', 'github-token': 'ghs_token' } },
});

/** Words of libraries that stand in their code, and nowhere else. */
const libraries = {
  undici: 'EnvHttpProxyAgent is experimental',
  Octokit: 'POST /repos/{owner}/{repo}/forks',
  cache: 'GetCacheEntryDownloadURL',
};

test.for([
  [
    'a plan that nothing is asked about',
    { env: { NOVITA_API_KEY: '' }, inputs: { 'on-missing-credentials': 'skip', name: 'my-agent' } },
    [],
  ],
  ['a build', {}, ['undici']],
] as const)('%s', async ([, changes, used], { run, workspace }) => {
  const list = join(workspace.path, 'loaded.txt');
  const options = `--import ${JSON.stringify(join(workspace.path, 'note.mjs'))}`;
  const { exitCode, log } = await run({
    ...changes,
    env: { ...('env' in changes && changes.env), NODE_OPTIONS: options, LOADED: list },
  });
  expect(exitCode, log).toBe(0);
  const urls = (await readFile(list, 'utf8')).trim().split('\n');
  const code = await Promise.all(
    urls.filter((url) => url.startsWith('file:')).map((url) => readFile(new URL(url), 'utf8')),
  );
  const found = Object.entries(libraries).filter(([, word]) => code.some((text) => text.includes(word)));
  expect(found.map(([name]) => name)).toEqual(used);
});
