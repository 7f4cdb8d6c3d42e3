/**
 * `licenses.txt` of dist/: the license of every package whose code is in it, as text.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text of license-texts/, for packages that are published without one or that other packages hold inside. */
interface KeptText {
  readonly file: string;
  readonly packages: readonly string[];
  /** The installed package that has them in its own files. */
  readonly inside: string | undefined;
  readonly text: string;
}

/** Files of a package that have its license, and notices that go with it. */
const licenseFile = /^(licen[cs]e|copying|notice|third-?party)/i;
/** Bundlers leave the path of each module of a package that they put inside another. */
const pathInside = /node_modules\/(?:\.pnpm\/[^/\s"']+\/node_modules\/)?((?:@[\w.-]+\/)?[\w-][\w.-]*)\//g;

/**
 * The packages that `package-lock.json` has for running, and those of the bundled files, each with the text of its
 * license. A text that several share stands once. Bundlers' own lists lack what is split, and what is inside another
 * package's files.
 *
 * @param root folder of package.json
 * @param bundled files that are in a bundle, absolute paths
 * @throws Error that names each package without a text, and each kept text that no package needs
 */
export function licenses(root: string, bundled: Iterable<string>): string {
  const files = [...bundled].filter((file) => file.includes('/node_modules/'));
  const folders = new Set([...runtimeFolders(root), ...files.map(packageFolder)]);
  const kept = keptTexts(join(root, 'scripts/license-texts'));
  const needed = new Set<KeptText>();
  const missing: string[] = [];
  const packagesByText = new Map<string, Set<string>>();
  const note = (text: string, line: string) =>
    packagesByText.set(text, (packagesByText.get(text) ?? new Set()).add(line));

  const installed = new Set<string>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    installed.add(name);
    const own = ownText(folder);
    const instead = kept.find(({ inside, packages }) => inside === undefined && packages.includes(name));
    if (own === '' && instead) needed.add(instead);
    const text = own || instead?.text;
    if (text) note(text, `${name} ${version} (${license})`);
    else missing.push(`${name} ${version} has no file with its license`);
  }
  const holders = new Map(files.map((file) => [file, nameOf(packageFolder(file))]));
  for (const name of new Set(holders.values())) {
    for (const entry of kept.filter(({ inside }) => inside === name)) {
      needed.add(entry);
      for (const one of entry.packages) note(entry.text, `${one} (inside ${name})`);
    }
  }
  for (const [file, holder] of holders) {
    for (const name of namesInside(file)) {
      const known = kept.some(({ inside, packages }) => inside === holder && packages.includes(name));
      if (!known && !installed.has(name)) missing.push(`${name} is inside ${holder}`);
    }
  }
  const idle = kept.filter((entry) => !needed.has(entry)).map(({ file }) => `no package needs ${file}`);
  const problems = [...new Set(missing), ...idle];
  if (problems.length > 0)
    throw new Error(
      `${problems.join('\n')}\nscripts/license-texts/ has texts that packages lack: add the text of the package's repository, or remove the file.`,
    );
  return [...packagesByText]
    .map(([text, lines]) => `${[...lines].sort().join('\n')}\n\n${text}\n`)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Absolute folders of what is installed for running. */
function runtimeFolders(root: string): string[] {
  const {
    packages,
  }: { packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  return Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path]) => join(root, path));
}

/** The innermost package that a file belongs to. */
function packageFolder(file: string): string {
  const [, folder = ''] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  return folder;
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('/node_modules/') + '/node_modules/'.length);
}

function ownText(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && licenseFile.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => tidy(readFileSync(join(folder, name), 'utf8')))
    .filter((text) => text !== '')
    .join('\n\n');
}

function namesInside(file: string): Set<string> {
  return new Set([...readFileSync(file, 'utf8').matchAll(pathInside)].map(([, name = '']) => name));
}

/** Each file begins with lines `Packages:`, `Inside:` (or none) and `Source:`, then a blank line. */
function keptTexts(folder: string): KeptText[] {
  return readdirSync(folder).map((file) => {
    const whole = tidy(readFileSync(join(folder, file), 'utf8'));
    const end = whole.indexOf('\n\n');
    const head = new Map(
      whole
        .slice(0, end)
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const [packages, text] = [head.get('Packages'), whole.slice(end).trim()];
    if (!packages || !head.get('Source') || text === '')
      throw new Error(`${file}: expected the lines Packages and Source, a blank line, and the text`);
    return { file, packages: packages.split(', '), inside: head.get('Inside'), text };
  });
}

function tidy(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}
