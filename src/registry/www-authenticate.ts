/** One way to log in that a server offers in `WWW-Authenticate`. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By name in lower case, without quotes. The first value of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const separators = /[ \t,]*/y;
const parameter = new RegExp(`(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, 'y');
const scheme = new RegExp(`(${token})(?=[ \\t,]|$)`, 'y');
/** What schemes such as `Negotiate` have instead of parameters. */
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * The challenges of one or several `WWW-Authenticate` headers joined by commas (RFC 9110, 11.6.1). Commas separate both
 * challenges and parameters, and may be in quotes. Parsing ends at the first text that is neither.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const read = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    read(separators);
    const named = challenges.length > 0 ? read(parameter) : null;
    if (named) {
      const [, name = '', quoted, bare] = named;
      const { parameters } = challenges.at(-1) ?? { parameters: new Map() };
      const key = name.toLowerCase();
      if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
      continue;
    }
    const next = read(scheme);
    if (!next) return challenges;
    challenges.push({ scheme: (next[1] ?? '').toLowerCase(), parameters: new Map() });
    if (/[ \t]/.test(header[at] ?? '')) {
      read(/[ \t]+/y);
      read(token68);
    }
  }
}
