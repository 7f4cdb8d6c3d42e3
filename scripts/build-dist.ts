/**
 * Bundles src/ into dist/, which is what the runner executes. The result depends on src/ and the lockfile
 * alone: the same bytes on every machine and in every directory.
 *
 * Usage: node scripts/build-dist.ts [output directory]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, transformSync } from 'esbuild';

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

/** The published actions share one bundle; each has an entry of its own. */
const actions = ['build', 'promote', 'wait', 'cleanup', 'comment'];

const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const compiled = join(root, 'build');
const staging = mkdtempSync(join(tmpdir(), 'dist-'));

rmSync(compiled, { recursive: true, force: true });
run(bin('tsc'), ['-p', 'tsconfig.build.json']);

await shakeTrees();
for (const { entry, folder } of bundles) {
  const out = join(staging, folder);
  run(bin('ncc'), ['build', join(compiled, entry), '-o', out, '--no-cache', '-q']);
  for (const chunk of readdirSync(out).filter((name) => name.endsWith('.js'))) minify(join(out, chunk));
  // The package.json at the top serves all folders.
  if (folder !== '.') rmSync(join(out, 'package.json'));
}
for (const action of actions) {
  writeFileSync(
    join(staging, `${action}.js`),
    `import { main } from './index.js';\nawait main('${action}');\n`,
  );
}
writeFileSync(join(staging, 'licenses.txt'), licenses());

rmSync(dist, { recursive: true, force: true });
cpSync(staging, dist, { recursive: true });
rmSync(staging, { recursive: true, force: true });
rmSync(compiled, { recursive: true, force: true });

/**
 * Puts what is used of valibot into the files that use it. ncc keeps all of a package, of which that is a twentieth.
 */
async function shakeTrees(): Promise<void> {
  const users = readdirSync(compiled, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(compiled, name))
    .filter((path) => /from ['"]valibot['"]/.test(readFileSync(path, 'utf8')));
  for (const path of users) {
    await build({
      entryPoints: [path],
      outfile: path,
      allowOverwrite: true,
      bundle: true,
      format: 'esm',
      target: 'node24',
      plugins: [
        {
          name: 'all else stays where it is',
          setup: ({ onResolve }) =>
            onResolve({ filter: /./ }, ({ kind, path: imported }) =>
              kind === 'entry-point' || imported === 'valibot' ? undefined : { external: true },
            ),
        },
      ],
    });
  }
}

/** ncc's own minifier leaves out the chunks that are loaded on demand, and makes larger files. */
function minify(path: string): void {
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    minify: true,
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
    // Unicode tables as characters and not as escapes of them: 18 kB less.
    charset: 'utf8',
  });
  writeFileSync(path, code);
}

/**
 * The licence of every package that is installed for running, which is a superset of what is bundled. (ncc's
 * own list has only the last chunk's packages where code is split.) A text that several share stands once.
 */
function licenses(): string {
  const {
    packages,
  }: { packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const packagesByText = new Map<string, string[]>();
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    if (path === '' || dev || optional || devOptional) continue;
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, path))
      .sort()
      .find((entry) => /^licen[cs]e/i.test(entry));
    const text = file
      ? readFileSync(join(root, path, file), 'utf8')
          .replaceAll('\r\n', '\n')
          .trim()
      : '';
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...packagesByText]
    .map(([text, names]) => `${[...new Set(names)].sort().join('\n')}\n\n${text}\n`)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`);
}
