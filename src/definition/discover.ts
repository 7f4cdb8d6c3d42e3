import { accessSync, constants, existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { nearest } from '../nearest.ts';
import { problem } from '../problem.ts';

const extensions = ['.ts', '.mts', '.js', '.mjs', '.cjs'];
/** Can be loaded when named, but are not searched for. */
const loadable = [...extensions, '.cts', '.tsx', '.jsx'];
const folders = ['', 'sandbox', '.novita'];

/**
 * Finds the definition file and returns its absolute path.
 *
 * With `template` it is that file, relative to the working directory. Without, it is the only
 * `template.{ts,mts,js,mjs,cjs}` in the working directory, `sandbox/` or `.novita/`.
 *
 * @param workingDirectory absolute path
 * @throws ProblemsError when the file is missing, cannot be read or has a kind that cannot be loaded, or when there are
 *   several candidates
 */
export function discoverDefinition(workingDirectory: string, template?: string): string {
  const directory = resolve(workingDirectory);
  const given = template?.trim();
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw problem(
      'No such working directory',
      `working-directory: ${workingDirectory} is not a directory. It must be a folder of the checked out repository. Check the path, and that actions/checkout runs before this step.`,
    );
  }
  return given ? givenDefinition(directory, given) : foundDefinition(directory);
}

function givenDefinition(directory: string, template: string): string {
  const file = resolve(directory, template);
  const stats = statsOf(file, template);
  if (!stats) {
    throw problem(
      'No such definition file',
      `template: ${template} does not exist in ${directory}.${nearMisses(directory, file)} Give the path of the definition file relative to the working directory.`,
    );
  }
  if (stats.isDirectory()) {
    const inside = definitionsIn(file);
    const hint =
      inside.length > 0
        ? ` It holds ${list(inside.map((path) => relativeTo(directory, path)))}: name the file itself.`
        : ' Name the definition file itself, such as sandbox/template.ts.';
    throw problem(
      'Definition is a directory',
      `template: ${template} is a directory, a file is expected.${hint}`,
    );
  }
  if (!stats.isFile()) {
    throw problem('Definition is not a file', `template: ${template} is not a regular file. Name a file.`);
  }
  if (!loadable.includes(extname(file).toLowerCase())) {
    throw problem('Wrong kind of definition file', wrongKind(template));
  }
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw problem(
      'Definition cannot be read',
      `template: ${template} exists, but this user may not read it. Give read permission (chmod +r).`,
    );
  }
  return file;
}

function foundDefinition(directory: string): string {
  const found = folders.flatMap((folder) =>
    extensions
      .map((extension) => join(directory, folder, `template${extension}`))
      .filter((path) => statsOf(path, relativeTo(directory, path))?.isFile()),
  );
  const [first, ...others] = found;
  if (!first) {
    throw problem(
      'No definition found',
      `Looked in ${directory} for template.ts, .mts, .js, .mjs or .cjs, then in sandbox/ and .novita/, and found none. Add one, or name the file with the input template:. If the repository is empty here, run actions/checkout before this step.`,
    );
  }
  if (others.length > 0) {
    throw problem(
      'Several definitions found',
      `Found ${list(found.map((path) => relativeTo(directory, path)))}. Which one is meant is not clear: name it with the input template:.`,
    );
  }
  return first;
}

/** What is at a path; `undefined` for nothing. A path that cannot be followed is a problem. */
function statsOf(path: string, name: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw problem(
      'Definition cannot be read',
      `template: ${name} cannot be read (${code}). Check where its links lead, and the permissions of its folders.`,
    );
  }
}

function wrongKind(template: string): string {
  const name = basename(template).toLowerCase();
  const expected = `A definition is a TypeScript or JavaScript module (${extensions.join(', ')}).`;
  if (name.includes('dockerfile')) {
    return `template: ${template} is a Dockerfile. ${expected} Write one that says: export const template = Template().fromDockerfile('${template}').`;
  }
  if (name.endsWith('.py')) {
    return `template: ${template} is a Python file. ${expected} Write the recipe with Template() of novita-sandbox.`;
  }
  return `template: ${template} has the extension ${extname(template) || '(none)'}. ${expected}`;
}

function nearMisses(directory: string, file: string): string {
  const siblings = filesIn(dirname(file));
  const name = nearest(basename(file), siblings);
  const near = name
    ? [join(dirname(file), name)]
    : folders.flatMap((folder) => definitionsIn(join(directory, folder)));
  return near.length > 0 ? ` Did you mean ${list(near.map((path) => relativeTo(directory, path)))}?` : '';
}

function definitionsIn(folder: string): string[] {
  return filesIn(folder)
    .filter((name) => extensions.includes(extname(name)) && !name.endsWith('.d.ts'))
    .filter((name) => /template|sandbox/i.test(name))
    .slice(0, 5)
    .map((name) => join(folder, name));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

function relativeTo(directory: string, path: string): string {
  return relative(directory, path) || '.';
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
