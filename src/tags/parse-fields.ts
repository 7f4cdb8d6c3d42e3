/** One field of a rule's line. */
export interface Field {
  /** In lower case. Absent for a field that is not `key=value`. */
  readonly key?: string;
  /** Without quotes. */
  readonly value: string;
}

/** Why a line cannot be parsed, in words that follow the line's name. */
export interface BrokenLine {
  readonly mistake: string;
}

/**
 * Parses a line: fields separated by commas, each `key=value` or a bare value. The first `=` separates, later ones
 * belong to the value. A field or a value may be in double quotes, where commas are text and `""` is a quote. Commas
 * within `{{…}}` are text too.
 *
 * Some parsers remove one layer of quotes first. Lines written for them work here: a line that is quoted as a whole is
 * parsed again, and so is a field that is quoted twice.
 */
export function readFields(line: string): readonly Field[] | BrokenLine {
  const pieces = split(line);
  if ('mistake' in pieces) return pieces;
  const [only] = pieces;
  if (pieces.length === 1 && only?.quoted && /[,=]/.test(only.text)) return readFields(only.text);
  return pieces.filter(({ text, quoted }) => quoted || text !== '').map(({ text }) => readField(text));
}

interface Piece {
  readonly text: string;
  /** The whole field was in quotes. */
  readonly quoted: boolean;
}

function split(line: string): readonly Piece[] | BrokenLine {
  const pieces: Piece[] = [];
  let text = '';
  let quoted = false;
  for (let position = 0; position <= line.length; ) {
    const rest = line.slice(position);
    const [expression] = /^\{\{.*?\}\}\}?/.exec(rest) ?? [];
    const opensField = text.trim() === '';
    if (rest === '' || rest.startsWith(',')) {
      pieces.push({ text: quoted ? text : text.trim(), quoted });
      text = '';
      quoted = false;
      position += 1;
    } else if (rest.startsWith('"') && (opensField || /^[^=]*=\s*$/.test(text)) && !quoted) {
      const [whole, inner] = /^"((?:[^"]|"")*)"\s*(?=,|$)/.exec(rest) ?? [];
      if (whole === undefined || inner === undefined) {
        const what = `found a quote (") at ${position + 1} that is not closed before the next comma or the end`;
        return { mistake: `${what}; a quote within quotes is written twice.` };
      }
      quoted = opensField;
      text = (opensField ? '' : text) + inner.replaceAll('""', '"');
      position += whole.length;
    } else if (/^\s#/.test(rest)) {
      return {
        mistake: `found ${JSON.stringify(rest.trim())} at the end; a comment needs a separate line that starts with #.`,
      };
    } else {
      const part = expression ?? rest.slice(0, 1);
      text += part;
      position += part.length;
    }
  }
  return pieces;
}

function readField(text: string): Field {
  const [, inner] = /^"(.*)"$/.exec(text) ?? [];
  if (inner !== undefined) return readField(inner.replaceAll('""', '"'));
  const equals = text.indexOf('=');
  // An expression may hold a `=`, as in `{{date 'YYYY' tz='UTC'}}`.
  if (equals < 1 || text.slice(0, equals).includes('{{')) return { value: text.trim() };
  return { key: text.slice(0, equals).trim().toLowerCase(), value: text.slice(equals + 1).trim() };
}
