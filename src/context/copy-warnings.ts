import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { DefinitionWarning, RecipeStep } from '../definition/definition.ts';
import type { SourceLocation } from '../problem.ts';
import { literalAdvice } from './copy-problems.ts';
import { parseCopySource } from './copy-source.ts';
import { isThere } from './list-files.ts';
import { type FileManifest, type ManifestEntry, sentMode } from './manifest.ts';

/** Warnings about files that a COPY sends, but probably not as meant. */
export async function copyWarnings(
  { wire, source }: RecipeStep,
  files: FileManifest,
): Promise<DefinitionWarning[]> {
  const found = [
    await patternWarning(files, source),
    await gitWarning(files),
    loginWarning(files),
    modeWarning(files, wire.args?.[3]),
  ];
  return found
    .filter((warning) => warning !== undefined)
    .map((warning) => (source ? { ...warning, at: source } : warning));
}

/** A source such as `[id].txt`, which matches `i.txt` and not the file of that name. */
async function patternWarning(
  files: FileManifest,
  at: SourceLocation | undefined,
): Promise<DefinitionWarning | undefined> {
  const source = parseCopySource(files.source);
  if (typeof source === 'string' || source.literal || !(await isThere(files))) return undefined;
  const path = posix.normalize(files.source).replace(/\/$/, '');
  if (files.entries.some((entry) => entry.path === path || entry.path.startsWith(`${path}/`)))
    return undefined;
  const first = files.entries.find(({ type }) => type !== 'directory')?.path;
  return {
    rule: 'copy-pattern',
    title: 'A name that reads as a pattern',
    message: `COPY "${files.source}" is a pattern: it sends ${first}, and not the path of exactly this name, which exists too. ${literalAdvice({ source: files.source, ...(at && { at }) })}`,
  };
}

/** The Google Cloud login puts its credentials into the workspace. */
function loginWarning(files: FileManifest): DefinitionWarning | undefined {
  const login = files.entries.find(({ path }) => /(?:^|\/)gha-creds-[\da-f]+\.json$/.test(path));
  if (!login) return undefined;
  return {
    rule: 'copied-credentials',
    title: 'Credentials in the template',
    message: `COPY "${files.source}" includes ${login.path}, the credentials of google-github-actions/auth: everyone who can start a sandbox from this template can read them. The name differs from run to run, so no build of this template is reused. Write the line **/gha-creds-*.json into .dockerignore.`,
  };
}

/** A header that a checkout adds, or a URL with a user and a password. */
const credentials =
  /^\s*extraheader\s*=\s*\S|\b[a-z][a-z+]*:\/\/[^\s/@:]*:[^\s/@]+@|\bhttps?:\/\/[^\s/@:]{20,}@/im;

/** The first git folder that a COPY takes; `undefined` for none. */
export function gitFolderOf({ entries }: FileManifest): string | undefined {
  return entries.flatMap(({ path }) => /^(.*\/)?\.git(?=\/(?:HEAD|config)$)/.exec(path)?.[0] ?? [])[0];
}

async function gitWarning(files: FileManifest): Promise<DefinitionWarning | undefined> {
  const folder = gitFolderOf(files);
  if (folder === undefined) return undefined;
  const configs = files.entries.filter(({ path, type }) => type === 'file' && isGitConfig(path));
  const open = await Promise.all(configs.map((config) => holdsCredentials(files, config)));
  const exposed = configs.find((_, index) => open[index]);
  // A source that names the folder itself includes it on purpose.
  const wanted = /(?:^|\/)\.git(?:\/|$)/.test(files.source);
  if (wanted && !exposed) return undefined;
  const token = exposed
    ? ` ${exposed.path} holds a token, most often that of the checkout: everyone who can start a sandbox from this template can read it.`
    : '';
  const leaveOut = `Write the line ${folder} into .dockerignore`;
  const noToken = 'set persist-credentials: false at actions/checkout';
  const advice = wanted
    ? `To send it without the token, ${noToken}`
    : exposed
      ? `${leaveOut}, or ${noToken}`
      : leaveOut;
  return {
    rule: exposed ? 'copied-credentials' : 'git-folder',
    title: exposed ? 'A token in the template' : 'The git folder in the template',
    message: `COPY "${files.source}" includes ${folder}, with the whole history.${token} It differs from run to run, so no build of this template is reused. ${advice}.`,
  };
}

function isGitConfig(path: string): boolean {
  return /(?:^|\/)\.git\/(?:.*\/)?config(?:\.worktree)?$/.test(path);
}

async function holdsCredentials(
  { contextDirectory }: FileManifest,
  { path }: ManifestEntry,
): Promise<boolean> {
  // An unreadable path is a problem of the COPY itself.
  const text = await readFile(join(contextDirectory, path), 'utf8').catch(() => '');
  return credentials.test(text);
}

const mostNames = 3;

function modeWarning(files: FileManifest, chosen: string | undefined): DefinitionWarning | undefined {
  const narrower = files.entries.filter((entry) => entry.narrowerMode !== undefined && !isOfGit(entry.path));
  const [first, ...others] = narrower;
  if (first?.narrowerMode === undefined || chosen) return undefined;
  const name = (entry: ManifestEntry): string => {
    const sent = sentMode(entry.type === 'directory' ? { executable: true } : entry);
    return `${entry.path} (mode ${octal(entry.narrowerMode ?? sent)}) as ${octal(sent)}`;
  };
  const more = narrower.length > mostNames ? `, and ${narrower.length - mostNames} more` : '';
  const mode = octal(first.narrowerMode);
  const alone = others.length === 0 && files.entries.length === 1;
  const advice = alone
    ? `Add { mode: 0o${mode.replace(/^0/, '')} } to this copy()`
    : `Send such files in a separate copy() with { mode: 0o${mode.replace(/^0/, '')} }`;
  return {
    rule: 'file-mode',
    title: 'A file loses its mode',
    message: `COPY "${files.source}" sends ${narrower.slice(0, mostNames).map(name).join(', ')}${more}: of a file's mode only the execute bit is sent, so that builds are the same everywhere. Programs such as ssh refuse a key that others can read. ${advice}, or a RUN chmod ${mode} after it.`,
  };
}

/** Whether git manages a file, and so chooses its mode. */
function isOfGit(path: string): boolean {
  return /(?:^|\/)\.git\//.test(path);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
