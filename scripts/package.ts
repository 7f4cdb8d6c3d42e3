/**
 * Lays out the npm package of the command: dist/ and its manifest, without dependencies, since they are bundled.
 *
 * Usage: node scripts/package.ts [output directory]
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The scope is a placeholder: that of whoever publishes it. */
export const packageName = '@OWNER/novita-template';

/** Writes the package into a directory, which is emptied. */
export function layOutPackage(root: string, directory: string, dist = join(root, 'dist')): void {
  const { version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  cpSync(dist, join(directory, 'dist'), { recursive: true });
  cpSync(join(root, 'LICENSE'), join(directory, 'LICENSE'));
  cpSync(join(root, 'docs', 'command.md'), join(directory, 'README.md'));
  const manifest = {
    // A registry takes no capital letters.
    name: packageName.toLowerCase(),
    version,
    description: 'Build Novita sandbox templates in CI or from a terminal.',
    license,
    type: 'module',
    engines,
    bin: { 'novita-template': 'dist/cli.js' },
    files: ['dist'],
  };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  layOutPackage(root, resolve(process.argv[2] ?? join(root, 'build', 'package')));
}
