import { isRecord } from '../../../json.ts';
import type { Problem, SourceLocation } from '../../../problem.ts';
import type { DefinitionSettings, DefinitionWarning } from '../../definition.ts';
import { callerStack } from '../../stack-frames.ts';
import { levelOf } from '../build-logger.ts';
import { kindOf } from '../check-arguments.ts';
import type { Sdk } from '../load-sdk.ts';
import { isTemplate } from '../pick-export.ts';
import type { HostSession } from '../reader.ts';

/** One call of `Template.build` or `Template.buildInBackground`. */
export interface BuildCall {
  readonly template: unknown;
  readonly settings: DefinitionSettings;
  readonly at: SourceLocation;
  /** What it gives and the action does not take. */
  readonly notices: readonly DefinitionWarning[];
  /** What is wrong with its arguments. */
  readonly problems: readonly Problem[];
}

/** What a script gets of a build that the action does later. */
export interface PromisedBuild {
  readonly name: string;
  readonly alias: string;
  readonly tags: readonly string[];
  readonly templateId: string;
  readonly buildId: string;
}

const promisedTemplate = 'the-action-builds-it-later';
const promisedBuild = '00000000-0000-4000-8000-';

/** Whether a text holds an identifier that a script got for a build. */
export function isPromisedId(data: unknown): boolean {
  const text = typeof data === 'string' ? data : Buffer.isBuffer(data) ? data.toString('latin1') : '';
  return text.includes(promisedTemplate) || text.includes(promisedBuild);
}

export interface BuildCalls {
  /** All calls so far, in their order. */
  readonly calls: readonly BuildCall[];
  readonly promised: readonly PromisedBuild[];
}

/**
 * Notes the builds that a definition starts, instead of starting them. Each call gets a result of the form that the SDK
 * gives, with identifiers that mean nothing. The client's form, `new Novita().template.build()`, calls the same methods.
 *
 * @param noted called after each call
 */
export function interceptBuilds(
  { sdk, frames }: Pick<HostSession, 'sdk' | 'frames'>,
  file: string,
  noted: () => void,
): BuildCalls {
  const calls: BuildCall[] = [];
  const promised: PromisedBuild[] = [];
  const build =
    (method: string) =>
    async (template: unknown, nameOrOptions: unknown, more: unknown): Promise<PromisedBuild> => {
      const at = frames.find(callerStack()) ?? { file, line: 1 };
      const options = typeof nameOrOptions === 'string' ? more : nameOrOptions;
      const given = isRecord(options) ? options : {};
      const written = typeof nameOrOptions === 'string' ? nameOrOptions : (given['alias'] ?? given['name']);
      const problems = argumentProblems(method, template, given, at);
      const settings = settingsOf(written, given, at);
      calls.push({ template, settings, at, problems, notices: ignoredOptions(given, at) });
      const name = settings.name?.value ?? '';
      const result = {
        ...{ name, alias: name, tags: settings.tags?.value ?? [] },
        templateId: promisedTemplate,
        buildId: `${promisedBuild}${String(promised.length + 1).padStart(12, '0')}`,
      };
      promised.push(result);
      noted();
      return result;
    };
  for (const method of ['build', 'buildInBackground']) {
    for (const owner of [sdk.exports['Template'], sdk.exports['TemplateBase']])
      if (typeof owner === 'function' && method in owner) Reflect.set(owner, method, build(method));
  }
  withoutHashes(sdk);
  return { calls, promised };
}

/** Lets a script print its template: the SDK's own hashes need a package that it does not bring. */
function withoutHashes(sdk: Sdk): void {
  for (const owner of [sdk.exports['Template'], sdk.exports['TemplateBase']]) {
    const toJSON: unknown = typeof owner === 'function' ? Reflect.get(owner, 'toJSON') : undefined;
    if (typeof toJSON !== 'function') continue;
    Reflect.set(Object(owner), 'toJSON', (template: unknown) =>
      Reflect.apply(toJSON, owner, [template, false]),
    );
  }
}

function argumentProblems(
  method: string,
  template: unknown,
  options: Record<string, unknown>,
  at: SourceLocation,
): Problem[] {
  const problems: Problem[] = [];
  const wrong = (what: string, found: string, expected: string): void => {
    const title = `${method}() got ${found}`;
    problems.push({
      title,
      message: `Template.${method}: ${what} is ${found}; ${expected} is expected.`,
      at,
    });
  };
  if (!isTemplate(template)) wrong('argument 1', kindOf(template), 'a template');
  for (const field of ['cpuCount', 'memoryMB']) {
    const value = options[field];
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value)))
      wrong(field, typeof value === 'number' ? String(value) : kindOf(value), 'a number');
  }
  const tags = options['tags'];
  if (tags !== undefined && !tagsOf(tags)) wrong('tags', kindOf(tags), 'a list of strings');
  return problems;
}

function settingsOf(
  written: unknown,
  options: Record<string, unknown>,
  at: SourceLocation,
): DefinitionSettings {
  // The name may have a tag: `my-agent:v1`.
  const [, name, tag] = /^([^:]*)(?::(.+))?$/.exec(typeof written === 'string' ? written.trim() : '') ?? [];
  const tags = [...new Set([...(tag ? [tag] : []), ...(tagsOf(options['tags']) ?? [])])];
  const { cpuCount, memoryMB, skipCache, onBuildLogs } = options;
  const level = levelOf(onBuildLogs);
  return {
    ...(name && { name: { value: name, at } }),
    ...(tags.length > 0 && { tags: { value: tags, at } }),
    ...(typeof cpuCount === 'number' && { cpuCount: { value: cpuCount, at } }),
    ...(typeof memoryMB === 'number' && { memoryMb: { value: memoryMB, at } }),
    ...(typeof skipCache === 'boolean' && { skipCache: { value: skipCache, at } }),
    ...(level && { logLevel: { value: level, at } }),
  };
}

/** Options that are read, and those that only say how the SDK makes its requests. */
const expectedOptions = new Set([
  ...['alias', 'name', 'tags', 'cpuCount', 'memoryMB', 'skipCache', 'onBuildLogs'],
  ...['apiKey', 'accessToken', 'requestTimeoutMs', 'headers', 'logger', 'debug', 'signal', 'proxy'],
]);

const inputOf: Readonly<Record<string, string>> = { domain: 'domain', apiUrl: 'api-url' };

function ignoredOptions(options: Record<string, unknown>, at: SourceLocation): DefinitionWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => value !== undefined && value !== '' && !expectedOptions.has(name))
    .map(([name]) => ({
      title: `${name} is not read`,
      message: inputOf[name]
        ? `Template.build: the option ${name} is left out. Where the action builds is said by its input ${inputOf[name]}.`
        : `Template.build: the option ${name} is left out. A build has no such setting.`,
      at,
    }));
}

function tagsOf(value: unknown): string[] | undefined {
  const tags: unknown[] = Array.isArray(value) ? value : [value];
  return tags.every((tag) => typeof tag === 'string') ? tags : undefined;
}
