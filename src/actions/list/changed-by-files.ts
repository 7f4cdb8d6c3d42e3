import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type ChangedFiles, changedFiles } from '../../ci/changed-files.ts';
import { parseCopySource } from '../../context/copy-source.ts';
import type { Job } from '../../job/job.ts';
import type { ListedTemplate } from '../../list/entries.ts';
import { namedFiles } from '../../list/named-files.ts';
import type { Plan, PlanStep } from '../../plan/plan.ts';
import { type PlannedTemplate, planTemplates } from './plan-templates.ts';
import type { Verdict } from './verdict.ts';

/** Files that say how those below their folder are read. */
const settings = new Set(['package.json', 'tsconfig.json', 'pyproject.toml', '.env']);
/** Files that a program may load without naming them. */
const code = /\.(?:[mc]?[tj]sx?|py|toml|json|ya?ml)$|(?:docker|container)file[^/]*$|\.dockerignore$/i;

/**
 * Which templates the files of a pull request change, for runs without a key: a template is changed when a file is that
 * its COPY steps send, or that its definition is made of. Everything is listed where git does not say what has changed.
 *
 * @param manifest - absolute path of the file that lists the templates; a change of it changes all
 */
export async function changedByFiles(
  templates: readonly ListedTemplate[],
  manifest: string | undefined,
  job: Job,
): Promise<Verdict[]> {
  const { workspace = process.cwd(), event, payload } = job.context;
  const found = changedFiles(workspace, event, payload);
  if (!found.ok) {
    job.runner.output.notice(
      `All templates are listed, since it is not known what has changed. ${found.reason}`,
      {
        title: 'Nothing to compare with',
      },
    );
    return templates.map(() => ({ listed: true, why: 'it is not known what has changed' }));
  }
  const changes = realPaths(found.value);
  const list =
    manifest === undefined ? undefined : changes.find(({ path }) => path === realpathSync(manifest));
  if (list) return templates.map(() => ({ listed: true, why: `${basename(list.path)} has changed` }));
  const planned = await planTemplates(templates, undefined, job);
  return planned.map((each) => verdictOf(each, changes, { root: found.value.root, workspace, templates }));
}

interface Change {
  /** Absolute. */
  readonly path: string;
  readonly removed: boolean;
}

function realPaths({ root, files }: ChangedFiles): Change[] {
  const real = realpathSync(root);
  return files.map(({ path, removed }) => ({ path: join(real, ...path.split('/')), removed }));
}

interface Surroundings {
  readonly root: string;
  readonly workspace: string;
  /** All templates of the list. */
  readonly templates: readonly ListedTemplate[];
}

function verdictOf(
  { template, planned }: PlannedTemplate,
  changes: readonly Change[],
  { root, workspace, templates }: Surroundings,
): Verdict {
  if (!planned.ok) return { listed: true, why: planned.reason };
  const { plan } = planned.value;
  const file = realpathSync(template.file);
  const folder = dirname(file);
  const named = namedFiles(file, [resolve(workspace, template.inputs.workingDirectory), root]);
  if (!named) return { listed: true, why: 'its definition names more files than are compared' };
  const sent = copiedFiles(plan);
  const others = templates
    .filter((other) => other !== template)
    .map((other) => dirname(realpathSync(other.file)));
  // In a folder of many things, most code is that of others.
  const isOwnFolder = folder !== realpathSync(root) && !others.includes(folder);
  const isProgram = ['module', 'python'].includes(plan.definition.kind);
  const inner = others.filter((other) => isBelow(other, folder));
  const cause = changes.find(({ path, removed }) => {
    const name = basename(path);
    if (named.has(path) || sent.has(path)) return true;
    if (isProgram && settings.has(name) && isBelow(folder, dirname(path), true)) return true;
    const isBeside = isBelow(path, folder) && !inner.some((other) => isBelow(path, other));
    if (isProgram && isOwnFolder && isBeside && code.test(name)) return true;
    return removed && plan.steps.some((step) => wasSent(step, path));
  });
  if (!cause) return { listed: false, why: 'unchanged: no file of it differs from the base branch' };
  const shown = relative(realpathSync(root), cause.path).replaceAll(sep, '/');
  return { listed: true, why: `${shown} ${cause.removed ? 'was removed' : 'has changed'}` };
}

/** The absolute paths of what COPY steps send, and of the ignore files that decide it. */
function copiedFiles({ steps, definition }: Plan): Set<string> {
  const files = steps.flatMap(({ files }) =>
    files ? files.entries.map(({ path }) => join(realpathSync(files.contextDirectory), path)) : [],
  );
  const { file, contextDirectory } = definition;
  return new Set([...files, join(contextDirectory, '.dockerignore'), `${file}.dockerignore`]);
}

/** Whether a COPY would have sent a file that is gone, as far as ignore rules do not exclude it. */
function wasSent({ files }: PlanStep, path: string): boolean {
  if (!files) return false;
  const source = parseCopySource(files.source);
  const place = relative(realpathSync(files.contextDirectory), path).replaceAll(sep, '/');
  if (typeof source === 'string' || place.startsWith('../')) return false;
  if (source.start !== '' && place !== source.start && !place.startsWith(`${source.start}/`)) return false;
  const parts = place.split('/');
  return parts.some((_, index) => {
    const head = parts.slice(0, index + 1).join('/');
    return source.takes(head, index + 1 < parts.length);
  });
}

function isBelow(path: string, folder: string, orSame = false): boolean {
  return path === folder ? orSame : path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
