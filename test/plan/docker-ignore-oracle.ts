/**
 * A second, slow reading of Docker's rules, written straight from their description and sharing nothing
 * with the code under test: each pattern becomes a regular expression that is tried on the path and on
 * every directory above it; the last pattern that changes the verdict wins.
 */
export function dockerExcludes(patterns: readonly string[], path: string): boolean {
  const names = path.split('/');
  const candidates = names.map((_name, index) => names.slice(0, index + 1).join('/'));
  let excluded = false;
  for (const written of patterns) {
    const takesIn = written.startsWith('!');
    const pattern = written
      .replace(/^!/, '')
      .replace(/^(\.?\/)+/, '')
      .replace(/\/+$/, '');
    if (candidates.some((candidate) => expression(pattern).test(candidate))) excluded = !takesIn;
  }
  return excluded;
}

function expression(pattern: string): RegExp {
  const suffix = /^\*\*([^*?[\\]*)$/.exec(pattern)?.[1];
  if (suffix && !suffix.startsWith('/')) return new RegExp(`${quote(suffix)}$`);
  let text = '';
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const any = /^\*\*\/?/.exec(rest)?.[0];
    const set = /^\[\^?[a-z]+\]/.exec(rest)?.[0];
    if (any) text += any === rest ? '.*' : '(.*/)?';
    else if (rest.startsWith('*')) text += '[^/]*';
    else if (rest.startsWith('?')) text += '[^/]';
    else if (set) text += `(?!/)${set}`;
    else if (rest.startsWith('\\')) text += quote(rest.charAt(1));
    else text += quote(rest.charAt(0));
    at += (any ?? set)?.length ?? (rest.startsWith('\\') ? 2 : 1);
  }
  return new RegExp(`^${text}$`);
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
