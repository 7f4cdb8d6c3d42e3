import { isAbsolute, relative, resolve, sep } from 'node:path';
import { nameProblems } from '../api/names.ts';
import { discoverDefinition } from '../definition/discover.ts';
import type { KindName } from '../definition/kinds.ts';
import { type BuildInputs, readBuildInputs } from '../inputs/build.ts';
import { variableOf } from '../inputs/unknown.ts';
import { type Problem, ProblemsError, quote, type SourceLocation } from '../problem.ts';
import { nameInConfig, recipeName } from './recipe-name.ts';

/** One template of a repository, with what its build is to be given. */
export interface ListedTemplate {
  readonly name: string;
  /** Input of the build action → its text. The name is one of them. */
  readonly values: ReadonlyMap<string, string>;
  /** The same as the build action reads them. */
  readonly inputs: BuildInputs;
  /** Absolute path of its definition. */
  readonly file: string;
  readonly kind: KindName;
  /** Its line in the manifest. */
  readonly at?: SourceLocation;
}

/** A template as it is written, before its values are checked. */
export interface WrittenTemplate {
  readonly values: ReadonlyMap<string, string>;
  /** Where it stands, or one of its values. Absent for a file that a pattern found. */
  readonly at?: (key?: string) => SourceLocation;
}

/** What the job gives to all entries. */
export interface EntryContext {
  /** Absolute path that `working-directory` is relative to. */
  readonly workspace: string;
  /** The runner's variables. Their inputs are those of this action, and do not count for a build. */
  readonly env: NodeJS.ProcessEnv;
  /** Inputs of the build action that count where a template has none of its own: `working-directory`, `domain`, … */
  readonly fallbacks: Readonly<Record<string, string>>;
}

/** Checks templates as the build action checks its inputs. All mistakes go into `problems`, at their lines. */
export function checkedTemplates(
  written: readonly WrittenTemplate[],
  context: EntryContext,
  problems: Problem[],
): ListedTemplate[] {
  const found: Problem[] = [];
  const entries = written.flatMap((template) => checkedTemplate(template, context, found) ?? []);
  found.push(...clashes(entries, context));
  // A mistake in the defaults is found for each template.
  problems.push(...new Map(found.map((each) => [JSON.stringify(each), each])).values());
  return entries;
}

function checkedTemplate(
  { values: own, at }: WrittenTemplate,
  { workspace, env, fallbacks }: EntryContext,
  problems: Problem[],
): ListedTemplate | undefined {
  const report = (key: string, message: string): void => {
    problems.push({ title: `${at ? 'Key' : 'Input'} ${key}`, message, ...(at && { at: at(key) }) });
  };
  // The region of a template's own counts before the address that the job has for the others.
  const { 'api-url': _, ...withoutAddress } = fallbacks;
  const given = new Map([...Object.entries(own.has('domain') ? withoutAddress : fallbacks), ...own]);
  const directory = given.get('working-directory') || '.';
  let found: ReturnType<typeof discoverDefinition>;
  try {
    found = discoverDefinition(resolve(workspace, directory), given.get('template'));
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    problems.push(...error.problems.map((each) => ({ ...each, ...(at && { at: at('template') }) })));
    return undefined;
  }
  const { file } = found;
  const path = relative(workspace, file).replaceAll(sep, '/');
  const name = given.get('name') || nameInConfig(file) || recipeName(path);
  if (name === undefined) {
    const way = at
      ? 'Add name: my-agent.'
      : 'Write a manifest (novita-templates.yml) that gives it a name, or build it without a list.';
    report('name', `is empty, and the path ${path} has no folder that would give one. ${way}`);
    return undefined;
  }
  const {
    inputs,
    names,
    problems: wrong,
  } = readBuildInputs(variables(env, given.set('name', name)), {
    secretsWithheld: true,
  });
  const keys = new Map(names.map((input) => [`Input ${input}`, input]));
  for (const { title, message } of [...wrong, ...nameProblems(name)]) {
    const key = keys.get(title) ?? 'name';
    // The others are inputs of this action, which checks them itself.
    if (key === 'name' || own.has(key)) report(key, message);
  }
  const values = new Map([...own, ['name', name]]);
  const place = placeIn(workspace, directory);
  if (place !== '.') values.set('working-directory', place);
  return { ...{ name, values, inputs, file, kind: found.kind.name }, ...(at && { at: at() }) };
}

/** A folder as another machine finds it: the command hands on absolute paths. */
function placeIn(workspace: string, directory: string): string {
  if (!isAbsolute(directory)) return directory;
  const path = relative(workspace, directory).replaceAll(sep, '/');
  return path.startsWith('..') || isAbsolute(path) ? directory : path || '.';
}

function variables(env: NodeJS.ProcessEnv, values: ReadonlyMap<string, string>): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('INPUT_'));
  const inputs = [...values].map(([name, value]) => [variableOf(name), value]);
  return Object.fromEntries([...others, ...inputs]);
}

/** Builds of one name move the same tags, unless they are in different regions or have tags of their own. */
function clashes(entries: readonly ListedTemplate[], { workspace }: EntryContext): Problem[] {
  const same = Map.groupBy(entries, ({ name, inputs }) =>
    JSON.stringify([name, inputs.connection.apiUrl, inputs.tags.split(/[\n,]/).map((tag) => tag.trim())]),
  );
  return [...same.values()].flatMap(([first, ...others]): Problem[] => {
    if (!first || others.length === 0) return [];
    const all = [first, ...others];
    const files = [...new Set(all.map(({ file }) => relative(workspace, file).replaceAll(sep, '/')))];
    const at = others.find((entry) => entry.at)?.at;
    const way = at
      ? 'Give each a name, tags or a domain of its own.'
      : 'Narrow the patterns, exclude files with a pattern such as !**/build.*, or write a manifest (novita-templates.yml) that names each.';
    const message = `found ${all.length} templates with the name ${quote(first.name)}: ${listed(files)}. Their builds would take each other's tags. ${way}`;
    return [{ title: at ? 'Key name' : 'Input templates', message, ...(at && { at }) }];
  });
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}
