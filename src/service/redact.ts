/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** Shorter ones stand in too many harmless places; they are taken out only where they are quoted as a value. */
const longEnough = 8;
const mark = '***';

/**
 * Takes secrets out of text in every form in which a service may give them back: as they are, within JSON (once and
 * twice over, and as Go writes it), in an address, as base64, and each line of one that has several.
 *
 * @param visible - what must stay readable, such as the name and tags of the template; a secret that is part of
 * such a text is no secret
 */
export function redactor(secrets: readonly string[], visible: readonly string[] = []): Redact {
  const kept = secrets.filter((secret) => maskable(secret, visible));
  const long = kept.filter((secret) => secret.length >= longEnough).flatMap(formsOf);
  const short = kept.filter((secret) => secret.length < longEnough);
  const patterns = [
    ...[...new Set(long)].sort((one, other) => other.length - one.length).map(escaped),
    ...short.map((secret) => `(?<=["'])${escaped(secret)}(?=\\\\*["'])`),
  ];
  if (patterns.length === 0) return (text) => text;
  const pattern = new RegExp(patterns.join('|'), 'g');
  return (text) => text.replace(pattern, mark);
}

/** Whether a secret can be kept out of sight without hiding something that is to be seen. */
export function maskable(secret: string, visible: readonly string[]): boolean {
  return secret.trim() !== '' && !visible.some((text) => text.includes(secret));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function formsOf(secret: string): string[] {
  const lines = secret
    .split(/\r?\n|\\n/)
    .map((line) => line.trim())
    // Headers of a key in PEM say nothing.
    .filter((line) => line.length >= longEnough && !line.startsWith('-----'));
  return [secret, ...lines].flatMap((text) => {
    const json = JSON.stringify(text).slice(1, -1);
    const forms = [
      text,
      json,
      JSON.stringify(json).slice(1, -1),
      json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
      encodeURIComponent(text.toWellFormed()),
      Buffer.from(text).toString('base64'),
    ];
    return forms.filter((form) => form.length >= longEnough);
  });
}

/** The same plain data with every string in it redacted, names of fields left alone. */
export function redactDeep<T>(value: T, redact: Redact): T {
  return walk(value, redact) as T;
}

function walk(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, redact)]));
}
