import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { licenses } from '../scripts/licenses.ts';
import { planted } from './support/temporary-directory.ts';

const packageOf = (name: string) => JSON.stringify({ name, version: '1.2.3', license: 'MIT' });

/** Folder of a project: what is installed for running is `one`, and `@two/two` inside it; `tool` is for development. */
const project = (files: Record<string, string>) =>
  planted({
    'scripts/license-texts': null,
    'package-lock.json': JSON.stringify({
      packages: {
        '': {},
        'node_modules/one': {},
        'node_modules/one/node_modules/@two/two': {},
        'node_modules/tool': { dev: true },
      },
    }),
    'node_modules/one/package.json': packageOf('one'),
    'node_modules/one/LICENSE.md': 'text of one\r\n',
    'node_modules/one/index.js': '',
    'node_modules/one/node_modules/@two/two/package.json': packageOf('@two/two'),
    'node_modules/one/node_modules/@two/two/License.txt': 'text of two',
    'node_modules/tool/package.json': packageOf('tool'),
    'node_modules/tool/index.js': '',
    ...files,
  });

describe('the texts of licenses', () => {
  test('are those of all that is installed for running, each once', async () => {
    const root = await project({
      'node_modules/one/NOTICE': 'notice of one',
      'node_modules/one/node_modules/@two/two/License.txt': 'text of one\n\nnotice of one\n',
    });
    expect(licenses(root, [])).toBe(
      '@two/two 1.2.3 (MIT)\none 1.2.3 (MIT)\n\ntext of one\n\nnotice of one\n',
    );
  });

  test('are also those of what a bundle takes from elsewhere', async () => {
    const root = await project({ 'node_modules/tool/LICENSE': 'text of tool' });
    expect(licenses(root, [])).not.toContain('tool');
    expect(licenses(root, [join(root, 'node_modules/tool/index.js')])).toContain(
      'tool 1.2.3 (MIT)\n\ntext of tool\n',
    );
  });

  test('are kept by us for a package that has none, and for what is inside another package', async () => {
    const root = await project({
      'node_modules/one/LICENSE.md': '',
      'node_modules/one/index.js':
        '// ./node_modules/.pnpm/@in+side@1.0.0/node_modules/@in/side/index.js\n"node_modules/one/x.js"',
      'scripts/license-texts/one.txt': 'Packages: one\nSource: its repository\n\nkept\n\ntext',
      'scripts/license-texts/side.txt':
        'Packages: @in/side, hidden\nInside: one\nSource: theirs\n\nside text',
    });
    const text = licenses(root, [join(root, 'node_modules/one/index.js')]);
    expect(text).toContain('one 1.2.3 (MIT)\n\nkept\n\ntext\n');
    expect(text).toContain('@in/side (inside one)\nhidden (inside one)\n\nside text\n');
  });

  test.each<[string, string, string]>([
    ['node_modules/one/LICENSE.md', '', 'one 1.2.3 has no file with its license'],
    ['node_modules/one/index.js', '"./node_modules/@in/side/index.js"', '@in/side is inside one'],
    ['scripts/license-texts/old.txt', 'Packages: old\nSource: theirs\n\ntext', 'no package needs old.txt'],
    ['scripts/license-texts/one.txt', 'Packages: one\n\ntext', 'one.txt: expected the lines Packages'],
  ])('%s with %j: %s', async (path, text, problem) => {
    const root = await project({ [path]: text });
    expect(() => licenses(root, [join(root, 'node_modules/one/index.js')])).toThrow(problem);
  });
});
