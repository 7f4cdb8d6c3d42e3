import * as v from 'valibot';
import { retryAfterMs } from '../http/retry.ts';

/** A request to GitHub that failed. Its message names the request, the response and the permission that is missing. */
export class GithubError extends Error {
  override readonly name = 'GithubError';
  /** `GET /repos/{owner}/{repo}/pulls/{pull_number}`. */
  readonly request: string;
  /** Absent when no response came. */
  readonly status: number | undefined;
  /** GitHub's message, which is untrusted text. */
  readonly said: string | undefined;
  /** The permission that the token needs, in GitHub's form: `pull_requests=read`. */
  readonly needs: string | undefined;
  /** GitHub refused because of too many requests. */
  readonly limited: boolean;
  /** How long GitHub asks us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(details: GithubErrorDetails) {
    super(sentence(details), { cause: details.cause });
    this.request = details.request;
    this.status = details.status;
    this.said = details.said;
    this.needs = details.needs;
    this.limited = details.limited ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

interface GithubErrorDetails {
  readonly request: string;
  readonly status?: number | undefined;
  readonly said?: string | undefined;
  readonly needs?: string | undefined;
  readonly limited?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export type ResponseHeaders = Readonly<Record<string, unknown>>;

/** An error of Octokit. Without a response, it has the status 500 and no `response`. */
const octokitError = v.fallback(
  v.object({
    message: v.fallback(v.string(), ''),
    response: v.optional(
      v.object({
        status: v.number(),
        headers: v.record(v.string(), v.unknown()),
        data: v.fallback(v.object({ message: v.fallback(v.string(), '') }), { message: '' }),
      }),
    ),
  }),
  { message: '' },
);

/** The error of a request that Octokit rejected. `request` names it in messages. */
export function githubError(request: string, cause: unknown, timedOut: boolean): GithubError {
  const { response, message } = v.parse(octokitError, cause);
  if (!response) return new GithubError({ request, said: timedOut ? 'no answer in time' : message, cause });
  const { status, headers } = response;
  const said = response.data.message;
  if (isLimit(status, headers, said))
    return new GithubError({ request, status, said, limited: true, retryAfterMs: limitMs(headers), cause });
  const needs = headers['x-accepted-github-permissions'];
  const isForbidden = status === 403 && typeof needs === 'string' && needs !== '';
  return new GithubError({ request, status, said, cause, ...(isForbidden && { needs }) });
}

/** Whether GitHub refused because of too many requests. A 403 may mean that or a missing permission. */
function isLimit(status: number, headers: ResponseHeaders, said: string): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return (
    headers['retry-after'] !== undefined ||
    String(headers['x-ratelimit-remaining'] ?? '') === '0' ||
    /\b(?:secondary )?rate limit\b/i.test(said)
  );
}

/** How long to wait at a limit, as GitHub documents it: `Retry-After`, else the end of the window, else a minute. */
export function limitMs(headers: ResponseHeaders, now = Date.now()): number {
  const requested = retryAfterMs(String(headers['retry-after'] ?? ''), now);
  if (requested !== undefined) return requested;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  const spent = String(headers['x-ratelimit-remaining'] ?? '') === '0';
  return spent && Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : 60_000;
}

function sentence({ request, status, said = '', needs, limited }: GithubErrorDetails): string {
  const words = said.replace(/\s+/g, ' ').trim().slice(0, 300);
  if (status === undefined) return `GitHub could not be reached for ${request}: ${words}`;
  const saying = words === '' ? '' : `, saying: ${words}`;
  const answered = `GitHub answered ${status} to ${request}${saying}`;
  if (limited) return `${answered}\nToo many requests were made with this token; try again later.`;
  return needs === undefined
    ? answered
    : `${answered}\nThe token needs the permission ${permissions(needs)}.`;
}

/** `issues=write; pull_requests=write` in the form of a workflow: `issues: write or pull-requests: write`. */
function permissions(needs: string): string {
  return needs
    .split(';')
    .map((some) =>
      some
        .split(',')
        .map((one) => one.trim().replaceAll('_', '-').replace('=', ': '))
        .join(' and '),
    )
    .join(' or ');
}
