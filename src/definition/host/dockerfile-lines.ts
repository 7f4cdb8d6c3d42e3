/** One instruction of a Dockerfile and the line on which it starts. */
export interface DockerfileInstruction {
  readonly keyword: string;
  readonly line: number;
  readonly text: string;
}

/** The instructions of a Dockerfile in order: comments, continuation lines and here-documents are known. */
export function dockerfileInstructions(content: string): DockerfileInstruction[] {
  const lines = content.split(/\r?\n/);
  const escapeCharacter = /^\s*#\s*escape\s*=\s*`/im.test(lines.slice(0, 3).join('\n')) ? '`' : '\\';
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
    let open = continues(first, escapeCharacter);
    while (open && index < lines.length) {
      const next = lines[index] ?? '';
      index += 1;
      if (isComment(next)) continue;
      text += `\n${next}`;
      open = continues(next, escapeCharacter);
    }
    if (keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD') {
      for (const [, strip, name] of text.matchAll(/<<(-?)["']?([A-Za-z_]\w*)["']?/g)) {
        while (index < lines.length) {
          const next = lines[index] ?? '';
          index += 1;
          if ((strip ? next.replace(/^\t+/, '') : next) === name) break;
        }
      }
    }
    found.push({ keyword, line: start, text });
  }
  return found;
}

function continues(line: string, escapeCharacter: string): boolean {
  return line.trimEnd().endsWith(escapeCharacter);
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
 * Follows the SDK through a Dockerfile: tells for each builder call that the SDK makes, in order, which
 * line it comes from. USER and WORKDIR that the SDK adds by itself point at FROM.
 */
export function followDockerfile(
  instructions: readonly DockerfileInstruction[],
): (method: string, args: readonly unknown[]) => number {
  const from = instructions.find(({ keyword }) => keyword === 'FROM')?.line ?? 1;
  let calls = 0;
  let next = 0;
  return (method, args) => {
    calls += 1;
    // The SDK begins with Docker's own defaults: USER root, WORKDIR /.
    if (calls <= 2 && args[0] === (calls === 1 ? 'root' : '/')) return from;
    const names = method === 'setEnvs' ? Object.keys(Object(args[0])) : [];
    for (let index = next; index < instructions.length; index++) {
      const instruction = instructions[index];
      if (!instruction || !keywordsOf[method]?.includes(instruction.keyword)) continue;
      if (!names.every((name) => instruction.text.includes(name))) continue;
      next = index + 1;
      return instruction.line;
    }
    return from;
  };
}
