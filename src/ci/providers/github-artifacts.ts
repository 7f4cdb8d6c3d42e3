import { appendFile, readFile } from 'node:fs/promises';
import type { DeclaredSubject } from './provider.ts';

/** Files of GitHub's runner. */
export interface ArtifactFiles {
  /** `GITHUB_ARTIFACTS`: a line for each subject that this step declares. */
  readonly file: string;
  /** `GITHUB_ARTIFACTS_LIST`: what the steps of the job have declared before this one. */
  readonly list?: string | undefined;
}

/** How many subjects a job may declare, and how long the file of a step may be. */
const most = 500;
const longest = 1024 * 1024;

/**
 * Declares a subject to GitHub's runner, which hands it to `actions/attest`. The runner fails the whole step for a line
 * that it does not take, so no such line is written. Does nothing where the subject is declared already, and where the
 * runner made no file. Rejects when the file cannot be read or written.
 *
 * @returns why the subject was not declared, as sentences
 */
export async function declareSubject(
  { name, digest }: DeclaredSubject,
  { file, list }: ArtifactFiles,
): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const line = `oci://${name}@${digest}`;
  if (!/^oci:\/\/[^\s=@]+@sha256:[0-9a-f]{64}$/.test(line))
    return `GitHub's runner takes no line such as ${line}.`;
  const declared = new Map([...(await declaredBefore(list)), ...declaredIn(text)]);
  const other = declared.get(name);
  if (other === digest) return undefined;
  if (other !== undefined) {
    return `This job has declared ${name} with another digest (${other}), and a job may declare a name once. Build the other content in a job of its own.`;
  }
  if (declared.size >= most)
    return `This job has declared ${most} subjects, which is the most that GitHub takes.`;
  const added = `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
  if (Buffer.byteLength(text) + added.length > longest) return 'The file of this step is full.';
  await appendFile(file, added);
  return undefined;
}

/** Digests by name, from the lines of a step. A line that is only a path counts as a name. */
function declaredIn(text: string): [string, string][] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): [string, string] => {
      const [, name = line, digest = ''] =
        /^(?:oci:\/\/)?(.+)@(sha(?:256|384|512):[0-9a-f]+)$/i.exec(line) ?? [];
      return [name, digest.toLowerCase()];
    });
}

/** The same from the runner's list. One that cannot be read says nothing. */
async function declaredBefore(list: string | undefined): Promise<[string, string][]> {
  if (!list) return [];
  try {
    const { subjects } = JSON.parse(await readFile(list, 'utf8'));
    return (subjects as DeclaredSubject[]).map(({ name, digest }) => [String(name), String(digest)]);
  } catch {
    return [];
  }
}
