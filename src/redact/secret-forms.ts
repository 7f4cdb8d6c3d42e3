import { parseJson } from '../json.ts';
import { plainView, withoutUnseen } from './text-view.ts';

/** Shorter texts occur in too many harmless places. */
export const longEnough = 8;

/** Fields of an account's file, and headers of a key, that are not secret. */
const harmless =
  /^(?:proc-type|dek-info)$|(?:^|[_-])(?:type|id|email|uri|url|domain|audience|project|region|name|account|version|format)$/i;

/**
 * The secret pieces of a text of several lines or of JSON: values of JSON, without fields such as `project_id` and
 * `token_uri`, and lines, without braces and the headers of a key in PEM. None for any other text. Every piece is one
 * line of at least {@link longEnough} characters.
 */
export function secretPieces(secret: string): string[] {
  const values = jsonValues(secret);
  const texts = values ?? (/[\r\n]|\\n/.test(secret) ? [secret] : []);
  const pieces = texts.flatMap((text) => text.split(/\r\n|\r|\n|\\n/).map(secretOfLine));
  return [...new Set(pieces)].filter((piece) => piece.length >= longEnough);
}

/**
 * The texts of a secret that the runner masks. It masks each line of a text separately, so a whole JSON file would hide
 * every brace in the log and drop every output with one.
 */
export function maskedTexts(secret: string): string[] {
  const whole = secret.trim();
  const texts = /[\r\n]/.test(whole) ? secretPieces(secret) : [secret, ...secretPieces(secret)];
  return texts.filter((text) => text.trim().length >= longEnough);
}

/** The texts in JSON that may be secret; `undefined` where the text is not JSON. */
function jsonValues(text: string): string[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const value = parseJson(text);
  return value === undefined ? undefined : textsIn(value, '');
}

function textsIn(value: unknown, field: string): string[] {
  if (typeof value === 'string')
    return harmless.test(field) || /^https?:\/\/[^@]*$/.test(value) ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, field));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}

/** The secret in a line: all of it, or the value where it looks like a field of a file. */
function secretOfLine(line: string): string {
  const text = line.trim();
  if (text.startsWith('-----')) return '';
  const [, name, value = ''] = /^["']?([a-z][\w.-]{0,60})["']?\s*(?::|=(?!=*$))\s*(.+)$/i.exec(text) ?? [];
  if (name === undefined) return text;
  const bare = value.replace(/^["']|["']?,?$/g, '');
  return harmless.test(name) || bare.startsWith('-----') ? '' : bare;
}

/** One way in which a secret may be written. */
export interface SecretForm {
  readonly text: string;
  /** A character of base64 before or after it may have some bits of the secret. */
  readonly loose: boolean;
  /** A text may end within this form, and that part is as secret as the whole. */
  readonly cuttable: boolean;
}

/** All forms in which a secret is searched. Escapes are resolved in the text instead. */
export function formsOf(secret: string): SecretForm[] {
  const pieces = secretPieces(secret);
  const plain = pieces.length === 0;
  const whole = [secret, secret.trim(), secret.toWellFormed(), withoutUnseen(plainView(secret)).text];
  const forms = new Map<string, SecretForm>();
  const add = (text: string, { loose = false, cuttable = false } = {}) => {
    if (text.length >= longEnough) forms.set(text, { text, loose, cuttable });
  };
  for (const text of new Set([...whole, secret.trim().replace(/\s+/g, ' '), ...pieces])) {
    const cuttable = plain || pieces.includes(text);
    const bytes = Buffer.from(text);
    for (const line of wraps(bytes.toString('base64'))) add(line);
    for (const own of alignments(bytes)) {
      add(own, { loose: true, cuttable });
      // Kubernetes stores logins in base64 twice.
      if (cuttable) for (const twice of alignments(Buffer.from(own))) add(twice, { loose: true });
    }
    for (const hex of [bytes.toString('hex'), bytes.toString('hex').toUpperCase()]) add(hex, { cuttable });
    // As web forms write it.
    add(text.replaceAll(' ', '+'));
    add(text, { cuttable });
  }
  if (!/\s/.test(secret)) for (const line of wraps(secret)) add(line);
  return [...forms.values()];
}

/** A text in base64 at every offset within a longer text, in both alphabets. */
function alignments(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const base64 = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const first = Math.ceil((before * 8) / 6);
    const own = base64.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The lines into which `base64` and `openssl` break a long text. */
function wraps(base64: string): string[] {
  return [64, 76].flatMap((width) =>
    base64.length > width ? (base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? []) : [],
  );
}
