import { posix } from 'node:path';
import { quoteForShell } from '../shell-text.ts';
import { addSource } from './add.ts';
import { ofShells } from './environment.ts';
import { warning } from './finding.ts';
import { type DockerfileInstruction, type HereDocument, joinMarks } from './instructions.ts';
import { readWord } from './read-word.ts';
import { copySource, runAsRoot, type Target } from './sources.ts';
import { knownText, type State } from './state.ts';
import { Fault, jsonWords, unknownNames } from './words.ts';

/** COPY and ADD. */
export function readCopy(instruction: DockerfileInstruction, state: State): void {
  const words = wordsOf(instruction, state);
  const destination = words.at(-1) ?? '';
  const sources = words.slice(0, -1);
  const documents = instruction.hereDocuments;
  if (sources.length + documents.length === 0 || destination === '')
    throw new Fault(
      `${instruction.keyword} needs a source and a destination.`,
      `Write ${instruction.keyword} source destination.`,
    );
  const flags = readFlags(instruction, state);
  const endsAsFolder = destination.endsWith('/') || destination === '.';
  if (sources.length + documents.length > 1 && !endsAsFolder) {
    const found = `${JSON.stringify(destination)} does not end in a slash, as it must with several sources.`;
    throw new Fault(found, `Write ${destination}/.`);
  }
  if (/["`$\\\n]/.test(destination))
    throw new Fault(
      `The service cannot write to ${JSON.stringify(destination)}.`,
      'Use a path without quotes, backslashes and dollar signs.',
    );
  const target: Target = { instruction, destination, isFolder: endsAsFolder, ...flags };
  for (const source of sources) {
    if (instruction.keyword === 'ADD' && addSource(source, target, state)) continue;
    copySource(source, target, state);
  }
  for (const document of documents) writeDocument(document, target, state);
}

/** The words without the marks of here-documents, which stand in place of sources. */
function wordsOf({ text, hereDocuments }: DockerfileInstruction, state: State): string[] {
  const marks = hereDocuments.map(({ mark }) => mark);
  const joined = hereDocuments.length > 0 ? joinMarks(text) : text;
  const written = jsonWords(text) ?? joined.split(/\s+/).filter((word) => word && !marks.includes(word));
  return written.map((word) => knownText(state, word));
}

const octal = /^0?[0-7]{3,4}$/;

function readFlags(
  instruction: DockerfileInstruction,
  state: State,
): { readonly owner?: string; readonly mode?: string; readonly parents?: boolean } {
  let owner: string | undefined;
  let mode: string | undefined;
  for (const { name, value } of instruction.flags) {
    const flag = `--${name}${value ? `=${value}` : ''}`;
    if (name === 'from') {
      const install = /\/astral-sh\/uv\b/.test(value)
        ? 'Write RUN pip install uv'
        : 'Install what it holds in a RUN';
      throw new Fault(
        `${flag} copies from another image, and a template has only one.`,
        `${install}, or build that image first, push it, and start from it: FROM image.`,
      );
    }
    if (name === 'chown') owner = ownerOf(knownText(state, value));
    else if (name === 'chmod') mode = modeOf(knownText(state, value));
    else if (name === 'exclude')
      throw new Fault(`${flag} cannot be built.`, `Write the line ${value} into .dockerignore.`);
    else if (name === 'parents' && value !== 'false')
      throw new Fault(`${flag} cannot be built.`, 'Write a COPY with the whole destination for each source.');
    else if (!['link', 'parents', 'checksum', 'keep-git-dir', 'unpack'].includes(name))
      throw new Fault(`${instruction.keyword} has no flag ${flag}.`, 'Write it without the flag.');
  }
  const docker = state.user === 'root' ? undefined : 'root';
  const user = owner ?? docker;
  return { ...(user && { owner: user }), ...(mode && { mode }) };
}

function ownerOf(owner: string): string {
  if (!/^[\w.-]+(?::[\w.-]+)?$/.test(owner))
    throw new Fault(`--chown=${owner} names no user.`, 'Write --chown=user:group.');
  return owner;
}

function modeOf(mode: string): string {
  if (octal.test(mode) && Number.parseInt(mode, 8) > 0) return mode;
  const example = /x/.test(mode) ? '755' : '644';
  throw new Fault(`--chmod=${mode} is no octal mode.`, `Write it as a number, such as --chmod=${example}.`);
}

/** A here-document as a file. The shell fills in the variables that only the base image may set. */
function writeDocument(document: HereDocument, target: Target, state: State): void {
  const { name, content, expand } = document;
  const word = expand ? readWord(content, { ...state, keepQuotes: true }) : [content];
  const unknown = unknownNames([word]);
  if (unknown.length > 0) {
    const found = `The Dockerfile does not set ${unknown.join(' and ')} above, so the file has nothing there, unless the base image does.`;
    const advice = `Write <<'${name}' to keep dollar signs as they are.`;
    state.findings.push(warning(target.instruction, found, advice));
  }
  const text = word
    .map((piece) => {
      if (typeof piece === 'string') return unknown.length > 0 ? piece.replace(/[\\$`]/g, '\\$&') : piece;
      if (ofShells.test(piece.name)) return '';
      return piece.form ?? `\${${piece.name}}`;
    })
    .join('');
  const path = target.isFolder ? posix.join(target.destination, name) : target.destination;
  const [user, group] = (target.owner ?? 'root').split(':');
  const owner = user === 'root' && group === undefined ? '' : ` -o ${user} -g ${group ?? user}`;
  const lines = text.split('\n');
  let end = name;
  while (lines.includes(end)) end = `${end}_`;
  const mark = unknown.length > 0 ? end : `'${end}'`;
  const command = `install -D -m ${target.mode ?? '644'}${owner} /dev/stdin ${quoteForShell(path)} <<${mark}\n${text}${end}`;
  runAsRoot(command, target, state);
}
