import { controls, invisible, terminalSequence } from './invisible.ts';

/** A text as it reads after escapes are resolved, with the place of every character in the original. */
export interface TextView {
  readonly text: string;
  /** The place of the characters from `from` to before `to` in the original, with invisible ones between them. */
  readonly original: (from: number, to: number) => readonly [from: number, to: number];
}

/** The text itself. */
export function plainView(text: string): TextView {
  return { text, original: (from, to) => [from, to] };
}

/** The view with each match of a pattern read as something else; the same view if nothing changes. */
function readAs(view: TextView, pattern: RegExp, meaning: (match: string) => string): TextView {
  const text = view.text.replace(pattern, meaning);
  if (text === view.text) return view;
  // Computed on demand: most texts have no secret.
  let places: Places | undefined;
  return {
    text,
    original(from, to) {
      places ??= placesOf(view, pattern, meaning);
      return [places.starts[from] ?? 0, places.ends[to - 1] ?? 0];
    },
  };
}

/** The place of each character in the original. */
interface Places {
  readonly starts: number[];
  readonly ends: number[];
}

function placesOf(view: TextView, pattern: RegExp, meaning: (match: string) => string): Places {
  const places: Places = { starts: [], ends: [] };
  const add = (from: number, to: number, characters: number) => {
    const [start, end] = view.original(from, to);
    for (let count = 0; count < characters; count += 1) {
      places.starts.push(start);
      places.ends.push(end);
    }
  };
  let done = 0;
  const keep = (to: number) => {
    for (; done < to; done += 1) add(done, done + 1, 1);
  };
  for (const { 0: match, index } of view.text.matchAll(pattern)) {
    keep(index);
    done += match.length;
    add(index, done, meaning(match).length);
  }
  keep(view.text.length);
  return places;
}

const unseen = new RegExp(
  [terminalSequence.source, `(?![\\r\\n])${controls.source}`, invisible.source].join('|'),
  'gu',
);

/** Without sequences for a terminal, control characters and invisible ones. */
export function withoutUnseen(view: TextView): TextView {
  return readAs(view, unseen, () => '');
}

const backslashes = /\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[\\"'`/!#$%&()*+,.:;<=>?@[\]^_{|}~ -]|\\[bfnrtv]/gi;
const percents = /%[0-7][0-9a-f]|(?:%[89a-f][0-9a-f])+/gi;
const entities = /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});/gi;

const named: Readonly<Record<string, string>> = {
  ...{ '\\b': '\b', '\\f': '\f', '\\n': '\n', '\\r': '\r', '\\t': '\t', '\\v': '\v' },
  ...{ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" },
};

/**
 * Each resolves one level of escapes: of JSON, shells and Markdown, of addresses, of HTML, or of all at once. They are
 * separate because a secret may contain what looks like an escape of another kind.
 */
export const escapeReaders = [
  backslashes,
  percents,
  entities,
  new RegExp([backslashes, percents, entities].map(({ source }) => source).join('|'), 'gi'),
].map((pattern) => (view: TextView) => readAs(view, pattern, meaning));

function meaning(match: string): string {
  const lower = match.toLowerCase();
  const character = named[lower];
  if (character !== undefined) return character;
  if (/^\\[ux]./.test(lower)) return String.fromCharCode(Number.parseInt(lower.slice(2), 16));
  if (match.startsWith('\\')) return match.slice(1);
  if (match.startsWith('%')) return Buffer.from(match.replaceAll('%', ''), 'hex').toString('utf8');
  const code = lower.startsWith('&#x') ? Number.parseInt(lower.slice(3), 16) : Number(lower.slice(2, -1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : match;
}

/** As one line: line breaks and the blanks around them read as nothing, or all blanks in a row as one. */
export function onOneLine(view: TextView, between: '' | ' '): TextView {
  return readAs(view, /\s+/g, (blanks) => (between === '' && !/[\r\n]/.test(blanks) ? blanks : between));
}
