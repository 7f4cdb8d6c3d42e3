/**
 * Bundles src/ into dist/, which is what the runner executes. The result depends on src/ and the lockfile
 * alone: the same bytes on every machine and in every directory.
 *
 * Usage: node scripts/build-dist.ts [output directory]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { transformSync } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const run = (command: string, args: string[]) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/** Compiled file → folder of dist/. What only some runs need is a bundle of its own. */
const bundles = [
  { entry: 'main.js', folder: '.' },
  { entry: 'definition/host.js', folder: 'definition' },
  { entry: 'definition/sdk.js', folder: 'sdk' },
  { entry: 'local/main.js', folder: 'local' },
];

const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const compiled = join(root, 'build');
const staging = mkdtempSync(join(tmpdir(), 'dist-'));

rmSync(compiled, { recursive: true, force: true });
run(bin('tsc'), ['-p', 'tsconfig.build.json']);

keepNativeImport(join(compiled, 'definition', 'host.js'));

const licenses = new Map<string, string>();
for (const { entry, folder } of bundles) {
  const out = join(staging, folder);
  run(bin('ncc'), [
    'build',
    join(compiled, entry),
    '-o',
    out,
    '--license',
    'licenses.txt',
    '--no-cache',
    '-q',
  ]);
  for (const [name, text] of readLicenses(join(out, 'licenses.txt'))) licenses.set(name, text);
  for (const chunk of readdirSync(out).filter((name) => /^\d+\.index\.js$/.test(name)))
    minify(join(out, chunk));
  // One package.json and one list of licences at the top serve all folders.
  for (const name of folder === '.' ? [] : ['package.json', 'licenses.txt'])
    rmSync(join(out, name), { force: true });
}
const sorted = [...licenses].sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(join(staging, 'licenses.txt'), sorted.map(([name, text]) => `${name}\n${text}`).join('\n'));

rmSync(dist, { recursive: true, force: true });
cpSync(staging, dist, { recursive: true });
rmSync(staging, { recursive: true, force: true });
rmSync(compiled, { recursive: true, force: true });

/**
 * The loader of definitions imports what a definition needs by computed names. A bundler replaces such an
 * `import()` unless it is told not to, which the loader's own file does not do.
 */
function keepNativeImport(host: string): void {
  const loader = join(root, 'node_modules', 'jiti', 'lib', 'jiti-static.mjs');
  const patched = replaceOnce(
    readFileSync(loader, 'utf8'),
    '=> import(id)',
    '=> import(/* webpackIgnore: true */ id)',
  ).replaceAll('"../dist/', `"${relative(dirname(host), join(root, 'node_modules', 'jiti', 'dist'))}/`);
  writeFileSync(join(dirname(host), 'jiti-static.js'), patched);
  writeFileSync(host, replaceOnce(readFileSync(host, 'utf8'), "'jiti/static'", "'./jiti-static.js'"));
}

function replaceOnce(text: string, found: string, replacement: string): string {
  if (text.split(found).length !== 2) throw new Error(`Expected exactly one ${found}`);
  return text.replace(found, replacement);
}

/** ncc's own minifier leaves out the chunks that are loaded on demand, and makes larger files. */
function minify(path: string): void {
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    minify: true,
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
  });
  writeFileSync(path, code);
}

/** Package name → licence text, from ncc's list (name, licence, text, separated by blank lines). */
function readLicenses(path: string): [string, string][] {
  const names = new Set(
    readdirSync(join(root, 'node_modules')).flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(root, 'node_modules', name)).map((inner) => `${name}/${inner}`)
        : [name],
    ),
  );
  const sections: [string, string[]][] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (names.has(line)) sections.push([line, []]);
    else sections.at(-1)?.[1].push(line);
  }
  return sections.map(([name, lines]) => [name, `${lines.join('\n').trim()}\n`]);
}
