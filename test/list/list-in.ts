import { listTemplates } from '../../src/list/list-templates.ts';
import { matrixText } from '../../src/list/matrix.ts';
import { ProblemsError } from '../../src/problem.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

export interface Written {
  readonly templates?: string;
  readonly manifest?: string;
  readonly workingDirectory?: string;
  readonly fallbacks?: Readonly<Record<string, string>>;
}

/** The entries of the matrix for a repository with these files. */
export async function listIn(tree: Tree, written: Written = {}): Promise<Record<string, unknown>[]> {
  const { templates } = await listed(await planted(tree), written);
  return JSON.parse(matrixText(templates)).include;
}

/** The listing of a folder. */
export function listed(workspace: string, written: Written = {}): ReturnType<typeof listTemplates> {
  const { templates = '', manifest = '', workingDirectory = '.', fallbacks = {} } = written;
  const patterns = templates.split('\n').filter((line) => line !== '');
  return listTemplates({ workspace, workingDirectory, patterns, manifest, env: {}, fallbacks });
}

/** What is said about a list that is wrong: `file:line title: message` for each mistake. */
export async function refused(tree: Tree, written: Written = {}): Promise<string[]> {
  const workspace = await planted(tree);
  try {
    await listed(workspace, written);
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return error.problems.map(({ title, message, at }) => {
      const place = at ? `${at.file.replace(`${workspace}/`, '')}:${at.line} ` : '';
      return `${place}${title}: ${message}`.replaceAll(workspace, '<workspace>');
    });
  }
  throw new Error('Nothing was refused.');
}
