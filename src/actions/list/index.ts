import { relative, sep } from 'node:path';
import { describeEvent } from '../../ci/describe-event.ts';
import { type ListInputs, readListInputs } from '../../inputs/list.ts';
import type { ExitResult } from '../../job/exit.ts';
import type { Connect, Job } from '../../job/job.ts';
import type { ListedTemplate } from '../../list/entries.ts';
import { type Listing, listTemplates } from '../../list/list-templates.ts';
import { matrixText } from '../../list/matrix.ts';
import { collectProblems, throwIfAny } from '../../problem.ts';
import { redactDeep } from '../../redact/redact.ts';
import { logListing } from '../../report/log/listing-log.ts';
import { showWarnings } from '../../report/log/output.ts';
import { listingSummary } from '../../report/markdown/listing-summary.ts';
import { listDocument } from '../../report/result/list-document.ts';
import { changedByFiles } from './changed-by-files.ts';
import { changedByContent, findPublications } from './changed-content.ts';
import type { Verdict } from './verdict.ts';

/**
 * The list action: find the templates of the repository, leave out what a pull request does not change, and give the
 * rest as a matrix of jobs. Rejects with a `ProblemsError` that names all mistakes in the inputs and the manifest.
 *
 * @param byCommand - a person may have asked: with a key, say of every template whether it is published as it stands, also
 *   where that does not decide what is listed, and give it all as the result document
 */
export async function runList(job: Job, byCommand = false): Promise<ExitResult> {
  const { context, runner } = job;
  const { env, workspace = process.cwd() } = context;
  const { output, setOutput } = runner;
  const { inputs, problems, warnings } = readListInputs(env);
  showWarnings(output, warnings);
  const { apiKey, accessToken } = inputs.connection;
  runner.mask([apiKey, accessToken], [...inputs.templates, inputs.manifest]);

  const listing = await collectProblems(problems, () =>
    listTemplates({
      ...{ workspace, env, manifest: inputs.manifest, patterns: inputs.templates },
      workingDirectory: inputs.workingDirectory,
      fallbacks: connectionInputs(inputs, env),
    }),
  );
  throwIfAny(problems);
  if (!listing) throw new Error('The list is missing, and no problem explains it.');
  for (const pattern of listing.unmatched)
    output.warning(`templates: ${pattern} matches no file.`, { title: 'A pattern without a file' });

  const { templates } = listing;
  const verdicts = await verdictsOf(listing, inputs, job, byCommand);
  const rows = templates.map(({ name, file, kind }, index) => ({
    ...{ name, kind, path: relative(workspace, file).replaceAll(sep, '/') },
    ...(verdicts[index] ?? { listed: true, why: '' }),
  }));
  logListing(output, rows);
  if (inputs.summary) await runner.addSummary(listingSummary(rows));
  const listed = templates.filter((_, index) => verdicts[index]?.listed ?? true);
  const matrix = matrixText(listed);
  setOutput('matrix', matrix);
  setOutput('count', String(listed.length));
  if (byCommand) {
    const document = redactDeep(listDocument(rows, matrix), runner.redact);
    await runner.writeResult('novita-templates.json', document);
  }
  return { exitCode: 0 };
}

/** What the build step of each template gets as well, unless the manifest says otherwise. */
function connectionInputs({ connection }: ListInputs, env: NodeJS.ProcessEnv): Record<string, string> {
  const given = ['domain', 'api-url'].map((name) => [name, env[`INPUT_${name.toUpperCase()}`] ?? '']);
  return { ...Object.fromEntries(given), 'api-key': connection.apiKey };
}

async function verdictsOf(
  { templates, from }: Listing,
  { changedOnly, connection }: ListInputs,
  job: Job,
  asksAll: boolean,
): Promise<Verdict[]> {
  const { event } = job.context;
  const all = (why: string): Verdict[] => templates.map(() => ({ listed: true, why }));
  const connect =
    ({ inputs }: ListedTemplate): Connect =>
    (signal) =>
      job.clients.connect(inputs.connection, signal);
  // What is closed or deleted is cleaned up, whatever it changed.
  if (event.removed && changedOnly !== 'false') return all(`the event is ${describeEvent(event)}`);
  if (changedOnly === 'false' || (changedOnly === 'auto' && event.kind !== 'pull_request')) {
    const cause = changedOnly === 'false' ? 'changed-only is false' : 'all are, except on pull requests';
    if (!asksAll || connection.apiKey === '' || event.removed) return all(cause);
    const found = await findPublications(templates, connect, job);
    return found.map(({ why, ...rest }) => ({ ...rest, listed: true, why: `${cause}; ${why}` }));
  }
  if (connection.apiKey === '')
    return changedByFiles(templates, 'manifest' in from ? from.manifest : undefined, job);
  return changedByContent(templates, connect, job);
}
