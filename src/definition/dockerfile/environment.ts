import { looksSecret } from '../../recipe/secret-names.ts';
import { mistake, warning } from './finding.ts';
import type { DockerfileInstruction } from './instructions.ts';
import { readWord } from './read-word.ts';
import type { State } from './state.ts';
import { environmentValue, Fault, filled, plainText, splitWords, unknownNames, type Word } from './words.ts';

/** ARG names that BuildKit sets, with their values for a template. */
export const platformArguments: Readonly<Record<string, string>> = {
  TARGETPLATFORM: 'linux/amd64',
  TARGETOS: 'linux',
  TARGETARCH: 'amd64',
  TARGETVARIANT: '',
  BUILDPLATFORM: 'linux/amd64',
  BUILDOS: 'linux',
  BUILDARCH: 'amd64',
  BUILDVARIANT: '',
};

/** Variables that a shell sets by itself, and Docker does not. */
export const ofShells =
  /^(?:HOME|USER|LOGNAME|PWD|OLDPWD|SHELL|SHLVL|HOSTNAME|TERM|UID|EUID|PPID|RANDOM|SECONDS|LINENO|IFS|OPTIND|PS4|HOSTTYPE|MACHTYPE|OSTYPE|_|BASH\w*)$/;

/** ENV: a step of the build, and the environment of every sandbox. */
export function readEnv(instruction: DockerfileInstruction, state: State): void {
  const words = splitWords(instruction.text, state.escaping);
  const [first = ''] = words;
  const settings = new Map<string, Word>();
  if (!first.includes('=')) {
    // The old form: everything after the name is the value.
    const [, name = '', value = ''] = /^(\S+)\s+([\s\S]*)$/.exec(instruction.text.trim()) ?? [];
    if (value === '') throw new Fault('ENV needs a name and a value.', 'Write ENV NAME=value.');
    settings.set(nameOf(name, state), readWord(value, state));
  } else {
    for (const word of words) {
      const equals = word.indexOf('=');
      if (equals < 1)
        throw new Fault(`${JSON.stringify(word)} has no name and value.`, 'Write ENV NAME=value.');
      settings.set(nameOf(word.slice(0, equals), state), readWord(word.slice(equals + 1), state));
    }
  }
  const envs: Record<string, string> = {};
  for (const [name, written] of settings) {
    const value = withoutShellVariables(name, written, instruction, state);
    warnOfNothingElse(name, value, instruction, state);
    envs[name] = environmentValue(value);
    state.values.set(name, value);
    state.args.delete(name);
    if (name === 'PATH') state.path = value;
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      const found = `No shell can set a variable named ${JSON.stringify(name)}: the steps of the build have it, sandboxes do not.`;
      state.findings.push(warning(instruction, found, 'Use letters, digits and underscores.'));
    }
  }
  const path = settings.has('PATH') ? state.path : undefined;
  state.calls.push({
    method: 'setEnvs',
    envs,
    ...(path && { withPath: (base: string) => environmentValue(filled(path, 'PATH', base)) }),
    line: instruction.line,
  });
}

function nameOf(written: string, state: State): string {
  const name = plainText(readWord(written, state));
  if (!name) throw new Fault(`${JSON.stringify(written)} is no name.`, 'Write ENV NAME=value.');
  return name;
}

/** Docker has none of the variables that a shell sets, unless the base image does. */
function withoutShellVariables(
  name: string,
  word: Word,
  instruction: DockerfileInstruction,
  state: State,
): Word {
  const used = unknownNames([word]).filter((variable) => ofShells.test(variable));
  if (used.length === 0) return word;
  const all = used.map((variable) => `$${variable}`).join(' and ');
  const found = `${all} in the value of ${name} is empty, as it is in Docker: no shell reads this line.`;
  state.findings.push(warning(instruction, found, 'Write the path or name itself.'));
  return word.filter((piece) => typeof piece === 'string' || !used.includes(piece.name));
}

/** The service keeps the text of a value that comes out empty, where Docker has an empty value. */
function warnOfNothingElse(name: string, word: Word, instruction: DockerfileInstruction, state: State): void {
  const [only] = unknownNames([word]);
  if (only === undefined || only === 'PATH' || word.some((piece) => typeof piece === 'string' || piece.form))
    return;
  const found = `The Dockerfile does not set ${only} above. Where the base image does not either, ${name} is the text $${only}, and with Docker it is empty.`;
  state.findings.push(warning(instruction, found, 'Set it above, or write the value.'));
}

/** A variable that ARG declares; without `value` it has no default. */
export interface Declared {
  readonly name: string;
  readonly written?: string;
}

/** @throws Fault */
export function declaredNames({ text }: DockerfileInstruction, escaping: string): readonly Declared[] {
  const words = splitWords(text, escaping);
  if (words.length === 0) throw new Fault('ARG has no name.', 'Write ARG NAME=value.');
  return words.map((word) => {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (name === '') throw new Fault(`${JSON.stringify(word)} has no name.`, 'Write ARG NAME=value.');
    return equals < 0 ? { name } : { name, written: word.slice(equals + 1) };
  });
}

/**
 * ARG in a stage: a variable for the instructions and the commands below it, which the template does not keep.
 *
 * @param above the values of ARG before the first FROM
 */
export function readArg(
  instruction: DockerfileInstruction,
  state: State,
  given: Readonly<Record<string, string>>,
  above: ReadonlyMap<string, Word>,
): void {
  const secret: string[] = [];
  for (const { name, written } of declaredNames(instruction, state.escaping)) {
    const own = given[name];
    const platform = platformArguments[name];
    const value =
      own !== undefined
        ? [own]
        : written !== undefined
          ? readWord(written, state)
          : (above.get(name) ?? (platform === undefined ? undefined : [platform]));
    if (value === undefined) continue;
    if (looksSecret(name) && plainText(value) !== '') secret.push(name);
    state.values.set(name, value);
    if (/^[A-Za-z_]\w*$/.test(name)) state.args.set(name, value);
    else
      state.findings.push(
        mistake(instruction, `No shell can set a variable named ${JSON.stringify(name)}.`, 'Rename it.'),
      );
  }
  if (secret.length === 0) return;
  const found = `The value of ${secret.join(' and ')} stands in each RUN below, so it is in the log of the build and in its steps at the service.`;
  const advice = 'Fetch what needs a secret in an earlier step of the job, and COPY it.';
  state.findings.push(warning(instruction, found, advice));
}
