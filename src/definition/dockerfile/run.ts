import { mistake, warning } from './finding.ts';
import { type DockerfileInstruction, type Flag, joinMarks } from './instructions.ts';
import { defaultShell, execCommand, shellCommand, tidyBlanks } from './shell.ts';
import { drop, exportsOf, type State } from './state.ts';
import { Fault, filled, jsonWords } from './words.ts';

/** RUN in both forms, and with here-documents. */
export function readRun(instruction: DockerfileInstruction, state: State): void {
  readFlags(instruction, state);
  const command = commandOf(instruction, state);
  const args = new Map(state.args);
  const path = state.path ?? [{ name: 'PATH' }];
  state.calls.push({
    method: 'runCmd',
    command: `${exportsOf(state)}${command}`,
    withPath: (base) => `${exportsOf({ args, path: filled(path, 'PATH', base) })}${command}`,
    line: instruction.line,
  });
}

function commandOf(instruction: DockerfileInstruction, state: State): string {
  const { text, hereDocuments } = instruction;
  const words = jsonWords(text);
  if (words) {
    if (words.length === 0) throw new Fault('The list of RUN is empty.', 'Name a program in it.');
    return execCommand(words);
  }
  if (text === '') throw new Fault('RUN has no command.', 'Add one, or remove the line.');
  const [document] = hereDocuments;
  if (!document) return inShell(tidyBlanks(text), instruction, state);
  if (joinMarks(text) !== document.mark) {
    const whole = hereDocuments.reduce((all, { name, raw }) => `${all}\n${raw}${name}`, text);
    return inShell(whole, instruction, state);
  }
  if (document.content.startsWith('#!')) return scriptCommand(document.name, document.content);
  return inShell(document.content.replace(/\n$/, ''), instruction, state);
}

/** What `sh` of Debian and Ubuntu does not know. */
const ofBash = /(?<![\w./$"'-])(source\s|\[\[\s|shopt\s|declare\s|pushd\s|function\s+\w+\s*[({])/;

function inShell(command: string, instruction: DockerfileInstruction, state: State): string {
  const [, word] = (state.shell === defaultShell && ofBash.exec(command)) || [];
  if (word) {
    const found = `Docker runs this with /bin/sh, which does not know ${word.trim()} on Debian and Ubuntu.`;
    const advice = 'Write SHELL ["/bin/bash", "-c"] above it.';
    state.findings.push(warning(instruction, found, advice));
  }
  const taken = takenUser.exec(command)?.[0];
  if (taken && !/\bid\s+(?:-u\s+)?user\b|\|\|\s*(?:true|:)|getent|(?:userdel|deluser)\s/.test(command)) {
    const found = `The service makes the user named user before the first step, most often with the number 1000, so ${taken} may fail.`;
    const advice = /1000/.test(taken)
      ? 'Leave the number out, or write || true after it.'
      : 'Leave it out, or write || true after it.';
    state.findings.push(warning(instruction, found, advice));
  }
  return shellCommand(command, state.shell);
}

/** A command that makes a user whose name or number is taken. */
const takenUser =
  /\b(?:useradd|adduser)\b[^;&|\n]*?(?:(?:-u|--uid)[ =]?1000\b|(?<=\s)user(?=\s*(?:$|[;&|\n])))/;

/** A here-document that begins with `#!` is a program of its own. */
function scriptCommand(name: string, content: string): string {
  return [
    `folder=$(mktemp -d) && cat > "$folder/${name}" <<'${name}'`,
    `${content}${name}`,
    `chmod 755 "$folder" "$folder/${name}" && "$folder/${name}"; status=$?; rm -rf "$folder"; exit $status`,
  ].join('\n');
}

function readFlags(instruction: DockerfileInstruction, state: State): void {
  for (const flag of instruction.flags) {
    const kept = /(?:^|,)type=(cache|tmpfs)(?:,|$)/.exec(flag.value)?.[1];
    if (flag.name === 'mount' && kept) drop(state, `--mount=type=${kept}`, instruction.line);
    const found = kept ? undefined : flagFinding(instruction, flag);
    if (found) state.findings.push(found);
  }
}

function flagFinding(instruction: DockerfileInstruction, { name, value }: Flag) {
  const flag = `--${name}${value ? `=${value}` : ''}`;
  if (name === 'network' && value === 'default') return undefined;
  if (name === 'network')
    return warning(instruction, `${flag} is left out: the command has the network of the build.`);
  if (name === 'mount') return mountFinding(instruction, flag, value);
  if (name === 'security' && value === 'sandbox') return undefined;
  return mistake(instruction, `A build has no ${flag}.`, 'Write the command so that it needs no flag.');
}

function mountFinding(instruction: DockerfileInstruction, flag: string, value: string) {
  const type = /(?:^|,)type=(\w+)/.exec(value)?.[1] ?? 'bind';
  const required = /(?:^|,)required(?:=true)?(?:,|$)/.test(value);
  if ((type === 'secret' || type === 'ssh') && !required)
    return warning(
      instruction,
      `${flag} is left out: the command runs without it, as in a docker build that gets no secret.`,
      'If it needs one, fetch what it protects in an earlier step of the job, and COPY it.',
    );
  if (type === 'secret' || type === 'ssh')
    return mistake(
      instruction,
      `A build has no secrets, and ${flag} requires one.`,
      'Fetch what needs a secret in an earlier step of the job, and COPY it.',
    );
  return mistake(
    instruction,
    `${flag} cannot be built: the files would not be there.`,
    'COPY them first, and remove them in this RUN if the template is not to keep them.',
  );
}
