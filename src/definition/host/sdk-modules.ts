import { loggerWithLevel } from './build-logger.ts';
import type { Sdk } from './load-sdk.ts';
import { registerHooks } from './module-hooks.ts';

/** Names under which a definition gets `novita-sandbox`, and the class that each exports as `Sandbox`. */
const names: ReadonlyArray<readonly [name: string, sandbox: string]> = [
  ['novita-sandbox', 'Sandbox'],
  ['novita-sandbox/code-interpreter', 'CodeInterpreterSandbox'],
  ['novita-sandbox/desktop', 'DesktopSandbox'],
  ['e2b', 'Sandbox'],
  ['@e2b/code-interpreter', 'CodeInterpreterSandbox'],
  ['@e2b/desktop', 'DesktopSandbox'],
];

/** Names that module loaders and `await` read, not the definition. */
const probed = new Set(['then', 'default', '__esModule', 'module.exports', 'toJSON']);

/**
 * The modules that a definition gets for these names, all of the same SDK. Reading an export that the SDK does not
 * have throws the error that `missing` makes, at the line that reads it.
 */
export function sdkModules(
  sdk: Sdk,
  missing: (module: string, name: string) => Error,
): Record<string, object> {
  return Object.fromEntries(
    names.map(([module, sandbox]) => {
      const Sandbox = sdk.exports[sandboxOf(sdk, sandbox)];
      const exports: Record<string, unknown> = {
        ...sdk.exports,
        ...{ Sandbox, default: Sandbox },
        ...('defaultBuildLogger' in sdk.exports && { defaultBuildLogger: loggerOf(sdk) }),
      };
      const standIn = new Proxy(exports, {
        get(target, key) {
          if (typeof key === 'symbol' || key in target || probed.has(key)) return Reflect.get(target, key);
          throw missing(module, key);
        },
        // The loader searches the module before the default export.
        has: (target, key) => key in target || (typeof key === 'string' && !probed.has(key)),
      });
      return [module, standIn];
    }),
  );
}

/** The same modules as source, for Node's loader. A name that the SDK does not export fails to link. */
export function standInSources(sdk: Sdk): ReadonlyMap<string, string> {
  const url = JSON.stringify(sdk.url);
  Object.defineProperty(globalThis, Symbol.for(logger), { value: loggerOf(sdk) });
  const ofLogger =
    'defaultBuildLogger' in sdk.exports
      ? `export const defaultBuildLogger = globalThis[Symbol.for('${logger}')];`
      : '';
  return new Map(
    names.map(([module, sandbox]) => {
      const name = sandboxOf(sdk, sandbox);
      const ofSandbox = name in sdk.exports ? `export { ${name} as Sandbox } from ${url};` : '';
      return [module, `export * from ${url};${ofSandbox}${ofLogger}`];
    }),
  );
}

const logger = 'definition:defaultBuildLogger';

/** The SDK's logger, of which the level is remembered. */
function loggerOf(sdk: Sdk): unknown {
  return loggerWithLevel(sdk.exports['defaultBuildLogger']);
}

function sandboxOf(sdk: Sdk, name: string): string {
  return sdk.exports[name] === undefined ? 'Sandbox' : name;
}

/** Gives the same SDK to modules that Node loads itself, and to `createRequire(…)('e2b')`. */
export function redirectNodeImports(sdk: Sdk): void {
  const main = new Set(['novita-sandbox', 'e2b']);
  registerHooks?.({
    resolve: (specifier, context, next) =>
      main.has(specifier) ? { url: sdk.url, format: 'module', shortCircuit: true } : next(specifier, context),
  });
}
