import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import {
  actionFolders,
  withFailureMeanings,
  withFailureWords,
  withRules,
  withTables,
} from '../../scripts/readme-tables.ts';
import { version } from '../../src/version.ts';
import { test } from '../support/fixtures.ts';
import { repositoryRoot } from '../support/runner.ts';

const at = (...path: string[]) => join(repositoryRoot, ...path);

async function filesBelow(directory: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.sort().map(async (file) => [file.slice(directory.length + 1), await readFile(file)] as const),
    ),
  );
}

describe('dist', () => {
  test('is, byte for byte, what src builds', async ({ action }) => {
    const [built, committed] = [await filesBelow(join(action, 'dist')), await filesBelow(at('dist'))];
    expect([...built.keys()]).toEqual([...committed.keys()]);
    for (const [name, bytes] of built) {
      expect(committed.get(name)?.equals(bytes), `${name} differs: run npm run build and commit dist/`).toBe(
        true,
      );
    }
  });

  test('has at most 6 MB of code', async () => {
    const code = [...(await filesBelow(at('dist')))].filter(([name]) => name.endsWith('.js'));
    const sizes = code.map(([, { length }]) => length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(6_000_000);
  });

  test('has the text of the license of each package in it', async () => {
    const blocks = (await readFile(at('dist', 'licenses.txt'), 'utf8')).split(`\n${'-'.repeat(80)}\n\n`);
    const texts = new Map<string, string>();
    for (const block of blocks) {
      const [names = '', ...text] = block.split('\n\n');
      for (const name of names.split('\n')) texts.set(name.replace(/ \(.*/, ''), text.join('\n\n'));
    }
    const { packages } = JSON.parse(await readFile(at('package-lock.json'), 'utf8'));
    const running = Object.entries<{
      version: string;
      dev?: boolean;
      optional?: boolean;
      devOptional?: boolean;
    }>(packages).filter(
      ([path, { dev, optional, devOptional }]) => path && !dev && !optional && !devOptional,
    );
    const names = running.map(
      ([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)} ${version}`,
    );
    expect(names.length).toBeGreaterThan(50);
    // What only the files of another package show: jiti has the transformer inside, undici the parser.
    for (const name of [...names, '@babel/parser', 'get-tsconfig', 'llhttp']) {
      expect(texts.get(name)?.length, name).toBeGreaterThan(400);
    }
  });

  test('holds no path of the machine that built it', async () => {
    for (const [name, bytes] of await filesBelow(at('dist'))) {
      expect(bytes.includes(repositoryRoot), `${name} holds ${repositoryRoot}`).toBe(false);
    }
  });
});

describe('the documents', () => {
  const folders = actionFolders(repositoryRoot);

  test.each(folders)('%s/README.md has the inputs and outputs of its action.yml', async (folder) => {
    const readme = await readFile(at(folder, 'README.md'), 'utf8');
    const metadata = await readFile(at(folder, 'action.yml'), 'utf8');
    expect(withTables(readme, metadata), 'run npm run readme').toBe(readme);
  });

  test.each([
    ['README.md', withFailureWords],
    ['docs/failures.md', withFailureMeanings],
    ['docs/checks.md', withRules],
  ])('%s has the failure classes of the code', async (path, withFailures) => {
    const text = await readFile(at(path), 'utf8');
    expect(withFailures(text), 'run npm run readme').toBe(text);
  });

  test('README.md shows each picture of docs/images, which are small', async () => {
    const readme = await readFile(at('README.md'), 'utf8');
    const pictures = [...(await filesBelow(at('docs', 'images')))];
    expect(pictures.length).toBeGreaterThan(0);
    for (const [name, { length }] of pictures) {
      expect(readme, name).toContain(`docs/images/${name}"`);
      expect(length, name).toBeLessThan(60_000);
    }
  });

  test.each(folders)(
    '%s/action.yml names its entry, and describes every input and output',
    async (folder) => {
      const metadata = parse(await readFile(at(folder, 'action.yml'), 'utf8'));
      expect(metadata.runs.using).toBe('node24');
      expect((await stat(at(folder, metadata.runs.main))).isFile()).toBe(true);
      expect(metadata.description.length).toBeLessThanOrEqual(125);
      for (const described of [...Object.values(metadata.inputs), ...Object.values(metadata.outputs)]) {
        expect(described).toMatchObject({ description: expect.stringMatching(/\S.*\.$|`$/) });
      }
    },
  );

  test('the action is told with one version everywhere', async () => {
    const { version: packageVersion } = JSON.parse(await readFile(at('package.json'), 'utf8'));
    expect(version).toBe(packageVersion);
    expect(await readFile(at('CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
  });

  test('workflows pin every action of others by commit and grant nothing by default', async () => {
    for (const [name, bytes] of await filesBelow(at('.github', 'workflows'))) {
      const text = bytes.toString('utf8');
      expect(parse(text).permissions, name).toEqual({});
      for (const [, used = ''] of text.matchAll(/uses: (.+)/g)) {
        expect(used, name).toMatch(/^(\.\/\S*|[\w-]+\/[\w-]+(\/\w+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
      }
    }
  });
});
