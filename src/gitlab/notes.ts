import * as v from 'valibot';
import type { CommentApi, IssueComment } from '../github/client.ts';
import { isTransientStatus } from '../http/errors.ts';
import type { Network } from '../http/network.ts';
import { createRetrier, type RetryPolicy, retryAfterMs, withRetry } from '../http/retry.ts';
import type { Redact } from '../redact/redact.ts';

/** A request to GitLab that failed. Its message says what to do about it. */
export class GitlabError extends Error {
  override readonly name = 'GitlabError';
  /** Absent when no response came. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status?: number, wait?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.retryAfterMs = wait;
  }
}

export interface NoteOptions {
  /** `https://gitlab.com/api/v4`. */
  readonly apiUrl: string;
  readonly token: string;
  /** Identifier of the project that has the merge request. */
  readonly project: string;
  /** Its number in the project. */
  readonly mergeRequest: number;
  /** Web address of the merge request. */
  readonly url: string;
  readonly userAgent: string;
  readonly network: Network;
  /** Ends requests and pauses; they reject with its reason. */
  readonly signal: AbortSignal;
  readonly redact: Redact;
  readonly onRetry?: (sentence: string) => void;
  readonly retryPolicy?: RetryPolicy;
}

const policy: RetryPolicy = {
  attempts: 4,
  timeMs: Number.POSITIVE_INFINITY,
  firstPauseMs: 1000,
  longestPauseMs: 30_000,
  longestRetryAfterMs: 70_000,
};
const timeoutMs = 30_000;
const perPage = 100;

const text = v.fallback(v.string(), '');
const note = v.object({
  id: v.number(),
  body: text,
  author: v.fallback(v.object({ username: text }), { username: '' }),
});
const notes = v.array(note);
const user = v.object({ username: v.pipe(v.string(), v.nonEmpty()) });

/** The notes of one merge request, as comments. Every call rejects with a {@link GitlabError}, or the signal's reason. */
export function mergeRequestNotes(options: NoteOptions): CommentApi {
  const { project, mergeRequest, url, redact } = options;
  const path = `/projects/${encodeURIComponent(project)}/merge_requests/${mergeRequest}/notes`;
  const asComment = ({ id, body, author }: v.InferOutput<typeof note>): IssueComment => ({
    id,
    body,
    author: author.username,
    url: `${url}#note_${id}`,
  });
  const write = async (method: string, where: string, body: string): Promise<IssueComment> =>
    asComment(v.parse(note, await send(options, method, where, { body: redact(body) })));
  let login: Promise<string | undefined> | undefined;
  return {
    async listComments() {
      const found: IssueComment[] = [];
      for (let page = 1; ; page += 1) {
        const query = `?sort=asc&order_by=created_at&per_page=${perPage}&page=${page}`;
        const some = v.parse(notes, await send(options, 'GET', path + query));
        found.push(...some.map(asComment));
        if (some.length < perPage) return found;
      }
    },
    getComment: async (id) => asComment(v.parse(note, await send(options, 'GET', `${path}/${id}`))),
    createComment: (_, body) => write('POST', path, body),
    updateComment: (id, body) => write('PUT', `${path}/${id}`, body),
    async deleteComment(id) {
      await send(options, 'DELETE', `${path}/${id}`);
    },
    login() {
      login ??= send(options, 'GET', '/user').then((found) => v.parse(user, found).username);
      return login;
    },
  };
}

/** Sends a request and gives its parsed response. Only what may be sent twice is repeated. */
function send(
  { apiUrl, token, userAgent, network, signal, onRetry, retryPolicy = policy }: NoteOptions,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const request = `${method} ${path.replace(/\?.*$/, '')}`;
  const retrier = createRetrier({
    policy: retryPolicy,
    signal,
    notes: (failure, next) => onRetry?.(`${failure}; ${next}`),
    judge(error) {
      if (!(error instanceof GitlabError)) return undefined;
      const { status } = error;
      const isLimit = status === 429;
      if (!isLimit && (method === 'POST' || !(status === undefined || isTransientStatus(status))))
        return undefined;
      const outcome = status === undefined ? 'did not answer' : `answered ${status}`;
      return { summary: `GitLab ${outcome} to ${request}`, retryAfterMs: error.retryAfterMs };
    },
  });
  return withRetry(retrier, async () => {
    signal.throwIfAborted();
    const response = await network
      .fetch(apiUrl.replace(/\/+$/, '') + path, {
        method,
        // A redirect to another host would get the token.
        redirect: 'error',
        headers: {
          'private-token': token,
          'user-agent': userAgent,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      .catch((error: Error) => {
        signal.throwIfAborted();
        throw new GitlabError(
          `GitLab could not be reached for ${request}: ${error.message}`,
          undefined,
          undefined,
          error,
        );
      });
    const answer = await response.text();
    if (!response.ok) throw refused(request, response.status, answer, response.headers.get('retry-after'));
    return answer === '' ? undefined : parsed(request, answer);
  });
}

function parsed(request: string, answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch (error) {
    throw new GitlabError(
      `GitLab answered ${request} with something that is not JSON.`,
      502,
      undefined,
      error,
    );
  }
}

function refused(request: string, status: number, answer: string, wait: string | null): GitlabError {
  const said = answer.replace(/\s+/g, ' ').trim().slice(0, 300);
  const remedy = [401, 403, 404].includes(status)
    ? '\nThe token needs the scope api, and at least the role Reporter in the project of the merge request. A project access token is one; CI_JOB_TOKEN cannot write notes.'
    : '';
  return new GitlabError(
    `GitLab answered ${status} to ${request}${said && `, saying: ${said}`}${remedy}`,
    status,
    retryAfterMs(wait),
  );
}
