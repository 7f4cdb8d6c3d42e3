/**
 * Path patterns, put into the one form that the `ignore` library matches: gitignore patterns anchored at
 * the context directory. Two dialects come in: Docker's (ignore rules) and the SDK's globs (COPY sources).
 *
 * Why `ignore` and not Node's own globs: `fs.glob` and `path.matchesGlob` never match names that start
 * with a dot and fold case on macOS and Windows, so the same recipe would send other files elsewhere.
 */

/** A pattern's characters: escapes and bracket expressions stay whole, and so does `**` with its slash. */
const TOKEN = /\\.|\[(?:\\.|[^\]\\])+\]|\*\*\/?|./gs;
const MAX_ALTERNATIVES = 1000;
const MAX_GLUED = 3;

/** What is wrong with a pattern, or nothing. The rules are those of Go's `filepath.Match`, which Docker uses. */
export function patternFault(pattern: string): string | undefined {
  for (const token of pattern.match(TOKEN) ?? []) {
    if (token === '\\') return 'it ends with a backslash that escapes nothing';
    if (token === '[') return 'the "[" is never closed; write "\\[" for the character itself';
    if (token === '[^]') return '"[^]" is an empty set of characters';
  }
  return undefined;
}

/**
 * Docker's meaning of one cleaned pattern (no leading or trailing slash), as anchored gitignore patterns,
 * any of which may match. `**` stands for any number of directories, none included. Glued to other text,
 * as in `a**b`, it needs more than one gitignore pattern, because there gitignore reads it as `*`.
 * Undefined when there are more than three of the glued kind.
 */
export function fromDockerPattern(pattern: string): readonly string[] | undefined {
  // One `**` straight after another says nothing more.
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
      // Only `^` negates in Docker's brackets; gitignore takes `!` as well.
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
 * Alternatives of a glob with braces: `*.{js,ts}` gives `*.js` and `*.ts`. Braces nest; `{a}` and an
 * unclosed brace stand for themselves. Undefined for a range (`{1..3}`) and above 1000 alternatives.
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

/** The first pair of braces with a comma and no such pair inside, its bounds and its parts. */
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

/** Whether the piece, its braces expanded, stands for one name only. */
export function isLiteral(piece: string): boolean {
  return !/(?<!\\)[*?[]/.test(piece);
}

/** A literal piece of a pattern without its escapes. */
export function unescapePattern(piece: string): string {
  return piece.replace(/\\(.)/gs, '$1');
}

/**
 * Whether the anchored pattern could match something inside the directory without matching the directory
 * itself: true unless the pattern's literal segments or its length say otherwise. Decides which directories
 * need not be read at all.
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
