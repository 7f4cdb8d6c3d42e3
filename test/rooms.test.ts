import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const everyFile = globSync('{src,test,scripts}/**/*.ts', { cwd: root }).sort();
const files = everyFile.filter((file) => file.startsWith('src'));
const imports = new Map(everyFile.map((file) => [file, importsOf(file)]));
const rows = table();
const names = rows.flatMap((row) => row.rooms);

describe('the rooms of src/', () => {
  it('are the ones that CONTRIBUTING.md lists, and each has files', () => {
    expect(names.filter((name) => !files.some((file) => roomOf(file) === name))).toEqual([]);
    // These stand above the table.
    const beside = [
      'problem',
      'runner-errors',
      'decode-text',
      'make-folder',
      'nearest',
      'json',
      'result',
      'version',
      'older-node',
    ];
    const unlisted = files.filter((file) => roomOf(file) === undefined);
    expect(unlisted).toEqual(beside.map((name) => join('src', `${name}.ts`)).sort());
  });

  it.each(rows)('lets $rooms use what its row names', ({ rooms, uses }) => {
    const refused = edges().filter(({ from, to }) => rooms.includes(from) && !uses.includes(to));
    expect(refused.map(({ example }) => example)).toEqual([]);
  });

  it.each(rows.filter(({ isOpen }) => !isOpen))('names no more than $rooms uses', ({ rooms, uses }) => {
    const used = edges().filter(({ from }) => rooms.includes(from));
    expect(uses.filter((use) => !used.some(({ to }) => to === use))).toEqual([]);
  });

  it('only use rooms below their own', () => {
    const upwards = edges().filter(({ from, to }) => names.indexOf(from) > names.indexOf(to));
    expect(upwards.map(({ example }) => example)).toEqual([]);
  });

  it('have no files that import each other in a circle', () => {
    expect(circles()).toEqual([]);
  });

  it('use nothing of tests and scripts', () => {
    expect(leadingTo(/^src\b/, /^(?:test|scripts)\b/)).toEqual([]);
  });
});

describe('tests and scripts', () => {
  it('share what is in test/support, which uses nothing of the rest', () => {
    expect(leadingTo(/^test\/support\b/, /^(?:scripts|test\/(?!support\b))/)).toEqual([]);
    expect(leadingTo(/^scripts\b/, /^test\/(?!support\b)/)).toEqual([]);
  });
});

/** The imports from files of one kind to files of another. */
function leadingTo(from: RegExp, to: RegExp): string[] {
  return [...imports]
    .filter(([file]) => from.test(file))
    .flatMap(([file, targets]) =>
      targets.filter((target) => to.test(target)).map((target) => `${file} → ${target}`),
    );
}

/** What a file imports by a relative path, types included, as paths from the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\b[^;'"]*?from '(\.[^']+)'|^import '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm,
  );
  return [...found].map((match) =>
    relative(root, resolve(root, dirname(file), match[1] ?? match[2] ?? match[3] ?? '')),
  );
}

/** The room with the longest path that a file lies in. */
function roomOf(file: string): string | undefined {
  const path = relative('src', file);
  return names
    .filter((name) => path === name || path.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly example: string;
}

/** The imports that lead from one room to another. */
function edges(): Edge[] {
  return files.flatMap((file) =>
    (imports.get(file) ?? []).flatMap((target) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      return from && to && from !== to ? [{ from, to, example: `${file} → ${target}` }] : [];
    }),
  );
}

interface Row {
  readonly rooms: readonly string[];
  readonly uses: readonly string[];
  /** The row names what the room may not use. */
  readonly isOpen: boolean;
}

/** The table of rooms in CONTRIBUTING.md, with "every room but" written out. */
function table(): Row[] {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const [, after = ''] = text.split('| Room | What lives there | What it may use |\n| --- | --- | --- |\n');
  const lines = after.slice(0, after.indexOf('\n\n')).split('\n');
  const cells = lines.map((line) =>
    line.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)),
  );
  const all = cells.flatMap(([, rooms = []]) => rooms);
  return cells.map(([, rooms = [], , named = []], index) => {
    const line = lines[index] ?? '';
    if (!line.includes('every room but')) return { rooms, uses: named, isOpen: false };
    const isNamed = (room: string) =>
      named.includes(room) || (line.includes('and its parts') && room.startsWith('definition/'));
    const below = all.slice(all.indexOf(rooms.at(-1) ?? '') + 1);
    return { rooms, uses: below.filter((room) => !isNamed(room)), isOpen: true };
  });
}

/** Each group of files that reach one another. */
function circles(): string[][] {
  const reached = new Map<string, Set<string>>();
  const reach = (file: string): Set<string> => {
    const known = reached.get(file);
    if (known) return known;
    const seen = new Set<string>();
    const next = [...(imports.get(file) ?? [])];
    for (let target = next.pop(); target !== undefined; target = next.pop()) {
      if (seen.has(target)) continue;
      seen.add(target);
      next.push(...(imports.get(target) ?? []));
    }
    reached.set(file, seen);
    return seen;
  };
  const inCircle = everyFile.filter((file) => reach(file).has(file));
  return Object.values(
    Object.groupBy(inCircle, (file) =>
      [...reach(file)]
        .filter((other) => reach(other).has(file))
        .sort()
        .join(),
    ),
  ).map((group = []) => group);
}
