/**
 * Converts path patterns to the form of the `ignore` library: gitignore patterns anchored at the context directory. The
 * input is Docker's dialect (ignore rules) or the SDK's globs (COPY sources).
 *
 * Node's own globs do not fit: `fs.glob` and `path.matchesGlob` never match names with a leading dot, and ignore case on
 * macOS and Windows, so the same recipe would send other files there.
 */

/** A pattern's characters: escapes and bracket expressions stay whole, and so does `**` with its slash. */
const TOKEN = /\\.|\[(?:\\.|[^\]\\])+\]|\*\*\/?|./gs;
const MAX_ALTERNATIVES = 1000;
const MAX_GLUED = 3;

/** What is wrong with a pattern, if anything. The rules are those of Go's `filepath.Match`, which Docker uses. */
export function patternFault(pattern: string): string | undefined {
  for (const token of pattern.match(TOKEN) ?? []) {
    if (token === '\\') return 'it ends with a backslash that escapes nothing';
    if (token === '[') return 'the "[" is never closed; write "\\[" for the character itself';
    if (token === '[^]') return '"[^]" is an empty set of characters';
  }
  return undefined;
}

/**
 * One cleaned Docker pattern (no leading or trailing slash) as anchored gitignore patterns, any of which may match. `**`
 * is any number of directories, or none. Next to other text, as in `a**b`, it needs several gitignore patterns, since
 * gitignore reads it as `*` there. Returns `undefined` for more than three of this kind.
 */
export function fromDockerPattern(pattern: string): readonly string[] | undefined {
  // A `**` right after another has no effect.
  const tokens = (pattern.match(TOKEN) ?? []).filter(
    (token, index, all) => index === 0 || !token.startsWith('**') || !all[index + 1]?.startsWith('**'),
  );
  let glued = 0;
  let heads = ['/'];
  const append = (text: string) => {
    heads = heads.map((head) => head + text);
  };
  for (const [index, token] of tokens.entries()) {
    const rest = tokens.slice(index + 1);
    if (!token.startsWith('**')) {
      // Only `^` negates in Docker's brackets, while gitignore accepts `!` too.
      append(token.startsWith('[!') ? `[\\!${token.slice(2)}` : token);
    } else if (index > 0 && !tokens[index - 1]?.endsWith('/')) {
      if (rest.length === 0) {
        append('*');
      } else {
        glued += 1;
        if (glued > MAX_GLUED) return undefined;
        heads = heads.flatMap((head) => [head, `${head}*/**/`]);
      }
    } else if (rest.length === 0) {
      append('**');
    } else {
      // `**.log` is a plain suffix for Docker; `**x*` is not.
      const suffix = index === 0 && token === '**' && !rest.some((other) => /^[*?[\]\\]/.test(other));
      append(suffix ? '**/*' : '**/');
    }
  }
  return heads;
}

/**
 * The alternatives of a glob with braces: `*.{js,ts}` gives `*.js` and `*.ts`. Braces may nest. `{a}` and an unclosed
 * brace are literal. Returns `undefined` for a range (`{1..3}`) and for more than 1000 alternatives.
 */
export function expandBraces(pattern: string): readonly string[] | undefined {
  let pending = [pattern];
  const done: string[] = [];
  while (pending.length > 0) {
    if (pending.length + done.length > MAX_ALTERNATIVES) return undefined;
    const next: string[] = [];
    for (const candidate of pending) {
      const braces = innermostBraces(candidate);
      if (!braces) {
        if (/(?<!\\)\{-?\w+\.\.-?\w+(?:\.\.-?\d+)?\}/.test(candidate)) return undefined;
        done.push(candidate);
        continue;
      }
      for (const option of braces.options)
        next.push(candidate.slice(0, braces.start) + option + candidate.slice(braces.end));
      if (next.length + done.length > MAX_ALTERNATIVES) return undefined;
    }
    pending = next;
  }
  return [...new Set(done)];
}

/** The bounds and parts of the first pair of braces that has a comma and no such pair inside. */
function innermostBraces(pattern: string) {
  const open: { start: number; commas: number[] }[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === '\\') at += 1;
    else if (character === '{') open.push({ start: at, commas: [] });
    else if (character === ',') open.at(-1)?.commas.push(at);
    else if (character === '}') {
      const found = open.pop();
      if (!found || found.commas.length === 0) continue;
      const bounds = [found.start, ...found.commas, at];
      const options = bounds.slice(1).map((end, index) => pattern.slice((bounds[index] ?? 0) + 1, end));
      return { start: found.start, end: at + 1, options };
    }
  }
  return undefined;
}

/** Whether the piece, with its braces expanded, has no pattern characters. */
export function isLiteral(piece: string): boolean {
  return !/(?<!\\)[*?[]/.test(piece);
}

/** A literal piece of a pattern without its escapes. */
export function unescapePattern(piece: string): string {
  return piece.replace(/\\(.)/gs, '$1');
}

/**
 * Whether the anchored pattern could match something inside the directory without matching the directory itself. It is
 * true unless the pattern's literal segments or its length exclude that. It decides which directories are not read.
 *
 * @param anchored - gitignore pattern with a leading slash
 * @param directory - path relative to the context directory
 */
export function mayMatchBelow(anchored: string, directory: string): boolean {
  const names = directory.split('/');
  for (const [index, segment] of anchored.slice(1).split('/').entries()) {
    const name = names[index];
    if (name === undefined || segment === '**') return true;
    if (isLiteral(segment) && unescapePattern(segment) !== name) return false;
  }
  return false;
}
