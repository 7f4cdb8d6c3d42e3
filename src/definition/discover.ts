import { accessSync, constants, type Dirent, existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { nearest } from '../nearest.ts';
import { problem } from '../problem.ts';
import { type Kind, kindOf, kinds } from './kinds.ts';

/** Where a definition is searched for; `*` stands for each folder there. */
const folders = ['', 'sandbox', '.novita', 'e2b', 'sandbox-templates/*'];

/** Found only where nothing else is, since it may not be meant. */
const lastRank = 4;

/** A definition file. */
export interface FoundDefinition {
  /** Absolute path. */
  readonly file: string;
  readonly kind: Kind;
}

/**
 * Finds the definition file, and its kind by its name.
 *
 * With `template` it is that file, relative to the working directory. Without, it is the only candidate in the working
 * directory, `sandbox/`, `.novita/`, `e2b/` and the folders of `sandbox-templates/`. Of the candidates in one folder
 * only those of the best rank count: `template.ts` before `e2b.toml` before `Dockerfile`.
 *
 * @param workingDirectory absolute path
 * @throws ProblemsError when the file is missing, cannot be read or has a kind that cannot be loaded, or when there are
 *   several candidates
 */
export function discoverDefinition(workingDirectory: string, template?: string): FoundDefinition {
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

function givenDefinition(directory: string, template: string): FoundDefinition {
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
  const kind = kindOf(file);
  if (!kind) {
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
  return { file, kind };
}

function foundDefinition(directory: string): FoundDefinition {
  const all = searched(directory).flatMap((folder) => candidatesIn(directory, folder));
  const surer = all.filter(({ rank }) => rank < lastRank);
  const found = surer.length > 0 ? surer : all;
  const [first, ...others] = found;
  if (!first) {
    throw problem(
      'No definition found',
      `Looked in ${directory} for template.ts, template.py, novita.toml, e2b.toml and a Dockerfile, then in sandbox/, .novita/, e2b/ and the folders of sandbox-templates/, and found none. Add one, or name the file with the input template:. If the repository is empty here, run actions/checkout before this step.`,
    );
  }
  if (others.length > 0) {
    const lines = found.map(({ file }) => `template: ${relativeTo(directory, file)}`);
    throw problem(
      'Several definitions found',
      `Which one is meant is not clear. Write one of these lines below with: in the workflow: ${list(lines, 'or')}.`,
    );
  }
  return first;
}

interface Candidate extends FoundDefinition {
  readonly rank: number;
}

/** The candidates of the best rank in a folder, in the order of their names. */
function candidatesIn(directory: string, folder: string): Candidate[] {
  const names = entriesOf(join(directory, folder)).map(({ name }) => name);
  const found = names.sort().flatMap((name): Candidate[] => {
    const kind = kindOf(name);
    const rank = kind?.rank(name, folder);
    const file = join(directory, folder, name);
    const isFile = rank !== undefined && statsOf(file, relativeTo(directory, file))?.isFile();
    return kind && isFile ? [{ file, kind, rank }] : [];
  });
  const best = Math.min(...found.map(({ rank }) => rank));
  return found.filter(({ rank }) => rank === best);
}

/** The folders that are searched and exist, relative to the directory. */
function searched(directory: string): string[] {
  return folders.flatMap((folder) => {
    if (!folder.endsWith('/*')) return [folder];
    const parent = folder.slice(0, -2);
    return entriesOf(join(directory, parent))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${parent}/${name}`)
      .sort();
  });
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
  const expected = `A definition is ${list(
    kinds.map(({ title }) => title),
    'or',
  )}.`;
  return `template: ${template} has the extension ${extname(template) || '(none)'}. ${expected}`;
}

function nearMisses(directory: string, file: string): string {
  const siblings = filesIn(dirname(file));
  const name = nearest(basename(file), siblings);
  const near = name
    ? [join(dirname(file), name)]
    : searched(directory).flatMap((folder) => definitionsIn(join(directory, folder)));
  return near.length > 0 ? ` Did you mean ${list(near.map((path) => relativeTo(directory, path)))}?` : '';
}

function definitionsIn(folder: string): string[] {
  return filesIn(folder)
    .filter((name) => kindOf(name) !== undefined && !name.endsWith('.d.ts'))
    .filter((name) => /template|sandbox|novita|e2b|dockerfile/i.test(name))
    .slice(0, 5)
    .map((name) => join(folder, name));
}

function filesIn(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function relativeTo(directory: string, path: string): string {
  return relative(directory, path) || '.';
}

function list(items: readonly string[], word = 'and'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}
