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
import { type BuildOptions, build, type Plugin, transformSync } from 'esbuild';
import { isFresh } from './command-options.ts';
import { lazyFiles, lazySdk } from './lazy-sdk.ts';
import { licenses } from './licenses.ts';

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const run = (command: string, args: string[]) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/**
 * The main step and the post step, compiled. They share what both need, the client of the cache among it, and nothing
 * else: code that only one of them imports is in a file that the other never loads.
 */
const steps = {
  index: 'main.js',
  'post-step': 'post.js',
};

/** Compiled files that the command loads from the bundles beside it. */
const besideCommand: Readonly<Record<string, string>> = {
  '../main.js': './index.js',
  '../definition/process/host-child.js': './early-host.js',
};

/** Compiled file → folder of dist/. What only some runs need is a bundle of its own. */
const bundles = [
  { entry: 'definition/host/main.js', folder: 'definition' },
  { entry: 'local/main.js', folder: 'local' },
];

/** What the runner starts. The main steps of the published actions share one bundle; each has an entry of its own. */
const entries = {
  ...Object.fromEntries(
    ['promote', 'wait', 'cleanup', 'comment', 'list'].map((action) => [
      action,
      `import { main } from './index.js';\nawait main('${action}');\n`,
    ]),
  ),
  // The process of the definition starts while the rest is loaded.
  build: `import { startHostEarly } from './early-host.js';
const early = startHostEarly(import.meta.dirname, process.env);
const { main } = await import('./index.js');
await main('build', early);
`,
  post: "import { main } from './post-step.js';\nawait main();\n",
  cli: "#!/usr/bin/env node\nimport { main } from './command.js';\nawait main();\n",
};

const output = {
  minify: true,
  format: 'esm',
  // The command runs on older versions than the runner has.
  target: 'node20',
  legalComments: 'none',
  // Unicode tables as characters and not as escapes of them: 18 kB less.
  charset: 'utf8',
} as const;

/** Of bundles of libraries in CommonJS, which ask for Node's own modules by `require`. */
const withLibraries = {
  bundle: true,
  platform: 'node',
  ...output,
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** Leaves out what nobody uses of `@actions/core`, which does not say itself that its files only define things. */
const partsOfCore: Plugin = {
  name: 'parts-of-core',
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^\.\// }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === partsOfCore || !/@actions.core.lib.core\.js$/.test(importer)) return undefined;
      const found = await find(path, { importer, resolveDir, kind, pluginData: partsOfCore });
      return { ...found, sideEffects: false };
    });
  },
};

const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const compiled = join(root, 'build');
const staging = mkdtempSync(join(tmpdir(), 'dist-'));
/** Each file that is in a bundle, by its absolute path. */
const bundled = new Set<string>();

if (!isFresh(root))
  throw new Error('src/command/action-inputs.json is not that of the action.yml files: run npm run readme');
rmSync(compiled, { recursive: true, force: true });
run(bin('tsc'), ['-p', 'tsconfig.build.json']);

await bundleSteps();
await bundleEarlyHost();
await bundleCommand();
await bundleSdk();
for (const { entry, folder } of bundles) {
  const out = join(staging, folder);
  const stats = join(staging, 'ncc.json');
  run(bin('ncc'), ['build', join(compiled, entry), '-o', out, '--no-cache', '-q', '--stats-out', stats]);
  noteNcc(JSON.parse(readFileSync(stats, 'utf8')));
  rmSync(stats);
  for (const chunk of readdirSync(out).filter((name) => name.endsWith('.js'))) minify(join(out, chunk));
  // The package.json at the top serves all folders.
  rmSync(join(out, 'package.json'));
}
cpSync(join(root, 'src/definition/host/python'), join(staging, 'definition/python'), {
  recursive: true,
  // The rest is bundled.
  filter: (path) => !/\.ts$|__pycache__/.test(path),
});
for (const [name, text] of Object.entries(entries)) writeFileSync(join(staging, `${name}.js`), text);
writeFileSync(join(staging, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`);
writeFileSync(join(staging, 'licenses.txt'), licenses(root, bundled));

rmSync(dist, { recursive: true, force: true });
cpSync(staging, dist, { recursive: true });
rmSync(staging, { recursive: true, force: true });
rmSync(compiled, { recursive: true, force: true });

/** esbuild and not ncc, which knows no second entry. */
async function bundleSteps(): Promise<void> {
  await bundle({
    entryPoints: Object.fromEntries(
      Object.entries(steps).map(([name, entry]) => [name, join(compiled, entry)]),
    ),
    outdir: staging,
    chunkNames: 'shared/[hash]',
    splitting: true,
    plugins: [partsOfCore],
    ...withLibraries,
  });
}

/** On its own, so that little is read before the process of the definition starts. */
async function bundleEarlyHost(): Promise<void> {
  await bundle({
    entryPoints: [join(compiled, 'definition/process/host-child.js')],
    outfile: join(staging, 'early-host.js'),
    bundle: true,
    platform: 'node',
    ...output,
  });
}

/** Each lazy file has all that it needs: shared code would be loaded with the rest. */
async function bundleSdk(): Promise<void> {
  const entry = { index: join(compiled, 'definition/sdk.js') };
  for (const entryPoints of [entry, ...Object.keys(lazyFiles).map((name) => ({ [name]: name }))]) {
    await bundle({
      entryPoints,
      outdir: join(staging, 'sdk'),
      chunkNames: '[hash]',
      splitting: true,
      plugins: [lazySdk],
      ...withLibraries,
    });
  }
}

/** The command: options and help, and nothing of the actions before one runs. */
async function bundleCommand(): Promise<void> {
  const beside: Plugin = {
    name: 'beside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.\// }, ({ path }) => {
        const file = besideCommand[path];
        return file === undefined ? undefined : { path: file, external: true };
      });
    },
  };
  await bundle({
    ...withLibraries,
    entryPoints: [join(compiled, 'cli.js')],
    outfile: join(staging, 'command.js'),
    plugins: [beside],
  });
}

/** ncc's own minifier leaves out the chunks that are loaded on demand, and makes larger files. */
function minify(path: string): void {
  const { code } = transformSync(readFileSync(path, 'utf8'), output);
  writeFileSync(path, code);
}

/** ncc's bundles may hold a module inside another. */
interface NccModule {
  readonly nameForCondition?: string | null;
  readonly modules?: readonly NccModule[];
}

function noteNcc({ nameForCondition, modules = [] }: NccModule): void {
  if (nameForCondition) bundled.add(nameForCondition);
  for (const module of modules) noteNcc(module);
}

/** `build` of esbuild, which notes the files that it takes. */
async function bundle(options: BuildOptions): Promise<void> {
  const { metafile } = await build({ ...options, absWorkingDir: root, metafile: true });
  for (const file of Object.keys(metafile?.inputs ?? {})) bundled.add(resolve(root, file));
}
