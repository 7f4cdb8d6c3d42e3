import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openObjects } from '../../src/git/objects.ts';
import { folder, git, write } from '../support/checkouts.ts';

let top: string;
beforeAll(() => {
  top = folder();
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** A repository with versions of a long file that git stores as differences, an annotated tag and folders. */
function history(name: string, ...options: string[]): string {
  const path = join(top, name);
  git(top, 'init', '-q', ...options, path);
  const lines = Array.from({ length: 3000 }, (_, line) => `line ${line} ${(line * 7919) % 1000}`);
  for (let version = 0; version < 6; version++) {
    lines.splice(version * 400, 3, `version ${version}`);
    write(path, { 'long.txt': lines.join('\n'), [`a/b${version}/c.txt`]: `${version}`, 'empty.txt': '' });
    git(path, 'add', '.');
    git(path, 'commit', '-qm', `version ${version}`);
  }
  git(path, 'tag', '-a', '-m', 'tagged', 'v1');
  return path;
}

function objectsOf(path: string): string[] {
  return git(path, 'cat-file', '--batch-check', '--batch-all-objects').split('\n');
}

test.each<[string, string[], (path: string) => unknown]>([
  ['loose', [], () => {}],
  ['in a pack, deltas by distance', [], (path) => git(path, 'repack', '-adfq')],
  [
    'in a pack, deltas by id',
    [],
    (path) => git(path, '-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq'),
  ],
  ['with ids of SHA-256', ['--object-format=sha256'], (path) => git(path, 'repack', '-adfq')],
  ['with ids of SHA-256, loose', ['--object-format=sha256'], () => {}],
  [
    'in several packs with an index over all',
    [],
    (path) => {
      git(path, 'repack', '-adfq');
      write(path, { 'more.txt': 'more' });
      git(path, 'add', '.');
      git(path, 'commit', '-qm', 'more');
      git(path, 'repack', '-dq');
      git(path, 'multi-pack-index', 'write');
    },
  ],
])('objects are read as git reads them: %s', (name, options, change) => {
  const path = history(name, ...options);
  change(path);
  const found = openObjects(join(path, '.git'));
  const expected = objectsOf(path);
  expect(expected.length).toBeGreaterThan(20);
  expect(
    expected.map((line) => {
      const [id = ''] = line.split(' ');
      const object = found.read(id);
      return object && `${id} ${object.type} ${object.content.length}`;
    }),
  ).toEqual(expected);
});

test('objects that another repository keeps are read there', () => {
  const path = history('source');
  const clone = join(top, 'shared');
  git(top, 'clone', '-q', '--shared', path, clone);
  const head = git(clone, 'rev-parse', 'HEAD');
  expect(openObjects(join(clone, '.git')).read(head)?.type).toBe('commit');
});

test('what is not what its id says is no object, nor is what is damaged', () => {
  const path = history('forged');
  const objects = join(path, '.git', 'objects');
  const place = (id: string) => join(objects, id.slice(0, 2), id.slice(2));
  const blob = git(path, 'rev-parse', 'HEAD:a/b1/c.txt');
  const tree = git(path, 'rev-parse', 'HEAD:a');
  const commit = git(path, 'rev-parse', 'HEAD');
  for (const id of [blob, tree, commit]) rmSync(place(id));
  writeFileSync(place(blob), deflateSync('blob 1\0x'));
  writeFileSync(place(tree), 'no zlib');
  const store = openObjects(join(path, '.git'));
  expect([blob, tree, commit].map((id) => store.read(id))).toEqual([undefined, undefined, undefined]);
});

test('a pack that is cut off gives nothing and throws nothing', () => {
  const path = history('cut');
  git(path, 'repack', '-adfq');
  const head = git(path, 'rev-parse', 'HEAD:long.txt');
  const packs = join(path, '.git', 'objects', 'pack');
  for (const file of readdirSync(packs).filter((name) => name.endsWith('.pack'))) {
    rmSync(join(packs, file));
    writeFileSync(join(packs, file), 'PACK');
  }
  expect(openObjects(join(path, '.git')).read(head)).toBeUndefined();
});
