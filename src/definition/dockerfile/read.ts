import { posix } from 'node:path';
import { nearest } from '../../nearest.ts';
import { readCopy } from './copy.ts';
import { readArg, readEnv } from './environment.ts';
import { type Finding, mistake, notice, warning } from './finding.ts';
import { type DockerfileInstruction, readInstructions } from './instructions.ts';
import { readRun } from './run.ts';
import { foldersTo } from './sources.ts';
import { stagesOf } from './stages.ts';
import { commandOf, readHealthcheck, startOf } from './start.ts';
import { type BuilderCall, type ContextFiles, drop, knownText, newState, type State } from './state.ts';
import { Fault, jsonWords } from './words.ts';

/** A Dockerfile as calls of the SDK's builder. */
export interface DockerfileReading {
  /** The base image; absent where there is none, which is a mistake. */
  readonly base?: { readonly image: string; readonly line: number };
  /** In order, with those that begin and end every Dockerfile. */
  readonly calls: readonly BuilderCall[];
  readonly start?: { readonly command: string; readonly line: number };
  readonly ready?: { readonly command: string; readonly line: number };
  /** In the order of their lines. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a Dockerfile with BuildKit's meaning (https://docs.docker.com/reference/dockerfile/). The final stage is built,
 * together with the stages that it starts from. Docker's mistakes, and what a template cannot have, are findings.
 *
 * @param options.buildArgs values of ARG, as `docker build --build-arg` gives them
 * @param options.files the context directory; without it, names decide what is an archive
 */
export function readDockerfile(
  text: string,
  options: { readonly buildArgs?: Readonly<Record<string, string>>; readonly files?: ContextFiles } = {},
): DockerfileReading {
  const { buildArgs = {}, files } = options;
  const { directives, instructions } = readInstructions(text);
  const state = newState(directives.escaping, files);
  const { findings, calls } = state;
  const { syntax } = directives;
  if (syntax && !/(?:^|\/)docker(?:file)?(?:-upstream)?(?:[:@]|$)|\/dockerfile\b/.test(syntax.value)) {
    const line = { keyword: 'syntax', line: syntax.line };
    findings.push(
      warning(line, `${syntax.value} is not asked: the file is read as docker/dockerfile reads it.`),
    );
  }
  const { base, built, above, problems, used } = stagesOf(instructions, directives.escaping, buildArgs);
  findings.push(...problems);
  if (!base) return { calls: [], findings };

  calls.push({ method: 'setUser', user: 'root', line: base.line });
  calls.push({ method: 'setWorkdir', path: '/', line: base.line });
  for (const name of proxyArguments) {
    const value = buildArgs[name];
    if (value !== undefined) state.args.set(name, [value]);
  }
  for (const stage of built) {
    // A new ENTRYPOINT takes away the CMD of the stage that this one starts from.
    const inherited = state.cmd;
    for (const instruction of stage) {
      try {
        if (instruction.fault) throw instruction.fault;
        if (instruction.keyword === 'ARG') readArg(instruction, state, buildArgs, above);
        else if (droppedReasons[instruction.keyword]) drop(state, instruction.keyword, instruction.line);
        else read(instruction, state, inherited);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        findings.push(mistake(instruction, error.message, error.advice));
      }
    }
  }
  findings.push(...droppedFindings(state.dropped));
  findings.push(...unusedArguments(buildArgs, instructions, used, base.line));
  const { start, ready } = startOf(state);
  if (!state.userSet) calls.push({ method: 'setUser', user: 'user', line: base.line });
  if (!state.workdirSet) calls.push({ method: 'setWorkdir', path: '/home/user', line: base.line });
  if (!state.userSet || !state.workdirSet) findings.push(defaultsNotice(state, base.line));
  return {
    base,
    calls,
    ...(start && { start }),
    ...(ready && { ready }),
    findings: [...findings].sort((one, other) => one.line - other.line),
  };
}

/** Names that Docker knows without an ARG. */
const proxyArguments = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

function read(instruction: DockerfileInstruction, state: State, inherited: State['cmd']): void {
  const { keyword, text, line } = instruction;
  switch (keyword) {
    case 'RUN':
      readRun(instruction, state);
      return;
    case 'COPY':
    case 'ADD':
      readCopy(instruction, state);
      return;
    case 'ENV':
      readEnv(instruction, state);
      return;
    case 'WORKDIR': {
      const path = knownText(state, text);
      if (path === '') throw new Fault('WORKDIR has no path.', 'Add one, or remove the line.');
      if (/["`$\\%\n]/.test(path))
        throw new Fault(
          `The service cannot make the folder ${JSON.stringify(path)}.`,
          'Use a path without quotes, backslashes, dollar and percent signs.',
        );
      state.calls.push({ method: 'setWorkdir', path, line });
      state.workdir = posix.resolve(state.workdir, path);
      for (const folder of foldersTo(state.workdir)) state.folders.add(folder);
      state.workdirSet = true;
      return;
    }
    case 'USER':
      readUser(instruction, state);
      return;
    case 'SHELL': {
      const words = jsonWords(text);
      if (!words?.length)
        throw new Fault('SHELL needs a list.', 'Write it in brackets: SHELL ["/bin/bash", "-c"].');
      state.shell = words;
      return;
    }
    case 'CMD':
      state.cmd = commandOf(instruction, text, state);
      return;
    case 'ENTRYPOINT':
      state.entrypoint = commandOf(instruction, text, state);
      if (state.cmd === inherited) state.cmd = undefined;
      return;
    case 'HEALTHCHECK':
      readHealthcheck(instruction, state);
      return;
    default: {
      const near = nearest(keyword, [...keywords, ...Object.keys(droppedReasons)]);
      throw new Fault(`Docker has no instruction ${keyword}.`, near ? `Write ${near}.` : 'Remove it.');
    }
  }
}

const keywords = [
  'FROM',
  'ARG',
  'RUN',
  'COPY',
  'ADD',
  'ENV',
  'WORKDIR',
  'USER',
  'SHELL',
  'CMD',
  'ENTRYPOINT',
];

function readUser(instruction: DockerfileInstruction, state: State): void {
  const written = knownText(state, instruction.text);
  const [name = '', group] = written.split(':');
  if (name === '') throw new Fault('USER has no name.', 'Add one, or remove the line.');
  const user = name === '0' ? 'root' : name;
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(user)) {
    const found = /^\d+$/.test(user)
      ? `The service knows users by name, not by the number ${user}.`
      : `${JSON.stringify(user)} is no name of a user.`;
    throw new Fault(found, 'Write the name: USER node.');
  }
  if (group !== undefined && group !== name && group !== user) {
    const found = `The group ${group} is left out: commands have the groups that ${user} has in the image.`;
    state.findings.push(
      warning(instruction, found, `Add ${user} to it in a RUN: usermod -aG ${group} ${user}.`),
    );
  }
  state.calls.push({ method: 'setUser', user, line: instruction.line });
  state.user = user;
  state.userSet = true;
}

/** Instructions without a counterpart, and what that means. */
const droppedReasons: Readonly<Record<string, string>> = {
  EXPOSE: 'a sandbox exposes every port',
  VOLUME: 'a sandbox keeps everything on its own disk; make the folder with RUN mkdir -p if it is needed',
  LABEL: 'a template has no labels',
  MAINTAINER: 'a template has no labels',
  STOPSIGNAL: 'a sandbox ends without a signal',
  ONBUILD: 'a template has no such instructions; write it where a recipe starts from this one',
};

/** One line for all that is left out. */
function droppedFindings(dropped: ReadonlyMap<string, readonly number[]>): Finding[] {
  if (dropped.size === 0) return [];
  const parts = [...dropped].map(([what, lines]) => {
    const where = lines.length === 1 ? 'line' : 'lines';
    return `${what} (${where} ${lines.join(', ')}; ${droppedReasons[what] ?? 'the command runs without it'})`;
  });
  const line = Math.min(...[...dropped.values()].flat());
  const title = 'Instructions without a counterpart';
  return [{ severity: 'notice', title, message: `Left out: ${parts.join(', ')}.`, line }];
}

function defaultsNotice({ userSet, workdirSet }: State, line: number): Finding {
  const user = userSet ? [] : ['USER, so the sandbox runs as user'];
  const workdir = workdirSet ? [] : ['WORKDIR, so it starts in /home/user'];
  return notice({ keyword: 'FROM', line }, `There is no ${[...user, ...workdir].join(', and no ')}.`);
}

function unusedArguments(
  buildArgs: Readonly<Record<string, string>>,
  instructions: readonly DockerfileInstruction[],
  used: ReadonlySet<string>,
  line: number,
): Finding[] {
  const declared = instructions.filter(({ keyword }) => keyword === 'ARG').map(({ text }) => text);
  const unused = Object.keys(buildArgs).filter(
    (name) =>
      !used.has(name) &&
      !proxyArguments.includes(name) &&
      !declared.some((text) => new RegExp(`(?:^|\\s)${name.replace(/\W/g, '\\$&')}(?:=|\\s|$)`).test(text)),
  );
  if (unused.length === 0) return [];
  const found = `No ARG declares the build argument ${unused.join(' and ')}, so it does nothing.`;
  return [warning({ keyword: 'ARG', line }, found, `Write ARG ${unused[0]} below FROM.`)];
}
