import { nameProblems, tagMistake } from '../../api/names.ts';
import { cpuRule, defaultMemoryMb, memoryRule } from '../../api/sandbox-size.ts';
import type { CiEvent } from '../../ci/event.ts';
import type { DefinitionSettings, Setting } from '../../definition/definition.ts';
import type { BuildInputs, SettledInputs } from '../../inputs/build.ts';
import type { Problem, SourceLocation } from '../../problem.ts';

export interface Settled {
  readonly settled: SettledInputs;
  /** For the log: what came from the definition, and where an input says something else. */
  readonly lines: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Settles what both the inputs and the definition may say: an input wins, else the definition, else the default.
 *
 * Tags of a definition are used as the input `tags` is, so the same rules protect `latest`, `default` and versions. The
 * build of a pull request or merge group gets the tags of its event instead: two previews with one tag would replace
 * each other.
 *
 * @param settings - absent when it could not be read
 * @param show - a place as the log shows it
 */
export function settleInputs(
  inputs: BuildInputs,
  settings: DefinitionSettings | undefined,
  { kind, developer }: Pick<CiEvent, 'kind' | 'developer'>,
  show: (at: SourceLocation) => string,
): Settled {
  const { tags: saidTags, ...said } = splitName(settings ?? {});
  const lines: string[] = [];
  const problems: Problem[] = [];

  function settle<Value>(
    label: string,
    input: Value | undefined,
    setting: Setting<Value> | undefined,
    fault: (value: Value) => string | undefined = () => undefined,
  ): Value | undefined {
    const where = setting?.at ? show(setting.at) : 'the definition';
    if (input !== undefined) {
      if (setting && setting.value !== input)
        lines.push(`${label}: ${input}, from the input; ${where} says ${setting.value}`);
      return input;
    }
    if (!setting) return undefined;
    const message = fault(setting.value);
    if (message !== undefined)
      problems.push({ title: `${label} in the definition`, message, ...(setting.at && { at: setting.at }) });
    else lines.push(`${label}: ${setting.value}, from ${where}`);
    return setting.value;
  }

  const name = settle(
    'Name',
    inputs.name || undefined,
    said.name && { ...said.name, value: foldName(said.name.value) },
    (value) => nameProblems(value)[0]?.message,
  );
  const written = said.name?.value;
  if (inputs.name === '' && written !== undefined && written !== name)
    lines.push(`The service keeps names in lower case: ${written} is ${name}`);
  if (name === undefined && settings) {
    const message = 'is empty, and the definition names no template. Give its name, such as name: my-agent.';
    problems.push({ title: 'Input name', message });
  }
  const cpuCount = settle('CPU', inputs.cpuCount, said.cpuCount, (value) => faultOf(cpuRule, value)) ?? 2;
  const memoryMb = settle('Memory in MiB', inputs.memoryMb, said.memoryMb, (value) =>
    faultOf(memoryRule, value),
  );
  const skipCache = settle('Skip the cache', inputs.skipCache, said.skipCache) ?? false;
  if (skipCache && inputs.skipCache === undefined && inputs.reuse === 'require') {
    const message =
      'the definition skips the cache, which always builds, and the input reuse is "require", which never does. Remove one of them, or set skip-cache: false.';
    problems.push({ title: 'Input reuse', message, ...(said.skipCache?.at && { at: said.skipCache.at }) });
  }
  const logLevel = settle('Log level', inputs.logLevel, said.logLevel) ?? 'info';

  const preview = kind === 'pull_request' || kind === 'merge_group' || developer !== undefined;
  if (inputs.tags === '' && preview && saidTags) {
    lines.push(
      `Tags of the definition (${saidTags.value.join(', ')}) are not for previews: ${developer === undefined ? 'the event decides' : 'the input tags decides here'}`,
    );
  }
  const tags = settle(
    'Tags',
    inputs.tags
      .split(/[\n,]/)
      .map((tag) => tag.trim())
      .join(', ') || undefined,
    preview || !saidTags ? undefined : { ...saidTags, value: saidTags.value.join(', ') },
    () => saidTags?.value.map(tagMistake).find((mistake) => mistake !== undefined),
  );
  return {
    settled: {
      ...inputs,
      name: name ?? '',
      tags: inputs.tags || (tags ?? ''),
      cpuCount,
      memoryMb: memoryMb ?? defaultMemoryMb(cpuCount),
      skipCache,
      ...(skipCache && { reuse: 'never' }),
      logLevel,
    },
    lines,
    problems,
  };
}

/** A name with a tag, `my-agent:v1`, is the way in which the SDK also takes tags. */
function splitName(settings: DefinitionSettings): DefinitionSettings {
  const { name, tags } = settings;
  if (!name?.value.includes(':')) return settings;
  const [alias = '', ...rest] = name.value.split(':');
  const own = [rest.join(':'), ...(tags?.value ?? [])].filter((tag) => tag !== '');
  return { ...settings, name: { ...name, value: alias }, tags: { ...(tags ?? name), value: own } };
}

/** The service changes a name to lower case, so a definition may write it otherwise. Other names stay as they are. */
function foldName(name: string): string {
  const folded = name.toLowerCase();
  return nameProblems(folded).length === 0 ? folded : name;
}

function faultOf(rule: { accepts: (value: number) => boolean; expected: string }, value: number) {
  return rule.accepts(value) ? undefined : `found ${value}, expected ${rule.expected}.`;
}
