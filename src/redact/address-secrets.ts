/** Secrets that are recognized by their place or by their form. */

import { likelyToken, tokenSpans } from './token-forms.ts';

/** A place in a text. */
export type Span = readonly [from: number, to: number];

/** A variable, or text that already replaces a secret. Neither is hidden. */
const reference = /^(?:\$\w+|\$?\{+[\s\w.]*\}+|\$\([^)]*\)|%\w+%|\*+|<[^>]*>|\.{3}|…)$/;

/** Users in addresses that are not tokens. */
const publicUsers = /^(?:git|anonymous|hg)$/i;

const userInfo = /(?<=([a-z][a-z\d+.-]{0,20})):\/\/([^\s/?#"'<>`]+)@/dgi;

/** Parameters of an address, and headers. */
const named = [
  /[?&](?:access_token|private_token|job_token|token|api_?key|password|secret|sig|signature|x-amz-signature|x-amz-security-token)=([^\s&"'`#;<>]+)/dgi,
  /\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token)\s+)?([^\s"'`,;<>]{8,})/dgi,
];

/** A private key, whose body is secret. It ends before another begins, so that many beginnings take no long time. */
const privateKey =
  /-----BEGIN (?:[A-Z\d]+ )*PRIVATE KEY(?: BLOCK)?-----([^-]*(?:-(?!----(?:BEGIN|END) )[^-]*)*)-----END /dg;

/** A quick test first: few lines have any of these, and the other patterns take time. */
const likely = new RegExp(`://|authorization|[?&][a-z_-]{3,}=|-----BEGIN|${likelyToken.source}`, 'i');

/**
 * The places of credentials in addresses (`https://user:token@host`, `https://token@host`, `?access_token=…`) and in an
 * `Authorization` header, of the bodies of private keys, and of tokens of a known form. Leaves names of variables alone.
 */
export function spansOfTokens(text: string): Span[] {
  if (!likely.test(text)) return [];
  const spans: Span[] = [];
  for (const { 1: scheme = '', 2: info = '', indices } of text.matchAll(userInfo)) {
    const at = indices?.[2]?.[0];
    if (at !== undefined) spans.push(...spansOfUserInfo(scheme, info, at));
  }
  for (const pattern of named) {
    for (const { 1: value = '', indices } of text.matchAll(pattern)) {
      const span = indices?.[1];
      if (span && !reference.test(value)) spans.push(span);
    }
  }
  for (const { indices } of text.matchAll(privateKey)) if (indices?.[1]) spans.push(indices[1]);
  spans.push(...tokenSpans(text));
  return spans;
}

function spansOfUserInfo(scheme: string, info: string, at: number): Span[] {
  const colon = info.indexOf(':');
  const user = colon < 0 ? info : info.slice(0, colon);
  const password = colon < 0 ? '' : info.slice(colon + 1);
  const spans: Span[] = [];
  // `https://token@host`, `https://token:@host`, `https://token:x-oauth-basic@host`.
  const alone = password === '' && /^(?:git\+)?https?$|^ftps?$/i.test(scheme) && !publicUsers.test(user);
  const token = alone || password === 'x-oauth-basic' || (user.length >= 20 && /\d/.test(user));
  if (token && user !== '' && !reference.test(user)) spans.push([at, at + user.length]);
  if (password !== '' && !reference.test(password)) spans.push([at + colon + 1, at + info.length]);
  return spans;
}

/** The tokens in a text that can be hidden everywhere. A password that is a plain word cannot. */
export function tokensIn(text: string): string[] {
  return spansOfTokens(text)
    .map(([from, to]) => text.slice(from, to))
    .filter((token) => token.length >= 16 && /\d/.test(token) && /[a-z]/i.test(token));
}
