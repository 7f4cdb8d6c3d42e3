import { splitWords } from './words.ts';

/** One instruction of a Dockerfile and the line on which it starts. */
export interface DockerfileInstruction {
  readonly keyword: string;
  readonly line: number;
  readonly text: string;
  /** The text after the keyword, with continuation lines joined as Docker does. */
  readonly rest: string;
  /** Names of its here-documents. */
  readonly hereDocuments: readonly string[];
}

/** The instructions of a Dockerfile in order. It supports comments, continuation lines and here-documents. */
export function dockerfileInstructions(content: string): DockerfileInstruction[] {
  const lines = content.split(/\r?\n/);
  const escaping = escapeCharacter(lines);
  const continuation = escaping === '`' ? /(?<!`)`[ \t]*$/ : /(?<!\\)\\[ \t]*$/;
  const found: DockerfileInstruction[] = [];
  let index = 0;
  const isComment = (text: string | undefined): boolean => /^\s*(#|$)/.test(text ?? '');
  while (index < lines.length) {
    const first = lines[index] ?? '';
    const start = index + 1;
    index += 1;
    const keyword = isComment(first) ? undefined : /^\s*([A-Za-z]+)\b/.exec(first)?.[1]?.toUpperCase();
    if (!keyword) continue;
    let text = first;
    let joined = first.replace(continuation, '');
    let open = continuation.test(first);
    while (open && index < lines.length) {
      const next = lines[index] ?? '';
      index += 1;
      if (isComment(next)) continue;
      text += `\n${next}`;
      joined += next.replace(continuation, '');
      open = continuation.test(next);
    }
    const rest = joined.trim().slice(keyword.length).trim();
    const documents = ['RUN', 'COPY', 'ADD'].includes(keyword) ? hereDocuments(rest, escaping) : [];
    for (const { name, strip } of documents) {
      while (index < lines.length) {
        const next = lines[index] ?? '';
        index += 1;
        if ((strip ? next.replace(/^\t+/, '') : next) === name) break;
      }
    }
    found.push({ keyword, line: start, text, rest, hereDocuments: documents.map(({ name }) => name) });
  }
  return found;
}

/** The escape character, which also continues a line: that of the directive at the top, else a backslash. */
export function escapeCharacter(lines: readonly string[]): '\\' | '`' {
  for (const line of lines) {
    const [, name, value] = /^\s*#\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) return '\\';
    if (name.toLowerCase() === 'escape') return value === '`' ? '`' : '\\';
  }
  return '\\';
}

/** A here-document is a separate word: `<<EOF`, `<<-"EOF"`, `3<<EOF`, but not `<<<x` or `$((1<<n))`. */
function hereDocuments(rest: string, escaping: string): { name: string; strip: boolean }[] {
  return splitWords(rest, escaping).flatMap((word) => {
    const [, dash, name = ''] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
    return name === '' ? [] : [{ name: name.replace(/["']/g, ''), strip: dash === '-' }];
  });
}

const keywordsOf: Readonly<Record<string, readonly string[]>> = {
  runCmd: ['RUN'],
  copy: ['COPY', 'ADD'],
  setWorkdir: ['WORKDIR'],
  setUser: ['USER'],
  setEnvs: ['ENV', 'ARG'],
  setStartCmd: ['CMD', 'ENTRYPOINT'],
};

/**
 * Follows the SDK through a Dockerfile: finds for each of its builder calls, in order, the instruction that it comes
 * from. USER and WORKDIR calls that the SDK adds have no instruction.
 */
export function followDockerfile(
  instructions: readonly DockerfileInstruction[],
): (method: string, args: readonly unknown[]) => DockerfileInstruction | undefined {
  let calls = 0;
  let next = 0;
  return (method, args) => {
    calls += 1;
    // The SDK begins with Docker's defaults: USER root, WORKDIR /.
    if (calls <= 2 && args[0] === (calls === 1 ? 'root' : '/')) return undefined;
    const names = method === 'setEnvs' ? Object.keys(Object(args[0])) : [];
    for (let index = next; index < instructions.length; index++) {
      const instruction = instructions[index];
      if (!instruction || !keywordsOf[method]?.includes(instruction.keyword)) continue;
      if (!names.every((name) => instruction.text.includes(name))) continue;
      next = index + 1;
      return instruction;
    }
    return undefined;
  };
}
