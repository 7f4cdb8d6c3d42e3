import { type Dispatcher, request as send } from 'undici';
import { connectionError } from '../http/connection-error.ts';
import { backOffMs, retryAfterMs } from '../http/retry.ts';
import { pause, untilAborted } from '../http/sleep.ts';
import { version } from '../version.ts';
import { namedAddress } from './endpoint.ts';
import { UnresolvedImageError } from './errors.ts';

/** What carries the questions about one image. */
export interface RequestContext {
  readonly dispatcher: Dispatcher;
  /** Fires when the image is given up, also for its time limit. */
  readonly signal: AbortSignal;
}

export interface RegistryRequest {
  readonly method: 'HEAD' | 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to the origin of `url` alone. */
  readonly authorization?: string | undefined;
  readonly body?: string;
  /** Bytes of the answer that are wanted at most. */
  readonly most?: number;
  /** Who is asked, as it stands in messages: `the registry r.example`. */
  readonly who: string;
}

export interface RegistryResponse {
  readonly status: number;
  /** The value of a header, several of one name joined by commas. */
  header(name: string): string | undefined;
  /** Empty unless the status is 2xx and the question has `most`. */
  readonly body: Buffer;
  /** Who gave this answer when that was another origin than the one asked. */
  readonly elsewhere: string | undefined;
}

const attempts = 3;
/** `longestPauseMs` is the longest `Retry-After` that is waited for, too. */
const backOff = { firstPauseMs: 300, longestPauseMs: 5000 };
const mostRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * Asks once more after a broken connection, a 429 or a 5xx, and follows redirects; an origin that a redirect leads
 * to gets no authorization. Resolves with any other answer. Rejects with {@link UnresolvedImageError}, or with the reason of the
 * line's signal.
 */
export async function ask(question: RegistryRequest, line: RequestContext): Promise<RegistryResponse> {
  let { url, authorization, who } = question;
  let elsewhere: string | undefined;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await askRepeatedly({ ...question, url, authorization, who }, line);
    const location = answer.header('location');
    if (question.method === 'POST' || !redirectStatuses.has(answer.status) || location === undefined)
      return { ...answer, elsewhere };
    if (redirects === mostRedirects)
      throw new UnresolvedImageError(`${question.who} redirects without an end`);
    const next = namedAddress(location, url);
    if (!next) throw new UnresolvedImageError(`${who} redirects to an address that is not safe to ask`);
    if (next.origin !== url.origin) {
      // A redirect that leads back to the first origin was written by a stranger, so it gets nothing either.
      authorization = undefined;
      elsewhere = next.host;
      who = `${next.host}, to which ${question.who} redirects,`;
    }
    url = next;
  }
}

async function askRepeatedly(
  question: RegistryRequest,
  line: RequestContext,
): Promise<Omit<RegistryResponse, 'elsewhere'>> {
  for (let attempt = 1; ; attempt += 1) {
    let askedMs: number | undefined;
    try {
      const answer = await askOnce(question, line);
      // 501 says that it will never work.
      const passing = answer.status === 429 || (answer.status >= 500 && answer.status !== 501);
      askedMs = retryAfterMs(answer.header('retry-after'));
      if (!passing || attempt === attempts || (askedMs ?? 0) > backOff.longestPauseMs) return answer;
    } catch (cause) {
      line.signal.throwIfAborted();
      if (cause instanceof UnresolvedImageError) throw cause;
      const error = connectionError('', question.who, cause, { timedOut: false, limitMs: 0 });
      if (attempt === attempts || error.permanent) throw new UnresolvedImageError(error.message);
    }
    await pause(backOffMs(attempt, backOff, askedMs), line.signal);
  }
}

async function askOnce(
  question: RegistryRequest,
  line: RequestContext,
): Promise<Omit<RegistryResponse, 'elsewhere'>> {
  line.signal.throwIfAborted();
  const { method, url, headers, authorization, body } = question;
  const sent = send(url, {
    method,
    headers: {
      ...headers,
      'user-agent': `novita-template-action/${version}`,
      ...(authorization !== undefined && { authorization }),
    },
    ...(body !== undefined && { body }),
    ...line,
  });
  const answer = await untilAborted(sent, line.signal);
  const status = answer.statusCode;
  return {
    status,
    header(name) {
      const value = answer.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: await readBody(answer, status >= 200 && status < 300 ? question : { ...question, most: undefined }),
  };
}

async function readBody(
  { body }: Dispatcher.ResponseData,
  { method, most, who }: { method: string; most?: number | undefined; who: string },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (method === 'HEAD') {
    await body.dump();
  } else if (most === undefined) {
    // Its connection is not worth reading an unknown length for. To the stream itself that is an error.
    body.on('error', () => {}).destroy();
  } else {
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > most)
        throw new UnresolvedImageError(`${who} answered with more than ${most / 2 ** 20} MB`);
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

/** The value of a JSON text; `undefined` for anything else. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
