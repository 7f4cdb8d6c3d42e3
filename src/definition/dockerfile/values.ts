import { isRecord } from '../../json.ts';
import { quote } from '../../problem.ts';
import { type Loss, mistake, type Reading, sentText, warning } from './loss.ts';
import { type DockerWord, dockerWord, splitWords } from './words.ts';

/** A variable that ENV or ARG sets. */
export interface Setting {
  readonly name: string;
  /** Absent in ARG without a default. */
  readonly value?: DockerWord;
}

/** The variables of an ENV or ARG in Docker's reading; `undefined` when Docker would refuse it. */
export function settingsOf({ keyword, text, escaping, values }: Reading): readonly Setting[] | undefined {
  const words = splitWords(text, escaping);
  const [first] = words;
  if (first === undefined) return undefined;
  if (keyword === 'ENV' && !first.includes('=')) {
    // The old form: everything after the name is the value.
    const value = text.slice(text.indexOf(first) + first.length).trim();
    return value === '' ? undefined : [{ name: first, value: dockerWord(value, escaping, values) }];
  }
  const settings = words.map((word): Setting => {
    const equals = word.indexOf('=');
    if (equals < 0) return { name: word };
    return { name: word.slice(0, equals), value: dockerWord(word.slice(equals + 1), escaping, values) };
  });
  if (keyword === 'ENV' && settings.some(({ value }) => !value)) return undefined;
  // The last value of a name counts.
  return [...new Map(settings.map((setting) => [setting.name, setting])).values()];
}

/** ENV: the SDK splits at every blank, keeps quotes and drops escapes. The service does not see the ENV lines above. */
export function envLosses(reading: Reading): Loss[] {
  const settings = settingsOf(reading);
  if (!settings) {
    // The SDK drops an ENV without a value, which Docker would refuse.
    const report = reading.call ? mistake : warning;
    return [report('ENV needs names and values; Docker refuses it without them.', 'Write ENV NAME=value.')];
  }
  const losses: Loss[] = [];
  const changed = settings.filter((setting) => isChanged(reading, setting));
  const plain = changed.filter(({ value }) => value && !value.dollar && /^[^\s"'\\]*$/.test(value.text));
  const other = changed.filter((setting) => !plain.includes(setting));
  if (plain.length > 0) {
    const found = `The SDK keeps the quotes of ${names(plain)}, or drops the value.`;
    losses.push(mistake(found, `Write ${names(plain)} as NAME=value, without quotes.`));
  }
  if (other.length > 0) {
    const found = `The SDK splits values at their blanks and drops escapes: ${names(other)} would be different or missing.`;
    const envs = other.map(({ name }) => `${name}: '…'`).join(', ');
    const instead = `Remove ${names(other)} from ENV, and write .setEnvs({ ${envs} }) in the definition.`;
    losses.push(mistake(found, instead));
  }
  const right = settings.filter((setting) => !changed.includes(setting));
  const referring = right.filter((setting) => declared(reading, setting).length > 0);
  if (referring.length > 0) {
    const used = [...new Set(referring.flatMap((setting) => declared(reading, setting)))].join(' and ');
    const found = `The service does not know what ENV and ARG above set: the value of ${used} may be missing in ${names(referring)}.`;
    losses.push(
      warning(found, `Write the whole value of ${names(referring)} in one ENV, without ${used} from above.`),
    );
  }
  const escaped = right.filter(({ value }) => value?.escaped);
  if (escaped.length > 0) {
    const found = `Docker removes the ${reading.escaping} in ${names(escaped)}, and so does the SDK.`;
    losses.push(warning(found, `Write it twice to keep it.`));
  }
  return losses;
}

/** ARG names that BuildKit sets, with their values. */
const platform: Readonly<Record<string, string>> = {
  TARGETPLATFORM: 'linux/amd64',
  TARGETOS: 'linux',
  TARGETARCH: 'amd64',
  TARGETVARIANT: '',
  BUILDPLATFORM: 'linux/amd64',
  BUILDOS: 'linux',
  BUILDARCH: 'amd64',
  BUILDVARIANT: '',
};

/** ARG: the SDK turns it into an ENV. `above`: the values of ARG before FROM. `envs`: the values of ENV so far. */
export function argLosses(
  reading: Reading,
  context: {
    readonly above: ReadonlyMap<string, string>;
    readonly envs: ReadonlySet<string>;
    readonly inStage: boolean;
  },
): Loss[] {
  const settings = settingsOf(reading);
  if (!settings) return [mistake('ARG needs a name.', 'Write ARG NAME=value.')];
  const changed = settings.filter((setting) => isChanged(reading, setting));
  if (changed.length > 0 && context.inStage) {
    const instead = 'Write an ARG for each name, without quotes and escapes: ARG NAME=value.';
    return [mistake(`The SDK misreads the value of ${names(changed)}.`, instead)];
  }
  for (const { name, value } of settings) {
    if (!context.inStage) break;
    const filled = context.above.get(name) ?? platform[name];
    if (!value && filled)
      return [
        mistake(`Docker would fill in ${name}, and the SDK makes it empty.`, `Write ARG ${name}=${filled}.`),
      ];
    if (context.envs.has(name))
      return [mistake(`Docker uses the ENV ${name} above, and the SDK the ARG.`, `Remove this ARG.`)];
  }
  const empty = settings.some(({ value }) => !value)
    ? ' Without a default it is empty, since a build gets no arguments.'
    : '';
  return [
    warning(
      `The SDK makes an ENV of ARG: every sandbox has ${names(settings)} in its environment.${empty}`,
      `Write ENV if the sandbox needs it, else the value itself where it is used.`,
    ),
  ];
}

function isChanged({ call }: Reading, { name, value }: Setting): boolean {
  const sent: unknown = call?.args[0];
  return !isRecord(sent) || sent[name] !== (value?.text ?? '') || value?.dollar === true;
}

function declared({ values }: Reading, { value }: Setting): readonly string[] {
  return (value?.variables ?? []).filter((name) => values.has(name));
}

function names(settings: readonly Setting[]): string {
  return [...new Set(settings.map(({ name }) => name))].join(', ');
}

/** WORKDIR and USER: the SDK uses the first word as it is. */
export function wordLosses(reading: Reading): Loss[] {
  const { keyword, text, escaping, values } = reading;
  const { text: meant, expanded, variables, dollar } = dockerWord(text, escaping, values);
  if (meant === '') return [];
  const sent = sentText(reading) ?? '';
  if (sent !== meant || dollar) {
    const found = `The SDK uses the first word, with its quotes and without its escapes: ${quote(sent)}.`;
    const method = keyword === 'USER' ? 'setUser' : 'setWorkdir';
    const plain = /^[^\s"'\\$]+$/.test(expanded);
    return [
      mistake(
        found,
        plain
          ? `Write ${keyword} ${expanded}.`
          : `Use a name without blanks, or ${method}() in the definition.`,
      ),
    ];
  }
  if (variables.length > 0) {
    const instead = expanded.includes('$') ? 'Write the value itself.' : `Write ${keyword} ${expanded}.`;
    return [
      warning(
        'The SDK does not fill in variables here, and the service does not know those of ENV and ARG.',
        instead,
      ),
    ];
  }
  if (keyword === 'USER' && meant.includes(':')) {
    return [warning('The service supports users, but no groups.', `Write USER ${meant.split(':')[0]}.`)];
  }
  return [];
}
