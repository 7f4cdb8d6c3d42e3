import { posix } from 'node:path';
import { quoteForShell } from '../shell-text.ts';
import { copySource, runAsRoot, type Target } from './sources.ts';
import type { State } from './state.ts';
import { Fault } from './words.ts';

/**
 * A source that ADD treats in another way than COPY: a URL is downloaded, an archive unpacked.
 *
 * @returns whether it is one
 * @throws Fault for a git repository, and for an archive whose files are to have another owner or mode
 */
export function addSource(source: string, target: Target, state: State): boolean {
  const { instruction, destination } = target;
  if (/^git@|^git:\/\/|^ssh:\/\/|^https?:\/\/[^?#]*\.git(?:[#?]|$)/.test(source)) {
    const [url = '', reference = ''] = source.split('#');
    const [branch = ''] = reference.split(':');
    const into = destination === '.' || destination === './' ? '.' : quoteForShell(destination);
    const checkout = branch ? ` && git -C ${into} checkout ${quoteForShell(branch)}` : '';
    throw new Fault(
      'ADD of a git repository cannot be built.',
      `Write RUN git clone ${quoteForShell(url)} ${into}${checkout}.`,
    );
  }
  if (/^https?:\/\//.test(source)) {
    download(source, target, state);
    return true;
  }
  const unpack = instruction.flags.find(({ name }) => name === 'unpack')?.value;
  if (unpack === 'false' || !isArchive(source, state)) return false;
  unpackArchive(source, target, state);
  return true;
}

/** ADD of a URL. Docker gives the file to root alone, and its time is that of the server. */
function download(url: string, target: Target, state: State): void {
  const { destination, mode = '600', owner } = target;
  const name = posix.basename(new URL(url).pathname);
  if (target.isFolder && name === '')
    throw new Fault(
      `${url} has no file name.`,
      'Name the file in the destination, which then ends without a slash.',
    );
  const file = quoteForShell(
    target.isFolder ? posix.join(destination, decodeURIComponent(name)) : destination,
  );
  const checksum = target.instruction.flags.find((flag) => flag.name === 'checksum')?.value;
  const commands = [`curl -fsSLR --create-dirs -o ${file} ${quoteForShell(url)}`];
  if (checksum !== undefined) {
    const [, hash] = /^sha256:([\da-f]{64})$/i.exec(checksum) ?? [];
    if (hash === undefined)
      throw new Fault(`--checksum=${checksum} is no SHA-256.`, 'Write --checksum=sha256: and 64 hex digits.');
    commands.push(`echo ${hash} ${file} | sha256sum -c -`);
  }
  commands.push(`chmod ${mode} ${file}`);
  if (owner && owner !== 'root')
    commands.push(`chown ${owner.includes(':') ? owner : `${owner}:${owner}`} ${file}`);
  runAsRoot(commands.join(' && '), target, state);
}

/** Docker goes by the content of a file. Its name must do where the file is not at hand. */
function isArchive(source: string, state: State): boolean {
  if (/[*?[]/.test(source)) return (state.files?.match(source) ?? []).some((path) => isArchive(path, state));
  if (!state.files) return /\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz)$/i.test(source);
  return state.files.kind(source.replace(/^\/+/, '')) === 'archive';
}

function unpackArchive(source: string, target: Target, state: State): void {
  const { destination, instruction } = target;
  if (target.mode || instruction.flags.some(({ name }) => name === 'chown') || /[*?[]/.test(source)) {
    throw new Fault(
      `ADD of an archive cannot be built with a pattern, an owner or a mode.`,
      'COPY the archive, and unpack it in a RUN with tar -xf.',
    );
  }
  // Not in /tmp, which does not last from step to step.
  const folder = `/opt/.dockerfile-add-${instruction.line}`;
  const file = `${folder}/${posix.basename(source)}`;
  copySource(source, { ...target, destination: file, isFolder: false }, state);
  const into = quoteForShell(destination);
  runAsRoot(
    `mkdir -p ${into} && tar -xf ${quoteForShell(file)} -C ${into} && rm -r ${folder}`,
    target,
    state,
  );
}
