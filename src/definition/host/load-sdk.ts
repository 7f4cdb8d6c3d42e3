import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isRecord } from '../../json.ts';
import { problem } from '../../problem.ts';
import type { SdkOrigin } from '../definition.ts';
import { registerHooks } from './module-hooks.ts';

/** The SDK that a definition uses. */
export interface Sdk {
  readonly origin: SdkOrigin;
  /** Folder of its files, or its only file. Nothing in it is the user's. */
  readonly folder: string;
  /** `file:` URL of its entry. */
  readonly url: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const packageName = 'novita-sandbox';

/**
 * Loads `novita-sandbox` as the definition would get it: the copy installed in the repository, searched from the
 * definition's folder upwards, or else the copy of the action.
 *
 * @param mayBeInstalled whether a copy in the repository may be used
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
  const fix = `Run npm install ${packageName}@latest, or remove it from the repository: the action brings its own copy.`;
  let exports: Record<string, unknown>;
  try {
    exports = await importNative(installed);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw problem(
      'The installed SDK does not load',
      `${packageName} ${version} is installed in the repository (${folder}), but loading it failed: ${reason}. ${fix}`,
      at,
    );
  }
  const template = exports['Template'];
  if (typeof template !== 'function' || typeof Reflect.get(template, 'toJSON') !== 'function') {
    throw problem(
      'The installed SDK is too old',
      `${packageName} ${version} is installed in the repository (${folder}); it cannot build templates, 2.0.0 or newer is needed. ${fix}`,
      at,
    );
  }
  return { origin: { from: 'repository', version }, folder, url: installed, exports };
}

/** The file that Node would load for a package that this file imports, as a URL, if there is one. */
async function entryOf(name: string, file: string): Promise<string | undefined> {
  const probe = 'definition:sdk';
  let found: string | undefined;
  // Only a hook can resolve a package as if another file imported it.
  const hooks = registerHooks?.({
    resolve(specifier, context, next) {
      if (specifier !== probe) return next(specifier, context);
      found = undefinedIfThrown(() => next(name, { ...context, parentURL: pathToFileURL(file).href }).url);
      return { url: 'data:text/javascript,', format: 'module', shortCircuit: true };
    },
  });
  try {
    if (hooks) await importNative(probe);
  } finally {
    hooks?.deregister();
  }
  // Only require searches the folders of NODE_PATH.
  return found ?? undefinedIfThrown(() => pathToFileURL(createRequire(file).resolve(name)).href);
}

function undefinedIfThrown<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

async function importNative(url: string): Promise<Record<string, unknown>> {
  return import(/* webpackIgnore: true */ url);
}

/** The version that the SDK sends in its headers. */
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
