import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { buildInputNames } from '../inputs/build.ts';
import { nearest } from '../nearest.ts';
import { type Problem, problem, throwIfAny } from '../problem.ts';
import { checkedTemplates, type EntryContext, type ListedTemplate, type WrittenTemplate } from './entries.ts';
import { findFiles } from './find-recipes.ts';
import { manifestNames, readManifest } from './manifest.ts';

/** Where the templates of a repository are told. */
export interface ListRequest extends EntryContext {
  /** Relative to the workspace. Patterns, and the path of the manifest, are relative to it. */
  readonly workingDirectory: string;
  /** Glob patterns. Empty: a manifest says which templates there are. */
  readonly patterns: readonly string[];
  /** Path of the manifest. Empty: it is looked for by its name. */
  readonly manifest: string;
}

/** The templates of a repository. */
export interface Listing {
  readonly templates: readonly ListedTemplate[];
  /** Where they were found, for the log. */
  readonly from: { readonly manifest: string } | { readonly patterns: readonly string[] };
  /** Patterns that match nothing beside others that do. */
  readonly unmatched: readonly string[];
}

/** Where repositories often have several definitions, for a message that none were named. */
const usualPatterns = ['sandbox-templates/*/template.*', 'templates/*/template.*', 'e2b-*.Dockerfile'];

/**
 * Lists the templates of a repository, by patterns or from a manifest, in the order in which they stand there.
 *
 * @throws ProblemsError with all mistakes in the patterns, the manifest, and the values of each template
 */
export async function listTemplates(request: ListRequest): Promise<Listing> {
  const { workspace, patterns, manifest } = request;
  const directory = resolve(workspace, request.workingDirectory);
  if (patterns.length > 0) return byPatterns(directory, request);
  const file = manifest === '' ? await foundManifest(directory) : givenManifest(directory, manifest);
  const written = await readManifest(file, buildInputNames());
  const problems: Problem[] = [];
  const templates = checkedTemplates(written, withDirectory(request), problems);
  throwIfAny(problems);
  return { templates, from: { manifest: file }, unmatched: [] };
}

async function byPatterns(directory: string, request: ListRequest): Promise<Listing> {
  const { patterns } = request;
  const { files, unmatched, problems: found } = await findFiles(directory, patterns);
  const problems = [...found];
  if (files.length === 0 && problems.length === 0) {
    const message = `found no file in ${directory} for ${patterns.join(', ')}. The patterns are relative to working-directory, and * matches no name that begins with a dot.${await hint(directory)} If the repository is empty here, run actions/checkout before this step.`;
    problems.push({ title: 'Input templates', message });
  }
  const written = files.map((file): WrittenTemplate => ({ values: new Map([['template', file]]) }));
  const templates = checkedTemplates(written, withDirectory(request), problems);
  throwIfAny(problems);
  return { templates, from: { patterns }, unmatched };
}

function withDirectory({ workspace, env, fallbacks, workingDirectory }: ListRequest): EntryContext {
  return { workspace, env, fallbacks: { ...fallbacks, 'working-directory': workingDirectory } };
}

function givenManifest(directory: string, manifest: string): string {
  const file = resolve(directory, manifest);
  if (existsSync(file)) return file;
  const near = nearest(
    manifest,
    manifestNames.filter((name) => existsSync(join(directory, name))),
  );
  throw problem(
    'No such manifest',
    `manifest: ${manifest} does not exist in ${directory}.${near ? ` Did you mean ${near}?` : ''} Give its path relative to working-directory.`,
  );
}

async function foundManifest(directory: string): Promise<string> {
  const [found, second] = manifestNames
    .map((name) => join(directory, name))
    .filter((file) => existsSync(file));
  if (found && second) {
    const names = [found, second].map((file) => relative(directory, file).replaceAll(sep, '/')).join(' and ');
    throw problem(
      'Several manifests found',
      `Found ${names}. Which one is meant is not clear: remove one, or name it with the input manifest:.`,
    );
  }
  if (found) return found;
  throw problem(
    'No templates named',
    `The input templates is empty, and there is no ${manifestNames[0]} in ${directory}.${await hint(directory)} Name the definitions by patterns (templates: sandbox-templates/*/template.ts), or write that file. If the repository is empty here, run actions/checkout before this step.`,
  );
}

/** The patterns that would find something. */
async function hint(directory: string): Promise<string> {
  const { unmatched } = await findFiles(directory, usualPatterns);
  const useful = usualPatterns.filter((pattern) => !unmatched.includes(pattern));
  return useful.length === 0 ? '' : ` There are files for templates: ${useful.join(', ')}.`;
}
