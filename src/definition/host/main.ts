/**
 * The process in which a definition is evaluated. It reads one request from standard input, loads the definition,
 * writes the result to an extra pipe and exits. It has no API key.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Problem, ProblemsError, problem } from '../../problem.ts';
import { type HostRequest, lifelineDescriptor } from '../protocol.ts';
import { callerStack, frameFinder } from '../stack-frames.ts';
import { openChannel } from './channel.ts';
import { type CommittedFiles, checkNodeLoads, openCommittedFiles } from './committed-files.ts';
import { explain, watchRequests } from './explain-error.ts';
import { forbidBuilds } from './forbid-builds.ts';
import { guardExit } from './guard-exit.ts';
import { loadSdk } from './load-sdk.ts';
import { importNatively } from './native-loader.ts';
import { exitWithParent } from './parent-watch.ts';
import { chooseTemplate } from './pick-export.ts';
import { recordBuilder } from './recorder.ts';
import { redirectNodeImports, sdkModules, standInSources } from './sdk-modules.ts';
import { serialize } from './serialize.ts';

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
    sdk = await loadSdk(file, request.bundledSdk, files === undefined);
  } catch (error) {
    if (error instanceof ProblemsError) return answer.fail(error.problems);
    const at = { file, line: 1 };
    return answer.fail([
      { title: 'The SDK does not load', message: `Loading novita-sandbox failed: ${error}`, at },
    ]);
  }
  const sdkName = `novita-sandbox ${sdk.origin.version}`;
  const frames = frameFinder({ file, workingDirectory, foreign: [ownFolder, sdk.folder] });
  const recorder = recordBuilder(sdk.exports['TemplateBase'], frames);
  const requestStack = watchRequests();
  const fail = (found: Problem): never => answer.fail([found]);
  const failWith = (thrown: unknown): never => {
    const { missingMethods } = recorder;
    const context = { file, workingDirectory, frames, sdkName, missingMethods, requestStack };
    // A wrong argument often makes the call throw. The argument is what the user must fix.
    const [first, ...rest] = recorder.problems;
    return answer.fail(first ? [first, ...rest] : explain(thrown, context));
  };
  guardExit({ file, workingDirectory, frames }, fail, failWith);
  forbidBuilds(sdk, { file, workingDirectory, frames, recorder }, fail);
  redirectNodeImports(sdk);
  if (files)
    checkNodeLoads(
      files,
      [ownFolder, dirname(request.bundledSdk)].map((folder) => realpathSync(folder)),
    );

  const virtualModules = sdkModules(sdk, (module, name) =>
    problem(
      `The SDK has no ${name}`,
      `${module} is novita-sandbox here, and ${sdkName} does not export ${name}. Remove it from the definition, or use what novita-sandbox has instead.`,
      frames.find(callerStack()) ?? { file, line: 1 },
    ),
  );
  const transformed = async (): Promise<unknown> => {
    // Loaded on demand, since most definitions do not need the transformer.
    const { createLoader, importFile } = await import('./transforming-loader.ts');
    const loader = createLoader(file, virtualModules, (text) => console.error(text), files);
    answer.phase({ name: 'evaluating' });
    return importFile(loader, file);
  };
  await watched;
  try {
    // Only the transformer ensures that nothing but committed files is loaded.
    if (!files) answer.phase({ name: 'evaluating' });
    const native = files ? undefined : await importNatively(file, standInSources(sdk));
    const choice = await chooseTemplate(native ? native.exports : await transformed(), {
      file,
      ...(request.exportName ? { wanted: request.exportName } : {}),
      calling: (exportName) => answer.phase({ name: 'calling', exportName }),
    });
    const [first, ...rest] = [...recorder.problems, ...recorder.mistakes(choice.template)];
    if (first) answer.fail([first, ...rest]);
    const definition = await serialize(choice, {
      file,
      workingDirectory,
      sdk,
      recorder,
      phase: answer.phase,
    });
    // Node reports an unhandled rejection only after a turn of the event loop.
    await nextTurn();
    answer.definition(definition);
  } catch (error) {
    failWith(error);
  }
}

main();
