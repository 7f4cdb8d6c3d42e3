import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { registerHooks } from './module-hooks.ts';
import { mayAffectNext, plainModule } from './plain-module.ts';

/** A module that Node has evaluated. */
export interface Evaluated {
  readonly exports: unknown;
}

const root = 'definition:root';
const beginning = 'definition:beginning';
const begin = Symbol.for(beginning);

/** Thrown when a module needs the transformer. */
class NotPlain extends Error {}

/**
 * Imports a definition with Node's loader, if all its modules mean the same to Node as to the transformer. This saves
 * loading the transformer, which is large. Node links all modules before it evaluates the first, so a definition that
 * needs the transformer, or does not link, has not run yet.
 *
 * @param standIns source of the modules that replace others, by imported name
 * @returns undefined when the definition needs the transformer; nothing of it has run then
 * @throws any error that the definition throws
 */
export async function importNatively(
  file: string,
  standIns: ReadonlyMap<string, string>,
): Promise<Evaluated | undefined> {
  if (!registerHooks) return undefined;
  let begun = false;
  const hooks = hookModules(registerHooks, file, standIns);
  // The first module that is evaluated calls this.
  Reflect.set(globalThis, begin, () => {
    begun = true;
    Reflect.deleteProperty(globalThis, begin);
  });
  try {
    const { exports }: Evaluated = await import(/* webpackIgnore: true */ root);
    return { exports };
  } catch (error) {
    if (begun) throw error;
    return undefined;
  } finally {
    Reflect.deleteProperty(globalThis, begin);
    hooks.deregister();
  }
}

function hookModules(
  register: NonNullable<typeof registerHooks>,
  file: string,
  standIns: ReadonlyMap<string, string>,
) {
  const rootUrl = pathToFileURL(file).href;
  const sources = new Map<string, string>([
    [root, `import '${beginning}';\nexport * as exports from '${rootUrl}';`],
    [beginning, `globalThis[Symbol.for('${beginning}')]();`],
    ...[...standIns].map(([name, source]) => [standInUrl(name), source] as const),
  ]);
  const imports = new Map<string, Set<string>>();
  let affectsNext = false;
  const importsTransitively = (from: string, to: string): boolean => {
    const reached = new Set([from]);
    for (const url of reached) for (const next of imports.get(url) ?? []) reached.add(next);
    return reached.has(to);
  };

  return register({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (specifier === root || parentURL === root)
        return {
          url: parentURL === root && specifier === rootUrl ? open(file) : specifier,
          shortCircuit: true,
        };
      const dependencies = parentURL === undefined ? undefined : imports.get(parentURL);
      if (parentURL === undefined || dependencies === undefined || isBuiltin(specifier))
        return next(specifier, context);
      if (standIns.has(specifier)) return { url: standInUrl(specifier), shortCircuit: true };
      const url = open(beside(fileURLToPath(parentURL), specifier));
      // In a circle, Node throws for a name that is not yet set; the transformer gives undefined.
      if (importsTransitively(url, parentURL)) throw new NotPlain(specifier);
      dependencies.add(url);
      return { url, shortCircuit: true };
    },
    load(url, context, next) {
      const source = sources.get(url);
      return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
    },
  });

  function open(path: string): string {
    const url = pathToFileURL(path).href;
    if (sources.has(url)) return url;
    const source = sourceOf(path);
    if (source === undefined) throw new NotPlain(path);
    sources.set(url, source);
    imports.set(url, new Set());
    // The definition itself is evaluated last.
    affectsNext ||= path !== file && mayAffectNext(source);
    // Node reads all modules before it evaluates one, and does not wait for one before it evaluates the next.
    if (affectsNext && imports.size > 2) throw new NotPlain(path);
    return url;
  }
}

function standInUrl(name: string): string {
  return `definition:${name}`;
}

/** The file that a relative import names with its extension. Other imports need the transformer. */
function beside(importer: string, specifier: string): string {
  if (!/^\.{1,2}\/[\w@./+ -]+$/.test(specifier)) throw new NotPlain(specifier);
  return join(dirname(importer), specifier);
}

const languages: Readonly<Record<string, { typescript: boolean; twin?: string }>> = {
  '.ts': { typescript: true },
  '.mts': { typescript: true },
  '.js': { typescript: false, twin: '.ts' },
  '.mjs': { typescript: false, twin: '.mts' },
};

function sourceOf(path: string): string | undefined {
  const extension = extname(path);
  const language = languages[extension];
  if (!language || path.split(sep).includes('node_modules') || !isFile(path)) return undefined;
  const twin = language.twin && path.slice(0, -extension.length) + language.twin;
  if (twin !== undefined && isFile(twin)) return undefined;
  // Node and the transformer name a linked module differently.
  if (realpathSync(path) !== path) return undefined;
  return plainModule(readFileSync(path, 'utf8'), language.typescript);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
