/**
 * The process in which a definition is evaluated. It reads one request from standard input, loads the definition,
 * writes the result to an extra pipe and exits. It has no API key.
 */
import '../../older-node.ts';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Problem, ProblemsError, throwIfAny } from '../../problem.ts';
import type { KindName } from '../kinds.ts';
import { type HostRequest, lifelineDescriptor } from '../protocol.ts';
import { frameFinder } from '../stack-frames.ts';
import { openChannel } from './channel.ts';
import { type CommittedFiles, openCommittedFiles } from './committed-files.ts';
import { explain, watchRequests } from './explain-error.ts';
import { guardExit } from './guard-exit.ts';
import { loadSdk } from './load-sdk.ts';
import { exitWithParent } from './parent-watch.ts';
import { placeholderProblems } from './placeholder-key.ts';
import { type ReadKind, refuseArguments } from './reader.ts';
import { recordBuilder } from './recorder.ts';
import { serialize } from './serialize.ts';
import { watchOutput } from './withheld-keys.ts';

/** The reader of each kind, loaded on demand. */
const readers: Readonly<Record<KindName, () => Promise<ReadKind>>> = {
  module: async () => (await import('./module/read.ts')).readModule,
  python: async () => (await import('./python/read.ts')).readPython,
  dockerfile: async () => (await import('./dockerfile/read.ts')).readDockerfileKind,
  config: async () => (await import('./config/read.ts')).readConfig,
};

async function main(): Promise<void> {
  const watched = exitWithParent(lifelineDescriptor);
  // A definition may read its arguments.
  const [preload] = process.argv.splice(2);
  // A failure is reported when the SDK is needed.
  if (preload !== undefined)
    await import(/* webpackIgnore: true */ pathToFileURL(preload).href).catch(() => {});
  const text = readFileSync(0, 'utf8');
  // The action has ended, and needed no definition.
  if (text === '') return;
  const request = JSON.parse(text) as HostRequest;
  const { file, workingDirectory } = request;
  if (preload !== undefined) process.chdir(workingDirectory);
  const answer = openChannel(request.token);
  // Writes to these streams must block, so that no output is lost when the process ends.
  for (const stream of [process.stdout, process.stderr]) Reflect.get(stream, '_handle')?.setBlocking?.(true);
  // The user's frame can be far below those of libraries.
  Error.stackTraceLimit = 60;
  const ownFolder = dirname(process.argv[1] ?? '');

  let files: CommittedFiles | undefined;
  let sdk: Awaited<ReturnType<typeof loadSdk>>;
  try {
    if (request.committedOnly) files = openCommittedFiles(request.committedOnly, file);
    sdk = await loadSdk(file, request.bundledSdk, files === undefined && request.kind === 'module');
  } catch (error) {
    if (error instanceof ProblemsError) return answer.fail(error.problems);
    const at = { file, line: 1 };
    return answer.fail([
      { title: 'The SDK does not load', message: `Loading novita-sandbox failed: ${error}`, at },
    ]);
  }
  const sdkName = `novita-sandbox ${sdk.origin.version}`;
  const frames = frameFinder({ file, workingDirectory, foreign: [ownFolder, sdk.folder] });
  const recorder = recordBuilder(sdk.exports['TemplateBase'], frames, {
    ...(request.buildArgs && { buildArgs: request.buildArgs }),
    ...(request.contextDirectory && { contextDirectory: request.contextDirectory }),
    ...(files && { files }),
  });
  const requestStack = watchRequests();
  const printed = watchOutput();
  const fail = (found: Problem): never => answer.fail([found]);
  const failWith = (thrown: unknown): never => {
    const { missingMethods } = recorder;
    const context = {
      file,
      workingDirectory,
      frames,
      sdkName,
      missingMethods,
      requestStack,
      printed: printed(),
    };
    // A wrong argument often makes the call throw. The argument is what the user must fix.
    const [first, ...rest] = recorder.problems;
    return answer.fail(first ? [first, ...rest] : explain(thrown, context));
  };
  const expectEnd = guardExit({ file, workingDirectory, frames, printed }, fail, failWith);
  try {
    if (request.kind === 'dockerfile' || request.kind === 'config')
      refuseArguments(request, 'only a program has functions');
    const read = await readers[request.kind]();
    const choice = await read(request, {
      ...{ sdk, recorder, frames, watched, fail, expectEnd },
      ...(files && { files }),
      ownFolders: [ownFolder, dirname(request.bundledSdk)],
      phase: answer.phase,
    });
    const [first, ...rest] = [...recorder.problems, ...recorder.mistakes(choice.template)];
    if (first) answer.fail([first, ...rest]);
    const definition = await serialize(choice, {
      kind: request.kind,
      file,
      workingDirectory,
      sdk,
      recorder,
      phase: answer.phase,
    });
    throwIfAny(placeholderProblems(definition));
    // Node reports an unhandled rejection only after a turn of the event loop.
    await nextTurn();
    answer.definition(definition);
  } catch (error) {
    failWith(error);
  }
}

main();
