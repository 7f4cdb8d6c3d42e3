import { type Span, spansOfTokens } from './address-secrets.ts';
import { formsOf, longEnough, type SecretForm } from './secret-forms.ts';
import { escapeReaders, onOneLine, plainView, type TextView, withoutUnseen } from './text-view.ts';

/** Replaces the secrets in a text. */
export type Redact = (text: string) => string;

const mark = '***';

/** A part of a secret at the end of a text counts from this length on. */
const shortestCut = 12;

/** How many levels of escapes are resolved: JSON in JSON in an address. */
const levels = 4;

/**
 * Replaces secrets in every form in which a service may return them: unchanged, with colors and invisible characters in
 * between, with the escapes of JSON, HTML and addresses, as hex, and as base64, also of a longer text. Each line of a
 * secret of several lines counts. Tokens in addresses are replaced too, whether they are among the secrets or not.
 *
 * @param visible - texts that must stay readable, such as the name and tags of the template. A secret that is part of
 * one is not replaced.
 */
export function redactor(secrets: readonly string[], visible: readonly string[] = []): Redact {
  const kept = secrets.filter((secret) => maskable(secret, visible));
  const long = kept.filter((secret) => secret.length >= longEnough).flatMap(formsOf);
  const find = finder(
    long.filter(({ text }) => maskable(text, visible)),
    visible,
  );
  const short = kept.filter((secret) => secret.length < longEnough);
  // A short secret is replaced only where it is a value in quotes.
  const quoted = short.map((secret) => `(?<=["'])${escaped(secret)}(?=\\\\*["'])`).join('|');
  const quotedShort = short.length > 0 ? new RegExp(quoted, 'g') : undefined;
  return (text) => {
    const spans = viewsOf(text).flatMap((view) => {
      const matches = quotedShort ? [...view.text.matchAll(quotedShort)] : [];
      const found = [
        ...find(view.text),
        ...spansOfTokens(view.text),
        ...matches.map(({ 0: match, index }): Span => [index, index + match.length]),
      ];
      return found.map(([from, to]) => view.original(from, to));
    });
    return withoutSpans(text, spans);
  };
}

/** The secrets of a job. It grows as the job reads more of them. */
export interface SecretStore {
  /** @param visible - as for {@link redactor} */
  add(secrets: readonly string[], visible: readonly string[]): void;
  readonly redact: Redact;
}

export function createSecretStore(): SecretStore {
  const secrets = new Set<string>();
  const visible = new Set<string>();
  let redact = redactor([]);
  return {
    add(moreSecrets, moreVisible) {
      for (const secret of moreSecrets) secrets.add(secret);
      for (const text of moreVisible) visible.add(text);
      redact = redactor([...secrets], [...visible]);
    },
    redact: (text) => redact(text),
  };
}

/** Whether a secret can be hidden without hiding a text that must stay readable. */
export function maskable(secret: string, visible: readonly string[]): boolean {
  return secret.trim() !== '' && !visible.some((text) => text.includes(secret));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A text that has no escapes and no invisible characters. */
const simple = /^[\t\x20-\x24\x27-\x5b\x5d-\x7e]*$/;

/** A text as it is, without invisible characters, with each kind of escape resolved, and on one line. */
function viewsOf(text: string): TextView[] {
  const views = [plainView(text)];
  if (simple.test(text)) return views;
  const cleaned = withoutUnseen(plainView(text));
  views.push(cleaned);
  for (const read of escapeReaders) {
    let view = cleaned;
    for (let level = 0; level < levels; level += 1) {
      const meant = read(view);
      if (meant === view) break;
      view = withoutUnseen(meant);
      views.push(meant, view);
    }
  }
  if (/[\r\n]/.test(text)) views.push(onOneLine(cleaned, ''), onOneLine(cleaned, ' '));
  return [...new Map(views.map((view) => [view.text, view])).values()];
}

/** Finds forms in a text by their first characters, in one pass for any number of forms. */
function finder(forms: readonly SecretForm[], visible: readonly string[]): (text: string) => Span[] {
  const byHead = Map.groupBy(forms, ({ text }) => text.slice(0, longEnough));
  // A quick test first: almost no place in a text begins like a form.
  const mayBegin = new Uint8Array(2 ** 16);
  const beginning = (text: string, at: number) =>
    (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1) * 7 + text.charCodeAt(at + 2)) & 0xffff;
  for (const { text } of forms) mayBegin[beginning(text, 0)] = 1;
  return (text) => {
    const spans: Span[] = [];
    for (let from = 0; from <= text.length - longEnough; from += 1) {
      if (mayBegin[beginning(text, from)] === 0) continue;
      for (const form of byHead.get(text.slice(from, from + longEnough)) ?? []) {
        const rest = text.length - from;
        if (text.startsWith(form.text, from)) {
          spans.push(
            form.loose ? withEdges(text, from, from + form.text.length) : [from, from + form.text.length],
          );
        } else if (form.cuttable && rest >= shortestCut && rest < form.text.length) {
          const cut = text.slice(from);
          if (form.text.startsWith(cut) && maskable(cut, visible)) spans.push([from, text.length]);
        }
      }
    }
    return spans;
  };
}

/** Adds one more character of base64 on either side, and the padding. */
function withEdges(text: string, from: number, to: number): Span {
  const before = /[\w+/-]/.test(text.charAt(from - 1)) ? from - 1 : from;
  const [after = ''] = /^[\w+/-]?={0,2}/.exec(text.slice(to, to + 3)) ?? [];
  return [before, to + after.length];
}

/** A text with a mark in place of each span; spans that overlap are one. */
function withoutSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let redacted = '';
  let done = 0;
  for (const [from, to] of [...spans].sort(([one], [other]) => one - other)) {
    if (to <= done) continue;
    if (from >= done) redacted += text.slice(done, from) + mark;
    done = to;
  }
  return redacted + text.slice(done);
}

/** The same plain data with every string redacted. Names of fields stay. */
export function redactDeep<T>(value: T, redact: Redact): T {
  return walk(value, redact) as T;
}

function walk(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, redact)]));
}
