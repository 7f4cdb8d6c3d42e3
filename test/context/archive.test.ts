import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { writeArchive } from '../../src/context/archive.ts';
import { hashFiles } from '../../src/context/hash-files.ts';
import { compileIgnoreRules, loadIgnoreRules } from '../../src/context/ignore-rules.ts';
import { mostHeldBytes } from '../support/held-bytes.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

/** A size in bytes that nobody keeps in memory unnoticed. */
const large = 100_000_000;
const noRules = compileIgnoreRules({ contextDirectory: '/', fileIgnorePatterns: [], dockerignore: '' });

// What is planted and unpacked has known mode bits.
beforeEach(() => {
  const former = process.umask(0o022);
  onTestFinished(() => void process.umask(former));
});

async function manifestOf(contextDirectory: string, resolveSymlinks = false) {
  return hashFiles({ source: '.', contextDirectory, resolveSymlinks }, noRules);
}

/** Archives the tree and unpacks it with the system's tar, as the service does. */
async function throughTar(tree: Tree, resolveSymlinks = false): Promise<string> {
  const archive = await writeArchive(
    await manifestOf(await planted(tree), resolveSymlinks),
    join(await planted(), 'a.tar.gz'),
  );
  const out = await planted();
  execFileSync('tar', ['-xzf', archive.path, '-C', out], { stdio: 'pipe' });
  return out;
}

/** What lies in a directory: mode and content of each path. */
async function contents(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of await readdir(directory, { recursive: true })) {
    const place = join(directory, path);
    const stats = await lstat(place);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) found[path] = `link to ${await readlink(place)}`;
    else if (stats.isDirectory()) found[path] = `directory ${mode}`;
    else found[path] = `file ${mode} ${(await readFile(place)).toString('latin1')}`;
  }
  return found;
}

describe('an archive', () => {
  it('unpacks to files, directories, links and the executable bit', async () => {
    const directory = await planted({
      'src/app.py': 'print()',
      'bin/run': { run: '#!' },
      link: { link: 'src/app.py' },
      none: null,
    });
    await chmod(join(directory, 'src/app.py'), 0o600);
    await chmod(join(directory, 'src'), 0o700);
    const archive = await writeArchive(await manifestOf(directory), join(await planted(), 'a.tar.gz'));
    const out = await planted();
    execFileSync('tar', ['-xzpf', archive.path, '-C', out]);
    expect(await contents(out)).toEqual({
      bin: 'directory 755',
      'bin/run': 'file 755 #!',
      link: 'link to src/app.py',
      none: 'directory 755',
      src: 'directory 755',
      'src/app.py': 'file 644 print()',
    });
  });

  it('lists exactly the entries of the manifest, in its order, with fixed owner and time', async () => {
    const directory = await planted({
      '.dockerignore': '*.log\n.dockerignore',
      'a.log': 'secret',
      'b/c': '12345',
      'b/run': { run: '' },
    });
    const manifest = await hashFiles(
      { source: '.', contextDirectory: directory },
      await loadIgnoreRules(directory, []),
    );
    const archive = await writeArchive(manifest, join(await planted(), 'a.tar.gz'));
    const listing = execFileSync('tar', ['-tvzf', archive.path, '--numeric-owner', '--utc', '--full-time'], {
      encoding: 'utf8',
    });
    expect(
      listing
        .trim()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' ')),
    ).toEqual([
      'drwxr-xr-x 0/0 0 2000-01-01 00:00:00 b/',
      '-rw-r--r-- 0/0 5 2000-01-01 00:00:00 b/c',
      '-rwxr-xr-x 0/0 0 2000-01-01 00:00:00 b/run',
    ]);
  });

  it('says how many bytes lie on disk', async () => {
    const archive = await writeArchive(
      await manifestOf(await planted({ a: 'x'.repeat(5000) })),
      join(await planted(), 'a.tar.gz'),
    );
    expect(archive.bytes).toBe((await readFile(archive.path)).length);
    expect(archive.bytes).toBeGreaterThan(50);
  });

  it('holds what links point at when they are resolved', async () => {
    const out = await throughTar({ 'a/x': '1', b: { link: 'a' }, c: { link: 'a/x' } }, true);
    expect(await contents(out)).toEqual({
      a: 'directory 755',
      'a/x': 'file 644 1',
      b: 'directory 755',
      'b/x': 'file 644 1',
      c: 'file 644 1',
    });
  });

  it('is the same, byte for byte, for the same content', async () => {
    const tree: Tree = { 'a/ä': 'x'.repeat(100_000), b: { run: 'y' }, c: { link: 'a' } };
    const sums = [];
    for (const entries of [Object.entries(tree), Object.entries(tree).reverse()]) {
      const directory = await planted(Object.fromEntries(entries));
      await utimes(join(directory, 'b'), sums.length, sums.length * 1000);
      const archive = await writeArchive(await manifestOf(directory), join(await planted(), 'a'));
      sums.push(
        createHash('sha256')
          .update(await readFile(archive.path))
          .digest('hex'),
      );
    }
    expect(sums[0]).toBe(sums[1]);
  });

  it('survives hostile names', async () => {
    const long = 'n'.repeat(240);
    const names = [
      ' ',
      'a b',
      '-rf',
      '--checkpoint=1',
      "it's",
      '"quoted"',
      'new\nline',
      'tab\t',
      '\\back\\slash',
      'ünïcödé',
      '日本語',
      '😀',
      'e\u0301',
      '*',
      '?',
      '[a]',
      '#x',
      '!x',
      '~',
      '$HOME',
      '`id`',
      '...',
      '..a',
      'a=b\n12 path=x',
      `${long}1`,
      `d/${long}/${long}/${long}/x`,
      `${'é'.repeat(60)}/${'é'.repeat(60)}`,
    ];
    const tree = Object.fromEntries(names.map((name, index) => [name, String(index)]));
    const links = { toLong: { link: `${long}/${long}` }, toUnicode: { link: 'ünï\ncödé' } };
    const out = await throughTar({ ...tree, ...links });
    const found = await contents(out);
    for (const [index, name] of names.entries()) expect(found[name], name).toBe(`file 644 ${index}`);
    expect(found['toLong']).toBe(`link to ${long}/${long}`);
    expect(found['toUnicode']).toBe('link to ünï\ncödé');
  });

  it('survives any names, contents and lengths', async () => {
    const letter = fc.constantFrom(...'ab -"\'\n\t\\*?[]{}=:;$&|<>~éß日\u{1F600}');
    const name = fc.array(letter, { minLength: 1, maxLength: 40 }).map((letters) => letters.join(''));
    const path = fc
      .array(name, { minLength: 1, maxLength: 4 })
      .map((names) => names.map((each, depth) => `${depth}${each}`).join('/'));
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 1500, size: 'max' }).map((bytes) => Buffer.from(bytes)),
      fc.string().map((run) => ({ run })),
      name.map((link) => ({ link })),
    );
    // The last name of a path has a mark, so that no file is at a path where another needs a directory.
    const trees = fc.dictionary(
      path.map((text) => `${text}.`),
      content,
      { minKeys: 1, maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        const directory = await planted({ ...tree });
        const archive = await writeArchive(await manifestOf(directory), join(await planted(), 'a'));
        const out = await planted();
        execFileSync('tar', ['-xzpf', archive.path, '-C', out], { stdio: 'pipe' });
        expect(await contents(out)).toEqual(await contents(directory));
      }),
      { numRuns: 60 },
    );
  });

  it('takes two thousand files', async () => {
    const tree = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`d${index % 40}/f${index}`, String(index)]),
    );
    const found = await contents(await throughTar(tree));
    expect(Object.keys(found)).toHaveLength(2040);
    expect(found['d39/f1999']).toBe('file 644 1999');
  });

  it('of a large file is written without keeping it in memory', async () => {
    const directory = await planted({ large: '' });
    await truncate(join(directory, 'large'), large);
    const manifest = await manifestOf(directory);
    const place = join(await planted(), 'a.tar.gz');
    expect(await mostHeldBytes(() => writeArchive(manifest, place))).toBeLessThan(large / 2);
    expect(execFileSync('tar', ['-tvzf', place], { encoding: 'utf8' })).toContain(String(large));
  });
});

describe('a file that is not what it was', () => {
  it.each<[string, (file: string) => Promise<unknown>, string]>([
    ['grew', (file) => appendFile(file, '!'), 'it had 7 bytes and now has more'],
    ['shrank', (file) => truncate(file, 3), 'it had 7 bytes and now has 3'],
    [
      'has other content of the same length',
      (file) => writeFile(file, 'CONTENT'),
      'its content is different',
    ],
    ['is gone', (file) => rm(file), 'it can no longer be read (it does not exist)'],
    [
      'is a directory now',
      async (file) => rm(file).then(() => mkdir(file)),
      'it can no longer be read (EISDIR)',
    ],
  ])('because it %s ends the archive', async (_name, happens, says) => {
    const directory = await planted({ 'd/file': 'content' });
    const manifest = await manifestOf(directory);
    await happens(join(directory, 'd/file'));
    const destination = join(await planted(), 'a.tar.gz');
    const error = await writeArchive(manifest, destination).catch((reason: Error) => reason);
    expect(error).toMatchObject({
      name: 'ProblemsError',
      problems: [{ title: 'File changed during the build' }],
    });
    expect(String(error)).toContain(
      `${join(directory, 'd/file')}, which COPY "." sends, changed after it was first read: ${says}.`,
    );
    await expect(lstat(destination)).rejects.toThrow('ENOENT');
  });
});

it('an archive never replaces a file that is there', async () => {
  const manifest = await manifestOf(await planted({ a: '' }));
  const taken = join(await planted({ taken: 'mine' }), 'taken');
  await expect(writeArchive(manifest, taken)).rejects.toThrow('EEXIST');
  expect(await readFile(taken, 'utf8')).toBe('mine');
});

// The memory of a process is a file that can be opened, and reading its first page fails with EIO.
it.skipIf(process.platform !== 'linux')(
  'a disk that fails is told as that, and not as a file that changed',
  async () => {
    const manifest = await manifestOf(await planted({ a: '1' }));
    const [entry] = manifest.entries;
    if (!entry) throw new Error('Nothing was planted');
    const failing = { ...manifest, contextDirectory: '/proc/self', entries: [{ ...entry, path: 'mem' }] };
    const archive = writeArchive(failing, join(await planted(), 'a.tar.gz'));
    await expect(archive).rejects.toMatchObject({ code: 'EIO' });
  },
);
