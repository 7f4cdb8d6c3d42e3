import { quote } from '../../problem.ts';
import { collapseBlanks, quoteForShell, readShell } from '../shell-text.ts';
import { type Loss, mistake, type Reading, sentText, warning } from './loss.ts';
import { type Flag, jsonWords } from './words.ts';

const inScript =
  'Put it into a script beside the Dockerfile, and write COPY setup.sh /opt/setup.sh and RUN sh /opt/setup.sh.';

/** RUN: the SDK joins its words with single blanks, drops escapes and flags, and does not support the exec form. */
export function runLosses(reading: Reading): Loss[] {
  const { instruction, flags, text } = reading;
  const losses = flags.map(runFlagLoss).filter((loss) => loss !== undefined);
  if (text === '') return losses;
  if (instruction.hereDocuments.length > 0) {
    return [
      ...losses,
      mistake(
        'The SDK joins the lines of a here-document into one, so the command does something else.',
        inScript,
      ),
    ];
  }
  const words = jsonWords(text);
  if (words) {
    const command = words.map(quoteForShell).join(' ');
    const instead = survives(command) ? `Write RUN ${command}.` : inScript;
    return [
      ...losses,
      mistake(
        'The SDK passes the exec form to the shell as it is written, with its brackets and commas.',
        instead,
      ),
    ];
  }
  const changed = textLoss(reading);
  return changed ? [...losses, mistake(changed, inScript)] : losses;
}

/** What the SDK loses from a shell command, as a sentence. */
function textLoss(reading: Reading): string | undefined {
  const { text, escaping } = reading;
  const sent = sentText(reading);
  if (sent === undefined) return 'The SDK leaves it out.';
  if (collapseBlanks(text) === collapseBlanks(sent)) return undefined;
  const cause = text.includes(escaping)
    ? `The SDK removes each ${escaping} that ends no line`
    : 'The SDK reduces several blanks to one, even in quotes';
  return `${cause}: the shell would get ${quote(sent)}.`;
}

function runFlagLoss({ name, value }: Flag): Loss | undefined {
  const flag = `--${name}${value ? `=${value}` : ''}`;
  const leftOut = `The SDK leaves out ${flag}`;
  if (name === 'network' && value === 'default') return undefined;
  if (name === 'network')
    return warning(`${leftOut}: the command runs with the network of the build.`, 'Leave the flag out.');
  const type = name === 'mount' ? (/(?:^|,)type=(\w+)/.exec(value)?.[1] ?? 'bind') : name;
  switch (type) {
    case 'cache':
    case 'tmpfs':
      return warning(
        `${leftOut}: the command runs without it.`,
        'Leave the flag out, unless the file is for Docker as well.',
      );
    case 'secret':
    case 'ssh':
      return mistake(
        `${leftOut}: a build has no secrets.`,
        'Fetch what needs a secret in an earlier step of the job, and COPY it.',
      );
    case 'bind':
      return mistake(`${leftOut}: the files would not be there.`, 'COPY them first.');
    default:
      return mistake(
        `${leftOut}, and a build has no such thing.`,
        'Write the command so that it needs no flag.',
      );
  }
}

/** Whether the SDK keeps a command as it is. */
function survives(command: string): boolean {
  return !/[\\\n]|[ \t]{2}/.test(command);
}

/** A CMD or ENTRYPOINT that the SDK turns into the start command. */
export function startLosses(reading: Reading): Loss[] {
  const { text } = reading;
  const sent = sentText(reading);
  const words = jsonWords(text);
  if (words === undefined) {
    const changed = text === '' ? undefined : textLoss(reading);
    return changed ? [mistake(changed, 'Put the command into a script, COPY it, and start that.')] : [];
  }
  const got = sent === undefined ? [] : plainWords(sent);
  if (got && got.length === words.length && got.every((word, index) => word === words[index])) return [];
  const command = words.map(quoteForShell).join(' ');
  const instead = survives(command)
    ? `Write ${reading.keyword} ${command}.`
    : 'Give the command with setStartCmd() in the definition.';
  return [
    mistake(
      `The SDK joins the words of the exec form without quotes: the shell would get ${quote(sent ?? '')}.`,
      instead,
    ),
  ];
}

/** The words of a command without any shell syntax; `undefined` for another command. */
function plainWords(command: string): readonly string[] | undefined {
  const { words, active, open } = readShell(command);
  return active.length > 0 || open ? undefined : words;
}

/** What is lost when a file has ENTRYPOINT and CMD. The SDK uses only the last of them. */
export function startTogether(
  entrypoint: Reading,
  cmd: Reading,
): { reading: Reading; loss: Loss } | undefined {
  const first = jsonWords(entrypoint.text);
  const entrypointIsLast = entrypoint.instruction.line > cmd.instruction.line;
  if (first === undefined) {
    if (entrypointIsLast) return undefined;
    const found =
      'Docker ignores CMD beside an ENTRYPOINT that is a shell command, and the SDK uses only CMD.';
    return { reading: cmd, loss: mistake(found, 'Remove CMD, and write the ENTRYPOINT as CMD.') };
  }
  const second = jsonWords(cmd.text) ?? ['/bin/sh', '-c', cmd.text];
  const command = [...first, ...second].map(quoteForShell).join(' ');
  const [lost, kept] = entrypointIsLast ? [cmd, entrypoint] : [entrypoint, cmd];
  const instead = survives(command)
    ? `Write one CMD for both: CMD ${command}.`
    : 'Give the whole command with setStartCmd() in the definition.';
  return {
    reading: lost,
    loss: mistake(
      `The SDK drops ${lost.keyword} because of the ${kept.keyword} on line ${kept.instruction.line}; Docker joins the two.`,
      instead,
    ),
  };
}

const posixShells = /(?:^|\/)(?:ba|da|a|)sh$/;

/** SHELL: bash runs every RUN, for any SHELL. */
export function shellLosses({ text }: Reading): Loss[] {
  const [program = '', ...options] = jsonWords(text) ?? [];
  if (!posixShells.test(program)) {
    return [
      mistake(
        'The SDK leaves out SHELL: bash would run the commands that are written for another shell.',
        'Name that shell in each RUN that needs it.',
      ),
    ];
  }
  const set = options.filter((option) => !/^-l?c$/.test(option)).join(' ');
  const instead = set
    ? `Begin the RUN that needs it with set ${set} &&.`
    : 'Leave it out: bash runs each RUN.';
  return [warning('The SDK leaves out SHELL.', instead)];
}
