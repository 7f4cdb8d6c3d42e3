import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Definition } from '../../src/definition/definition.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

const request = { name: 'x', tags: ['v1'], cpuCount: 2, memoryMb: 1024, skipCache: false };

interface Copy {
  readonly tree: Tree;
  readonly source?: string;
  readonly modes?: Readonly<Record<string, number>>;
  /** The mode that the recipe gives. */
  readonly chosen?: string;
}

async function warned({ tree, source = '.', modes = {}, chosen = '' }: Copy) {
  const contextDirectory = await planted(tree);
  for (const [path, mode] of Object.entries(modes)) await chmod(join(contextDirectory, path), mode);
  const at = { file: '/repo/template.ts', line: 7 };
  const definition: Definition = {
    file: at.file,
    kind: 'module',
    exportName: 'template',
    settings: {},
    notices: [],
    sdk: { from: 'action', version: '2.1.1' },
    recipe: { fromTemplate: 'base' },
    steps: [{ wire: { type: 'COPY', args: [source, '/app', '', chosen] }, source: at }],
    sources: {},
    contextDirectory,
    ignorePatterns: [],
    warnings: [],
  };
  const { warnings = [] } = await makePlan(definition, request);
  for (const warning of warnings) expect(warning.at).toEqual(at);
  return warnings.map(({ title, message }) => `${title}: ${message}`);
}

const header = '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic c2VjcmV0\n';
const remote = (url: string): string => `[remote "origin"]\n\turl = ${url}\n`;

describe('a COPY that takes the git folder', () => {
  it.each<[string, string]>([
    ['the header of a checkout', header],
    ['a password in the address', remote('https://x-access-token:ghs_secret@github.com/o/r')],
    ['a token as the user', remote('https://ghp_abcdefghijklmnopqrstuvwxyz@github.com/o/r')],
    ['an address that stands for another', '[url "https://u:secret@h/"]\n\tinsteadOf = https://h/\n'],
  ])('with %s says so and never what it is', async (_, config) => {
    const found = await warned({ tree: { '.git/config': config, '.git/HEAD': 'x', a: '1' } });
    expect(found).toEqual([
      expect.stringMatching(
        /^A token in the template: COPY "\." includes \.git, .*\.git\/config holds a token.*Write the line \.git into \.dockerignore, or set persist-credentials: false/,
      ),
    ]);
    expect(found.join()).not.toMatch(/secret|c2VjcmV0|ghp_/);
  });

  it.each<[string, Copy, RegExp]>([
    [
      'the history alone',
      { tree: { '.git/config': remote('https://github.com/o/r'), '.git/HEAD': 'x' } },
      /^The git folder.*no build of this template is reused\. Write the line \.git into/,
    ],
    [
      'a folder below',
      { tree: { 'web/.git/HEAD': 'x', 'web/a': '1' }, source: 'web' },
      /Write the line web\/\.git into/,
    ],
    [
      'a token of a submodule',
      { tree: { '.git/HEAD': 'x', '.git/modules/lib/config': header } },
      /\.git\/modules\/lib\/config holds a token/,
    ],
    [
      'the folder itself with a token',
      { tree: { '.git/config': header }, source: '.git' },
      /To send it without the token, set persist-credentials/,
    ],
  ])('with %s', async (_, copy, expected) => {
    expect(await warned(copy)).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, Copy]>([
    [
      'the folder itself is named',
      { tree: { '.git/config': remote('git@github.com:o/r'), '.git/HEAD': 'x' }, source: '.git' },
    ],
    ['it is kept back', { tree: { '.git/config': header, '.dockerignore': '.git', a: '1' } }],
    ['it is the file of a worktree', { tree: { '.git': 'gitdir: /elsewhere', a: '1' } }],
    ['only names are like it', { tree: { '.github/config': header, 'x.git/HEAD': 'x' } }],
  ])('draws no warning where %s', async (_, copy) => {
    expect(await warned(copy)).toEqual([]);
  });
});

describe('a COPY whose name reads as a pattern', () => {
  it.each<[string, string, Tree, RegExp]>([
    [
      'another file is sent',
      '[id].txt',
      { '[id].txt': '1', 'i.txt': '2' },
      /sends i\.txt, .*'\\\\\[id\]\.txt'/,
    ],
    ['a folder of its name is there', 'app/[id]/', { 'app/[id]/a': '1', 'app/d/b': '2' }, /sends app\/d\/b/],
  ])('says so where %s', async (_, source, tree, says) => {
    const found = await warned({ tree, source });
    expect(found).toEqual([expect.stringMatching(/^A name that reads as a pattern: /)]);
    expect(found[0]).toMatch(says);
  });

  it.each<[string, string, Tree]>([
    ['the file itself is sent', 'what?.txt', { 'what?.txt': '1', 'what1.txt': '2' }],
    ['nothing has that name', '[id].txt', { 'i.txt': '2' }],
    ['it is written as no pattern', '\\[id].txt', { '[id].txt': '1', 'i.txt': '2' }],
  ])('is silent where %s', async (_, source, tree) => {
    expect(await warned({ tree, source })).toEqual([]);
  });
});

describe('a COPY that takes credentials of the job', () => {
  it('names them and how to leave them out', async () => {
    const tree = { 'gha-creds-0a1b2c3d.json': '{}', a: '1' };
    expect(await warned({ tree })).toEqual([
      expect.stringMatching(
        /^Credentials in the template: .*includes gha-creds-0a1b2c3d\.json.*\.dockerignore/,
      ),
    ]);
    expect(await warned({ tree: { ...tree, '.dockerignore': '**/gha-creds-*.json' } })).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('a COPY of a file that is sent with another mode', () => {
  it.each<[string, Copy, RegExp]>([
    [
      'a private key',
      { tree: { key: '1' }, source: 'key', modes: { key: 0o600 } },
      /^A file loses its mode: COPY "key" sends key \(mode 0600\) as 0644.*Add \{ mode: 0o600 \} to this copy\(\), or a RUN chmod 0600/,
    ],
    [
      'a private program',
      { tree: { run: '1' }, source: 'run', modes: { run: 0o700 } },
      /run \(mode 0700\) as 0755.*0o700/,
    ],
    [
      'a file for a group',
      { tree: { key: '1' }, source: 'key', modes: { key: 0o640 } },
      /\(mode 0640\) as 0644/,
    ],
    [
      'setuid',
      { tree: { run: '1' }, source: 'run', modes: { run: 0o4755 } },
      /\(mode 4755\) as 0755.*0o4755/,
    ],
    [
      'a private folder',
      { tree: { 'ssh/config': '1' }, source: 'ssh', modes: { ssh: 0o700 } },
      /ssh \(mode 0700\) as 0755.*separate copy\(\)/,
    ],
    [
      'many',
      { tree: { a: '1', b: '1', c: '1', d: '1', e: '1' }, modes: { a: 0o600, b: 0o600, c: 0o600, d: 0o600 } },
      /sends a \(.*, c \(mode 0600\) as 0644, and 1 more:/,
    ],
  ])('%s', async (_, copy, expected) => {
    expect(await warned(copy)).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, Copy]>([
    [
      'the recipe gives the mode',
      { tree: { key: '1' }, source: 'key', modes: { key: 0o600 }, chosen: '0600' },
    ],
    ['the mode is wider', { tree: { a: '1', b: '1', c: '1' }, modes: { a: 0o666, b: 0o664, c: 0o777 } }],
    ['only writing is forbidden', { tree: { a: '1' }, modes: { a: 0o444 } }],
    [
      'git made it',
      { tree: { '.git/objects/ab': '1' }, source: '.git', modes: { '.git/objects/ab': 0o400 } },
    ],
  ])('draws no warning where %s', async (_, copy) => {
    expect(await warned(copy)).toEqual([]);
  });

  it('draws no warning for what the umask of the machine keeps back from every file', async () => {
    const before = process.umask(0o027);
    try {
      expect(await warned({ tree: { 'a/b': '1' } })).toEqual([]);
      expect(await warned({ tree: { key: '1' }, source: 'key', modes: { key: 0o600 } })).toHaveLength(1);
    } finally {
      process.umask(before);
    }
  });
});
