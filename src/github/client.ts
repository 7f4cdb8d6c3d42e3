import type { getOctokit } from '@actions/github';
import { type Dispatcher, fetch } from 'undici';
import { pause } from '../http/sleep.ts';
import type { Redact } from '../redact/redact.ts';
import { GithubError } from './errors.ts';
import {
  defaultRetryPolicy,
  type FailedAttempt,
  type GithubRetryPolicy,
  isLimit,
  pauseBeforeNext,
} from './retry.ts';

export interface GithubOptions {
  /**
   * That of `@actions/github`, handed in: the library reads the event file when it is imported, and prints a stack when
   * it cannot.
   */
  readonly getOctokit: typeof getOctokit;
  readonly token: string;
  /** `GITHUB_API_URL`, without a slash at the end. */
  readonly apiUrl: string;
  /** `GITHUB_GRAPHQL_URL`; derived from `apiUrl` where it is empty. */
  readonly graphqlUrl?: string | undefined;
  /** `owner/name`. */
  readonly repository: string;
  readonly userAgent: string;
  /** Carries the requests, through a proxy where there is one. */
  readonly dispatcher: Dispatcher;
  /** Ends requests and pauses; they reject with its reason. */
  readonly signal: AbortSignal;
  readonly patience?: GithubRetryPolicy;
  /** Told about repetitions, one sentence each. */
  readonly onRetry?: (sentence: string) => void;
  /** Takes secrets out of the texts that are written: comments and descriptions. */
  readonly redact?: Redact;
}

/** `unknown`: GitHub has no pull request of that number in this repository, or does not show it to this token. */
export interface PullRequest {
  readonly number: number;
  readonly state: 'open' | 'closed' | 'unknown';
  /** The newest commit of its branch. */
  readonly headSha?: string;
  /** When anything about it changed last. */
  readonly updatedAt?: Date;
}

export interface IssueComment {
  readonly id: number;
  readonly body: string;
  /** Login of who wrote it, `github-actions[bot]` for the token of a job; empty where that account is gone. */
  readonly author: string;
  readonly url: string;
}

/**
 * What this project asks of GitHub, in one repository. Every call rejects with a {@link GithubError}, or with the
 * signal's reason. Requests are repeated where that is safe; see `repetition.ts`.
 */
export interface GithubClient {
  pullRequest(number: number): Promise<PullRequest>;
  /** The comments of an issue or pull request from all pages, oldest first. */
  listComments(issue: number): Promise<IssueComment[]>;
  createComment(issue: number, body: string): Promise<IssueComment>;
  updateComment(id: number, body: string): Promise<IssueComment>;
  /**
   * Login of whoever the token speaks for, as it stands at its comments; `undefined` where the server does not say.
   * It is known once a comment was created.
   */
  login(): Promise<string | undefined>;
  /** For what is missing here; the same rules and errors apply to it. */
  readonly octokit: ReturnType<typeof getOctokit>;
  readonly repository: { readonly owner: string; readonly repo: string };
}

/** A client over real HTTP. Nothing is sent until a call is made. */
export function createGithubClient(options: GithubOptions): GithubClient {
  const octokit = options.getOctokit(options.token, {
    baseUrl: options.apiUrl,
    userAgent: options.userAgent,
    request: {
      fetch: (url: string, init: Parameters<typeof fetch>[1]) =>
        fetch(url, { ...init, dispatcher: options.dispatcher }),
    },
    // It would speak on stderr, past everything that keeps texts from driving the runner.
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const graphqlUrl = options.graphqlUrl || defaultGraphqlUrl(options.apiUrl);
  const { redact = (text) => text } = options;
  octokit.hook.before('request', (parameters) => {
    for (const field of ['body', 'description']) {
      const text = parameters[field];
      if (typeof text === 'string') parameters[field] = redact(text);
    }
  });
  octokit.hook.wrap('request', (send, parameters) =>
    repeated(
      // Of the other API only questions are used, and those are asked by POST.
      { ...parameters, repeatable: parameters.method !== 'POST' || parameters.url === graphqlUrl },
      (signal) => send({ ...parameters, request: { ...parameters.request, signal } }),
      options,
    ),
  );
  const [owner = '', repo = ''] = options.repository.split('/');
  const place = { owner, repo };
  let author: Promise<string | undefined> | undefined;

  return {
    octokit,
    repository: place,
    async pullRequest(number) {
      try {
        const { data } = await octokit.rest.pulls.get({ ...place, pull_number: number });
        const updatedAt = new Date(data.updated_at);
        return {
          number,
          state: data.state,
          headSha: data.head.sha,
          ...(!Number.isNaN(updatedAt.getTime()) && { updatedAt }),
        };
      } catch (error) {
        if (error instanceof GithubError && error.status === 404) return { number, state: 'unknown' };
        throw error;
      }
    },
    async listComments(issue) {
      const { listComments } = octokit.rest.issues;
      const all = await octokit.paginate(listComments, { ...place, issue_number: issue, per_page: 100 });
      return all.map(asComment);
    },
    async createComment(issue, body) {
      const { data } = await octokit.rest.issues.createComment({ ...place, issue_number: issue, body });
      const created = asComment(data);
      if (created.author !== '') author = Promise.resolve(created.author);
      return created;
    },
    async updateComment(id, body) {
      return asComment((await octokit.rest.issues.updateComment({ ...place, comment_id: id, body })).data);
    },
    login() {
      author ??= askLogin(octokit, graphqlUrl);
      return author;
    },
  };
}

/** GitHub Enterprise Server has it beside the REST API and not below it. */
function defaultGraphqlUrl(apiUrl: string): string {
  return /\/api\/v3$/.test(apiUrl) ? apiUrl.replace(/v3$/, 'graphql') : `${apiUrl}/graphql`;
}

/**
 * Asks whom a token speaks for. GET /user is closed to the token of a job on GitHub, and GraphQL answers to every kind
 * of token; Forgejo and Gitea have GET /user alone. What neither answers is not known.
 */
async function askLogin(octokit: GithubClient['octokit'], graphqlUrl: string): Promise<string | undefined> {
  const questions = [
    async (): Promise<unknown> => {
      const { data } = await octokit.request(`POST ${graphqlUrl}`, { query: 'query { viewer { login } }' });
      return data?.data?.viewer?.login;
    },
    async (): Promise<unknown> => (await octokit.request('GET /user')).data?.login,
  ];
  for (const ask of questions) {
    try {
      const login = await ask();
      if (typeof login === 'string' && login !== '') return login;
    } catch (error) {
      if (!(error instanceof GithubError)) throw error;
    }
  }
  return undefined;
}

interface Attempted {
  readonly method: string;
  /** Sending it twice is the same as sending it once. */
  readonly repeatable: boolean;
  /** A path with its parameters' names, or the whole address of a further page. */
  readonly url: string;
}

async function repeated<T>(
  { method, url, repeatable }: Attempted,
  attempt: (signal: AbortSignal) => T | Promise<T>,
  { signal, patience = defaultRetryPolicy, onRetry }: GithubOptions,
): Promise<T> {
  const request = `${method} ${url.replace(/^https?:\/\/[^/]+|\?.*$/g, '')}`;
  for (let count = 1; ; count += 1) {
    signal.throwIfAborted();
    const limit = AbortSignal.timeout(patience.requestMs);
    try {
      return await attempt(AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      const failed = failedAttempt(repeatable, error, limit.aborted);
      const pauseMs = pauseBeforeNext(failed, count, patience);
      if (pauseMs === undefined) throw githubError(request, failed, error);
      const what = failed.status === undefined ? 'did not answer' : `answered ${failed.status}`;
      onRetry?.(`GitHub ${what} to ${request}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
      await pause(pauseMs, signal);
    }
  }
}

/** What octokit throws; it calls a request without an answer a 500, and keeps the answer where there was one. */
interface OctokitError {
  readonly message?: string;
  readonly response?: {
    readonly status: number;
    readonly headers: FailedAttempt['headers'];
    readonly data?: { readonly message?: unknown };
  };
}

function failedAttempt(repeatable: boolean, error: unknown, timedOut: boolean): FailedAttempt {
  const { response, message = '' } = error as OctokitError;
  if (!response) return { repeatable, headers: {}, said: timedOut ? 'no answer in time' : message };
  const said = response.data?.message;
  return {
    repeatable,
    status: response.status,
    headers: response.headers,
    said: typeof said === 'string' ? said : '',
  };
}

function githubError(request: string, failed: FailedAttempt, cause: unknown): GithubError {
  const { status, said, headers } = failed;
  const limited = isLimit(failed);
  const needs = headers['x-accepted-github-permissions'];
  const lacking = status === 403 && !limited && typeof needs === 'string' && needs !== '';
  return new GithubError({ request, status, said, limited, cause, ...(lacking && { needs }) });
}

interface RestComment {
  readonly id: number;
  readonly body?: string;
  readonly user: { readonly login: string } | null;
  readonly html_url: string;
}

function asComment({ id, body = '', user, html_url: url }: RestComment): IssueComment {
  return { id, body, author: user?.login ?? '', url };
}
