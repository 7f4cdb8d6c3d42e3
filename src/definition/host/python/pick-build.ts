import type { LogLevel } from '../../../api/types.ts';
import { type Problem, ProblemsError, problem, type SourceLocation } from '../../../problem.ts';
import type { DefinitionSettings, DefinitionWarning } from '../../definition.ts';
import { kindOf } from '../check-arguments.ts';
import type { Answer, Build, Fields } from './messages.ts';

type Result = Extract<Answer, { type: 'result' }>;

/** What is built, and what the recipe says about it. */
export interface Picked {
  readonly fields: Fields;
  readonly exportName?: string;
  readonly settings: DefinitionSettings;
}

/**
 * The template that is meant, and the settings of its build: the only build that the script asks for, or that of the
 * name `wanted`; without builds, the template that was chosen.
 *
 * @throws ProblemsError when several builds could be meant, or a setting is of a wrong type
 */
export function pickBuild(result: Result, file: string, wanted: string | undefined): Picked {
  const chosen = result.fields && { fields: result.fields, exportName: result.exportName };
  const builds = result.builds.map((build) => ({ ...build, fields: build.fields ?? chosen?.fields }));
  const distinct = new Map(
    builds.map((build) => [JSON.stringify([build.name, build.options, build.fields]), build]),
  );
  const fitting =
    distinct.size > 1
      ? [...distinct.values()].filter((build) => wanted && nameOf(build) === nameWithoutTag(wanted))
      : [...distinct.values()];
  const [build] = fitting;
  if (distinct.size > 1 && fitting.length !== 1) {
    const listed = builds
      .map(({ name, at }) => `${name ?? '(no name)'}${at ? ` (line ${at.line})` : ''}`)
      .join(', ');
    throw problem(
      'Several builds in one script',
      `The script asks for ${distinct.size} builds: ${listed}. Pick one with the input name:.`,
      builds[0]?.at ?? { file, line: 1 },
    );
  }
  const fields = build?.fields ?? chosen?.fields;
  if (!fields) throw new Error('The driver in Python gave neither a template nor a build.');
  const exportName = chosen?.exportName ?? build?.exportName ?? undefined;
  return { fields, ...(exportName && { exportName }), settings: build ? settingsOf(build) : {} };
}

function nameWithoutTag(name: string): string {
  return name.replace(/:.*$/s, '');
}

function nameOf(build: Pick<Build, 'name'>): string | undefined {
  return build.name === null || build.name === undefined ? undefined : nameWithoutTag(build.name);
}

const logLevels: readonly string[] = ['debug', 'info', 'warn', 'error'];

function settingsOf(build: Omit<Build, 'fields'>): DefinitionSettings {
  const at: SourceLocation | undefined = build.at ?? undefined;
  const setting = <Value>(value: Value) => ({ value, ...(at && { at }) });
  const problems: Problem[] = [];
  const { tags, cpu_count, memory_mb, skip_cache } = build.options;
  const typed = <Value>(
    name: string,
    value: unknown,
    fits: (value: unknown) => value is Value,
    expected: string,
  ) => {
    if (value === undefined || value === null) return undefined;
    if (fits(value)) return setting(value);
    problems.push({
      title: `${build.call} got ${kindOf(value)}`,
      message: `${build.call}: ${name} is ${kindOf(value)}; ${expected} is expected.`,
      ...(at && { at }),
    });
    return undefined;
  };
  const isNumber = (value: unknown): value is number => typeof value === 'number';
  const settings = {
    cpuCount: typed('cpu_count', cpu_count, isNumber, 'a number'),
    memoryMb: typed('memory_mb', memory_mb, isNumber, 'a number'),
    skipCache: typed('skip_cache', skip_cache, (value) => typeof value === 'boolean', 'True or False'),
    tags: typed(
      'tags',
      tags,
      (value): value is string[] => Array.isArray(value) && value.every((tag) => typeof tag === 'string'),
      'a list of strings',
    ),
  };
  const [first, ...rest] = problems;
  if (first) throw new ProblemsError([first, ...rest]);
  const { logLevel, name } = build;
  return {
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    ...(name && { name: setting(name) }),
    ...(logLevel && logLevels.includes(logLevel) && { logLevel: setting(logLevel as LogLevel) }),
  };
}

/** What the script does with the service, or after its build, and is not done here. */
export function leftUndone(result: Result): DefinitionWarning[] {
  const notices: DefinitionWarning[] = [];
  const [first] = result.undone;
  if (first) {
    const calls = [
      ...new Set(result.undone.map(({ call, at }) => `${call}${at ? ` (line ${at.line})` : ''}`)),
    ];
    notices.push({
      title: 'Left undone',
      message: `The action only builds: ${calls.slice(0, 8).join(', ')}${calls.length > 8 ? ', …' : ''} of the script ${calls.length === 1 ? 'is' : 'are'} left undone.`,
      ...(first.at && { at: first.at }),
    });
  }
  const { stopped } = result;
  if (stopped && stopped.exit !== 0) {
    const what =
      stopped.exit !== undefined
        ? 'sys.exit()'
        : (stopped.ended ?? `${stopped.type}${stopped.message ? `: ${stopped.message}` : ''}`);
    notices.push({
      title: 'The script ends early',
      message: `After its template was known, the script ended with ${what}. This does not change what is built.`,
      ...(stopped.at && { at: stopped.at }),
    });
  }
  return notices;
}
