import { existsSync, readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { problem } from '../../problem.ts';
import type { SdkOrigin } from '../definition.ts';
import { isRecord } from '../protocol.ts';

/** The SDK's exports, as far as the host needs to know them. */
export interface Sdk {
  readonly origin: SdkOrigin;
  /** Folder that holds its files, or its one file: what is in there is never the user's. */
  readonly folder: string;
  /** `file:` URL of its entry. */
  readonly url: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const packageName = 'novita-sandbox';

/**
 * Loads `novita-sandbox` as the definition would get it: the copy installed in the repository, found from
 * the definition's folder upwards, else the action's own.
 *
 * @param mayBeInstalled whether a copy of the repository counts
 * @throws ProblemsError when the repository's copy does not load or is too old
 */
export async function loadSdk(file: string, bundledSdk: string, mayBeInstalled: boolean): Promise<Sdk> {
  const installed = mayBeInstalled ? await entryOf(packageName, file) : undefined;
  if (!installed) {
    const url = pathToFileURL(bundledSdk).href;
    const exports = await importNative(url);
    return {
      origin: { from: 'action', version: reportedVersion(exports) ?? 'unknown' },
      folder: file.startsWith(dirname(bundledSdk) + sep) ? bundledSdk : dirname(bundledSdk),
      url,
      exports,
    };
  }
  const { folder, version } = packageOf(fileURLToPath(installed));
  const at = { file, line: 1 };
  const mend = `Run npm install ${packageName}@latest, or take it out of the repository: the action brings its own copy.`;
  let exports: Record<string, unknown>;
  try {
    exports = await importNative(installed);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw problem(
      'The installed SDK does not load',
      `${packageName} ${version} is installed in the repository (${folder}), but loading it failed: ${reason}. ${mend}`,
      at,
    );
  }
  const template = exports['Template'];
  if (typeof template !== 'function' || typeof Reflect.get(template, 'toJSON') !== 'function') {
    throw problem(
      'The installed SDK is too old',
      `${packageName} ${version} is installed in the repository (${folder}); it cannot build templates, 2.0.0 or newer is needed. ${mend}`,
      at,
    );
  }
  return { origin: { from: 'repository', version }, folder, url: installed, exports };
}

/** The file that Node would load for a package that this file imports, as a URL, if there is one. */
async function entryOf(name: string, file: string): Promise<string | undefined> {
  const question = 'definition:sdk';
  let found: string | undefined;
  // Node answers for another file than the asking one to hooks alone.
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== question) return next(specifier, context);
      found = nothingThrown(() => next(name, { ...context, parentURL: pathToFileURL(file).href }).url);
      return { url: 'data:text/javascript,', format: 'module', shortCircuit: true };
    },
  });
  try {
    await importNative(question);
  } finally {
    hooks.deregister();
  }
  // Only require looks into the folders of NODE_PATH.
  return found ?? nothingThrown(() => pathToFileURL(createRequire(file).resolve(name)).href);
}

function nothingThrown<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

async function importNative(url: string): Promise<Record<string, unknown>> {
  return import(/* webpackIgnore: true */ url);
}

/** The SDK says its version in the headers that it sends. */
function reportedVersion(exports: Readonly<Record<string, unknown>>): string | undefined {
  const ConnectionConfig = exports['ConnectionConfig'];
  if (typeof ConnectionConfig !== 'function') return undefined;
  try {
    const config: unknown = Reflect.construct(ConnectionConfig, [
      { domain: 'localhost', apiUrl: 'http://localhost' },
    ]);
    const headers = isRecord(config) ? config['headers'] : undefined;
    const version = isRecord(headers) ? headers['X-Novita-SDK-Version'] : undefined;
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

function packageOf(entry: string): { folder: string; version: string } {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
      if (isRecord(content) && content['name'] === packageName) {
        return { folder, version: String(content['version'] ?? 'unknown') };
      }
    }
    if (dirname(folder) === folder) return { folder: dirname(entry), version: 'unknown' };
  }
}
