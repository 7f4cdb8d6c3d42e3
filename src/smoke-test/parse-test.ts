/** One command of a test. */
export interface TestCommand {
  /** For titles and messages: one line, or the name of the script. */
  readonly title: string;
  /** What `bash -l -c` gets. */
  readonly command: string;
}

/**
 * Reads the input `test`: one command per line, blank lines and lines that begin with `#` left out. A `\` at the end
 * continues a line. A text whose first line begins with `#!` is one script, which that interpreter runs.
 */
export function parseTest(text: string): readonly TestCommand[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('#!')) return [script(trimmed)];
  const commands: TestCommand[] = [];
  let open: string[] = [];
  const end = (): void => {
    const command = open.join('\n').trim();
    open = [];
    if (command !== '') commands.push({ title: command.replace(/\s*\\\n\s*/g, ' '), command });
  };
  for (const line of text.split(/\r?\n/)) {
    if (open.length === 0 && /^\s*(#|$)/.test(line)) continue;
    open.push(line.trimEnd());
    // An even number of them is an escaped backslash.
    const [, slashes = ''] = /(\\*)$/.exec(line.trimEnd()) ?? [];
    if (slashes.length % 2 === 0) end();
  }
  end();
  return commands;
}

/** The script goes through a file, since an interpreter reads a file, and through base64, since it may have any text. */
function script(text: string): TestCommand {
  const [first = ''] = text.split('\n');
  const encoded = Buffer.from(`${text.replaceAll('\r\n', '\n')}\n`).toString('base64');
  return {
    title: `script (${first.trim()})`,
    command: `file=$(mktemp) && printf %s ${encoded} | base64 -d > "$file" && chmod +x "$file" && "$file"`,
  };
}
