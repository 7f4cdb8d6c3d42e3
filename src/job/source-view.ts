import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, extname, sep } from 'node:path';
import { secretValues } from '../checks/secret-value.ts';
import { lineLinker } from '../ci/source-link.ts';
import type { PartialPlan } from '../plan/plan.ts';
import { type Redact, redactor } from '../redact/redact.ts';
import { printableLines } from '../report/text/sanitize.ts';
import { linesAround, type SourceView } from '../report/text/source-lines.ts';
import type { JobContext } from './job.ts';

/** A larger file was not written by a person. */
const byteLimit = 1_000_000;

const codeExtensions = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];

/**
 * Reads the lines of a definition around the one that failed. The recipe's process, or a result file from elsewhere,
 * names the place, so only the definition and Dockerfiles in the workspace are read.
 */
export function sourceView(
  plan: PartialPlan,
  { event, source, workspace = process.cwd() }: JobContext,
  redact: Redact,
): SourceView {
  const link = lineLinker(source, event.sha);
  // Values that look secret are shown nowhere, so they are hidden in the definition too.
  const hideValues = redactor(secretValues(plan), [plan.name, ...plan.tags]);
  return {
    link,
    around: (at) => {
      const named = at.file === plan.definition?.file || isDockerfile(at.file);
      const content = named ? readInside(workspace, at.file) : undefined;
      if (content === undefined) return [];
      return linesAround(content, at.line).map(({ number, text }) => ({
        number,
        text: hideValues(redact(printableLines(text).join(' '))),
      }));
    },
  };
}

function isCode(path: string): boolean {
  if (path.split(sep).includes('.git')) return false;
  return codeExtensions.includes(extname(path)) || isDockerfile(path);
}

function isDockerfile(file: string): boolean {
  return /^(?:[\w.-]+[.-])?(?:docker|container)file(?:[.-][\w.-]+)?$/i.test(basename(file));
}

/** The text of a file in the folder; `undefined` when it is missing, too large or not a file. */
function readInside(folder: string, file: string): string | undefined {
  let handle: number | undefined;
  try {
    const path = realpathSync(file);
    const root = realpathSync(folder);
    if (!path.startsWith(root + sep) || !isCode(path)) return undefined;
    // Opening a pipe must not wait for a writer.
    handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = fstatSync(handle);
    if (!found.isFile() || found.size > byteLimit) return undefined;
    const bytes = Buffer.alloc(found.size);
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, found.size, 0));
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
