import { realpathSync } from 'node:fs';
import { problem } from '../../../problem.ts';
import type { HostRequest } from '../../protocol.ts';
import { callerStack } from '../../stack-frames.ts';
import { checkNodeLoads } from '../committed-files.ts';
import { importNatively } from '../native-loader.ts';
import type { HostSession } from '../reader.ts';
import { redirectNodeImports, sdkModules, standInSources } from '../sdk-modules.ts';
import { dotenvModules } from './dotenv.ts';

/**
 * Evaluates a module and returns its exports.
 *
 * @param isMain whether it counts as the program that was started
 */
export async function evaluateModule(
  { file }: HostRequest,
  session: HostSession,
  isMain: boolean,
): Promise<unknown> {
  const { sdk, frames, files, ownFolders, phase } = session;
  redirectNodeImports(sdk);
  if (files)
    checkNodeLoads(
      files,
      ownFolders.map((folder) => realpathSync(folder)),
    );
  const virtualModules = sdkModules(sdk, (module, name) =>
    problem(
      `The SDK has no ${name}`,
      `${module} is novita-sandbox here, and novita-sandbox ${sdk.origin.version} does not export ${name}. Remove it from the definition, or use what novita-sandbox has instead.`,
      frames.find(callerStack()) ?? { file, line: 1 },
    ),
  );
  Object.defineProperties(virtualModules, Object.getOwnPropertyDescriptors(dotenvModules(files)));
  const transformed = async (): Promise<unknown> => {
    // Loaded on demand, since most definitions do not need the transformer.
    const { createLoader, importFile } = await import('../transforming-loader.ts');
    const loader = createLoader(file, virtualModules, (text) => console.error(text), {
      committed: files,
      isMain,
    });
    phase({ name: 'evaluating' });
    return importFile(loader, file);
  };
  await session.watched;
  // Only the transformer ensures that nothing but committed files is loaded.
  if (!files) phase({ name: 'evaluating' });
  const native = files ? undefined : await importNatively(file, standInSources(sdk));
  return native ? native.exports : transformed();
}
