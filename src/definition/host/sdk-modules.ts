import { registerHooks } from 'node:module';
import type { Sdk } from './load-sdk.ts';

/** Packages that are `novita-sandbox` under another name, and the class that each calls `Sandbox`. */
const names: ReadonlyArray<readonly [name: string, sandbox: string]> = [
  ['novita-sandbox', 'Sandbox'],
  ['novita-sandbox/code-interpreter', 'CodeInterpreterSandbox'],
  ['novita-sandbox/desktop', 'DesktopSandbox'],
  ['e2b', 'Sandbox'],
  ['@e2b/code-interpreter', 'CodeInterpreterSandbox'],
  ['@e2b/desktop', 'DesktopSandbox'],
];

/** Asked for by module loaders and by `await`, never by a person. */
const probed = new Set(['then', 'default', '__esModule', 'module.exports', 'toJSON']);

/**
 * The modules that a definition gets for the SDK's names: one SDK behind all of them. Reading an export
 * that the SDK does not have throws what `missing` makes of it, at the line that reads it.
 */
export function sdkModules(
  sdk: Sdk,
  missing: (module: string, name: string) => Error,
): Record<string, object> {
  return Object.fromEntries(
    names.map(([module, sandbox]) => {
      const Sandbox = sdk.exports[sandboxOf(sdk, sandbox)];
      const exports: Record<string, unknown> = { ...sdk.exports, Sandbox, default: Sandbox };
      const standIn = new Proxy(exports, {
        get(target, key) {
          if (typeof key === 'symbol' || key in target || probed.has(key)) return Reflect.get(target, key);
          throw missing(module, key);
        },
        // The loader looks for a name in the module before it takes it from the default export.
        has: (target, key) => key in target || (typeof key === 'string' && !probed.has(key)),
      });
      return [module, standIn];
    }),
  );
}

/** The same modules as source, for Node's own loader. What the SDK does not have fails to link. */
export function standInSources(sdk: Sdk): ReadonlyMap<string, string> {
  const url = JSON.stringify(sdk.url);
  return new Map(
    names.map(([module, sandbox]) => {
      const name = sandboxOf(sdk, sandbox);
      const ofSandbox = name in sdk.exports ? `export { ${name} as Sandbox } from ${url};` : '';
      return [module, `export * from ${url};${ofSandbox}`];
    }),
  );
}

function sandboxOf(sdk: Sdk, name: string): string {
  return sdk.exports[name] === undefined ? 'Sandbox' : name;
}

/**
 * Gives the same SDK to what goes past the TypeScript loader, such as `createRequire(…)('e2b')` and modules
 * that Node loads itself.
 */
export function redirectNodeImports(sdk: Sdk): void {
  const main = new Set(['novita-sandbox', 'e2b']);
  registerHooks({
    resolve: (specifier, context, next) =>
      main.has(specifier) ? { url: sdk.url, format: 'module', shortCircuit: true } : next(specifier, context),
  });
}
