import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ProblemsError, problem } from '../../../problem.ts';
import { placeholderKey, placeholderNames } from '../placeholder-key.ts';
import type { ReadKind } from '../reader.ts';
import { assemble } from './assemble.ts';
import { drive } from './drive.ts';
import { asProblem, explainFailure, explainSilence } from './explain.ts';
import { installSdk } from './install-sdk.ts';
import { findInterpreter } from './interpreter.ts';
import { leftUndone, pickBuild } from './pick-build.ts';
import { shellWarnings } from './shell-warnings.ts';

/** The SDK's version in the lock file. */
const lockedSdk = '2.1.1';

/** Evaluates a Python file with Python, and chooses its template or its build. */
export const readPython: ReadKind = async (request, session) => {
  const { file, workingDirectory, committedOnly } = request;
  const { files, phase } = session;
  const ours = folderOfDriver(session.ownFolders);
  const at = { file, line: 1 };
  await session.watched;
  const python = await findInterpreter(request);
  let sdkFolder: string | undefined;
  if (python.sdk === undefined) {
    phase({ name: 'installing', what: `novita-sandbox ${lockedSdk} for ${python.path}` });
    sdkFolder = await installSdk(python, request, join(ours, 'requirements.lock'));
    phase({ name: 'starting' });
  }
  const version = python.sdk ?? lockedSdk;
  const sdkName = `novita-sandbox ${version} for Python`;
  const place = { file, workingDirectory, sdkName };

  const answer = await drive({
    python: python.path,
    driver: join(ours, 'recipe_driver'),
    guarded: committedOnly !== undefined,
    workingDirectory,
    request: {
      file,
      workingDirectory,
      ...(sdkFolder !== undefined && { sdkFolder }),
      ...(request.exportName && { exportName: request.exportName }),
      ...(request.args !== undefined && { args: request.args }),
      ...(committedOnly && { committedOnly: committedOnly.root }),
      memoryMb: memoryLimitMb(),
      placeholder: placeholderKey,
      placeholders: placeholderNames,
    },
    check: (path) => files?.checkSource(path),
    on: (message) => {
      if (message.type === 'calling') phase({ name: 'calling', exportName: message.name });
      else phase({ name: 'evaluating', ...(message.type === 'at' && { at: message.at }) });
    },
  });
  if (!('type' in answer)) throw new ProblemsError([explainSilence(answer, place)]);
  if (answer.type === 'failure') throw new ProblemsError([explainFailure(answer.failure, place)]);
  if (answer.type === 'sdk')
    throw problem(
      answer.old ? 'The installed SDK is too old' : 'The SDK does not load',
      answer.old
        ? `novita-sandbox ${version} is installed for ${python.path}, and cannot build templates as 2.1 does (${answer.reason}). Run pip install --upgrade novita-sandbox, or uninstall it: then the action installs its own copy for the run.`
        : `Importing novita_sandbox ${version} with ${python.path} failed: ${answer.reason}. Install it anew, or uninstall it: then the action installs its own copy for the run.`,
      at,
    );
  const [first, ...rest] = answer.problems.map(asProblem);
  if (first) throw new ProblemsError([first, ...rest]);
  if (answer.type === 'problems') throw new Error('The driver in Python reports no problem.');

  const { fields, exportName, settings } = pickBuild(answer, file, request.name);
  const own = relative(workingDirectory, python.path);
  const shown = own.startsWith('..') ? python.path : own;
  return {
    template: assemble(fields, session),
    ...(exportName !== undefined && { exportName }),
    settings,
    warnings: shellWarnings(fields),
    notices: leftUndone(answer),
    readBy: `Python ${python.version} (${shown}), novita-sandbox ${version}, ${sdkFolder ? 'installed for this run' : 'installed there'}`,
  };
};

/** The same path beside the sources and in the bundle. */
function folderOfDriver(ownFolders: readonly string[]): string {
  const folders = ownFolders.map((folder) => join(folder, 'python'));
  const found = folders.find((folder) => existsSync(join(folder, 'recipe_driver')));
  if (found === undefined) throw new Error('The driver for Python is not beside the bundle.');
  return found;
}

/** The limit that Node.js has in this process. */
function memoryLimitMb(): number {
  const flag = process.execArgv.find((arg) => arg.startsWith('--max-old-space-size='));
  return Number(flag?.replace(/^.*=/, '') ?? 2048);
}
