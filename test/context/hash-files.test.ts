import { chmod, chown, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashEntries, hashFiles } from '../../src/context/hash-files.ts';
import { compileIgnoreRules } from '../../src/context/ignore-rules.ts';
import type { ManifestEntry } from '../../src/context/manifest.ts';
import { mostHeldBytes } from '../support/held-bytes.ts';
import { plant, planted, type Tree } from '../support/temporary-directory.ts';

const noRules = compileIgnoreRules({ contextDirectory: '/', fileIgnorePatterns: [], dockerignore: '' });

function manifestOf(contextDirectory: string, source = '.', resolveSymlinks = false) {
  return hashFiles({ source, contextDirectory, resolveSymlinks }, noRules);
}

async function hashOf(tree: Tree, resolveSymlinks = false): Promise<string> {
  return (await manifestOf(await planted(tree), '.', resolveSymlinks)).hash;
}

const name = fc.stringMatching(/^[a-zäЖ😀 '"\n-]{1,12}$/u).filter((text) => text.trim() !== '');
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ maxLength: 20 }).map((run) => ({ run })),
  name.map((link) => ({ link })),
  fc.constant(null),
);
/** A few directories of hostile names; no path is also the directory of another. */
const trees: fc.Arbitrary<Tree> = fc
  .dictionary(
    fc.tuple(fc.constantFrom('', 'd/', 'd/e/'), name).map(([directory, leaf]) => `${directory}f${leaf}`),
    content,
    { minKeys: 1, maxKeys: 8 },
  )
  .map((tree) => ({ ...tree }));

describe('a manifest', () => {
  it('says what is sent, sorted by the bytes of the paths', async () => {
    const manifest = await manifestOf(
      await planted({
        'b/z': 'zz',
        'b.txt': '1',
        'b-c': { run: 'run' },
        '\u{1F600}': '',
        '\uFFFC': '',
        a: { link: 'b.txt' },
      }),
    );
    expect(
      manifest.entries.map(({ path, type, size, executable, target }) => [
        path,
        type,
        size,
        executable,
        target,
      ]),
    ).toEqual([
      ['a', 'symlink', 0, false, 'b.txt'],
      ['b', 'directory', 0, false, undefined],
      ['b-c', 'file', 3, true, undefined],
      ['b.txt', 'file', 1, false, undefined],
      ['b/z', 'file', 2, false, undefined],
      ['\uFFFC', 'file', 0, false, undefined],
      ['\u{1F600}', 'file', 0, false, undefined],
    ]);
    expect(manifest).toMatchObject({ source: '.', fileCount: 6, bytes: 6 });
  });

  it('has the documented hash, which a new version must not change unawares', async () => {
    const tree: Tree = {
      'src/app.py': 'print(1)\n',
      'bin/run': { run: '#!/bin/sh\n' },
      link: { link: 'src/app.py' },
      none: null,
    };
    expect(await hashOf(tree)).toBe('a739906ba14c5e907da57bd722315b42cae62534f4c458ad338f308768628511');
  });

  it('reads a large file without keeping it in memory', async () => {
    const directory = await planted({ large: '' });
    const size = 100_000_000;
    await truncate(join(directory, 'large'), size);
    const held = await mostHeldBytes(async () => expect((await manifestOf(directory)).bytes).toBe(size));
    expect(held).toBeLessThan(size / 2);
  });

  it('names every file that cannot be read', async () => {
    const directory = await planted({ a: '1', b: '2', c: '3' });
    await chmod(directory, 0o755);
    await chmod(join(directory, 'b'), 0o644);
    await chmod(join(directory, 'a'), 0);
    await chmod(join(directory, 'c'), 0);
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    try {
      await expect(manifestOf(directory)).rejects.toMatchObject({
        problems: ['a', 'c'].map((file) => ({
          title: 'Unreadable path in COPY',
          message: expect.stringContaining(
            `${join(directory, file)}, which cannot be read (permission denied)`,
          ),
        })),
      });
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});

describe('the hash', () => {
  it('is the same for any order of creation, times, umask, mode, owner and place', async () => {
    await fc.assert(
      fc.asyncProperty(
        trees,
        fc.infiniteStream(fc.nat()),
        fc.constantFrom(0o000, 0o022, 0o077),
        async (tree, random, mask) => {
          const first = await manifestOf(await planted(tree));
          const shuffled = Object.entries(tree)
            .map(([path, what]) => ({ path, what, key: random.next().value }))
            .sort((one, other) => one.key - other.key);
          const former = process.umask(mask);
          try {
            const directory = await planted(
              Object.fromEntries(shuffled.map(({ path, what }) => [path, what])),
            );
            for (const { path, type, executable } of first.entries) {
              if (type === 'symlink') continue;
              const others = random.next().value & 0o077;
              const owners = executable || type === 'directory' ? 0o700 : 0o600;
              await chmod(join(directory, path), owners | others);
              // Only root may give files away.
              if (process.geteuid?.() === 0) await chown(join(directory, path), others, 65_534);
              await utimes(join(directory, path), 1, random.next().value % 1e9);
            }
            expect((await manifestOf(directory)).hash).toBe(first.hash);
          } finally {
            process.umask(former);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes with any single change', async () => {
    const change = fc.constantFrom(
      'byte',
      'bit',
      'name',
      'new file',
      'new link',
      'new directory',
      'gone',
      'kind',
      'link',
    );
    await fc.assert(
      fc.asyncProperty(trees, change, fc.nat(), async (tree, kind, pick) => {
        const paths = Object.keys(tree);
        const path = paths[pick % paths.length] ?? '';
        const before = tree[path];
        const other: Record<string, Tree[string]> = { ...tree };
        if (kind === 'byte') other[path] = changedContent(before);
        else if (kind === 'new file') other['new'] = '';
        else if (kind === 'new link') other['new'] = { link: 'always' };
        else if (kind === 'new directory') other['new'] = null;
        else if (kind === 'link') other[path] = { link: linkInPlaceOf(before) };
        else if (kind === 'kind') other[path] = before === null ? '' : null;
        else if (kind === 'bit' && Buffer.isBuffer(before)) other[path] = { run: before.toString('latin1') };
        else {
          delete other[path];
          other[`${path}2`] = before ?? null;
        }
        if (kind === 'gone') delete other[`${path}2`];
        other['always'] = '';
        expect(await hashOf(other)).not.toBe(await hashOf({ ...tree, always: '' }));
      }),
      { numRuns: 120 },
    );
  });

  it('does not depend on files that ignore rules exclude', async () => {
    const rules = compileIgnoreRules({
      contextDirectory: '/',
      fileIgnorePatterns: [],
      dockerignore: 'node_modules\n**/*.log\n**/cache/\n',
    });
    const excluded = fc.dictionary(
      fc
        .tuple(fc.constantFrom('node_modules/', 'node_modules/a/', 'd/cache/', 'log-'), name)
        .map(([directory, leaf]) => (directory === 'log-' ? `d/${leaf}.log` : `${directory}f${leaf}`)),
      content,
      { minKeys: 1, maxKeys: 5 },
    );
    await fc.assert(
      fc.asyncProperty(trees, excluded, excluded, async (tree, one, other) => {
        const hash = async (directory: string) =>
          (await hashFiles({ source: '.', contextDirectory: directory }, rules)).hash;
        // The directory stands in each, since an empty one is sent as well.
        const sent: Tree = { always: '', d: null, ...tree };
        const plain = await hash(await planted(sent));
        const directory = await planted({ ...sent, ...one });
        expect(await hash(directory)).toBe(plain);
        for (const path of Object.keys(one)) await rm(join(directory, path), { recursive: true });
        expect(await hash(directory)).toBe(plain);
        await plant(directory, other);
        expect(await hash(directory)).toBe(plain);
      }),
      { numRuns: 60 },
    );
  });

  it('changes with the executable bit alone', async () => {
    expect(await hashOf({ a: 'x' })).not.toBe(await hashOf({ a: { run: 'x' } }));
  });

  it('ignores the other mode bits', async () => {
    const directory = await planted({ a: 'x' });
    const { hash } = await manifestOf(directory);
    await chmod(join(directory, 'a'), 0o666);
    expect((await manifestOf(directory)).hash).toBe(hash);
    await chmod(join(directory, 'a'), 0o655);
    expect((await manifestOf(directory)).hash).toBe(hash);
  });

  it('of resolved links is that of the content', async () => {
    const linked = { 'a/x': '1', b: { link: 'a' } };
    expect(await hashOf(linked, true)).toBe(await hashOf({ 'a/x': '1', 'b/x': '1' }));
    expect(await hashOf(linked, true)).not.toBe(await hashOf(linked));
  });

  it('is shared by COPY steps with the same files', async () => {
    const directory = await planted({ 'src/a.py': '1', 'src/b.py': '2' });
    expect((await manifestOf(directory, 'src')).hash).toBe((await manifestOf(directory, '{src,lib}')).hash);
  });

  it('differs for lists that look alike when joined', () => {
    const entry = (path: string, more: Partial<ManifestEntry> = {}): ManifestEntry => ({
      path,
      type: 'file',
      size: 0,
      executable: false,
      ...more,
    });
    const lists = [
      [],
      [entry('a')],
      [entry('a', { type: 'directory' })],
      [entry('a'), entry('b')],
      [entry('ab')],
      [entry('a', { digest: 'b' })],
      [entry('a', { digest: 'bf-' })],
      [entry('a', { type: 'symlink', target: 'b' })],
      [entry('a', { type: 'symlink', target: 'b\nf\n-' })],
      [entry('a-', {})],
      [entry('a', { executable: true })],
    ];
    expect(new Set(lists.map((list) => hashEntries(list))).size).toBe(lists.length);
  });

  it('notices a change of the file between two builds', async () => {
    const directory = await planted({ a: 'one' });
    const { hash } = await manifestOf(directory);
    await writeFile(join(directory, 'a'), 'two');
    expect((await manifestOf(directory)).hash).not.toBe(hash);
  });
});

/** A link that says what the file said, or where another link did not point. */
function linkInPlaceOf(before: Tree[string] | undefined): string {
  if (before === null || before === undefined) return 'was-a-directory';
  if (typeof before === 'string' || Buffer.isBuffer(before)) return before.toString('hex') || 'was-empty';
  return 'link' in before ? `${before.link}/` : before.run.replaceAll('\0', '') || 'was-empty';
}

function changedContent(before: Tree[string] | undefined): Tree[string] {
  if (before === null || before === undefined) return 'no longer a directory';
  if (typeof before === 'string') return `${before}+`;
  if (Buffer.isBuffer(before)) return Buffer.concat([before, Buffer.from([0])]);
  return 'link' in before ? { link: `${before.link}+` } : { run: `${before.run}+` };
}

// The memory of a process is a file that can be opened, and reading its first page fails with EIO.
it.skipIf(process.platform !== 'linux')(
  'a disk that fails is told as that, and not as a file to mend',
  async () => {
    const read = hashFiles({ source: 'mem', contextDirectory: '/proc/self' }, noRules);
    await expect(read).rejects.toMatchObject({ code: 'EIO' });
  },
);
