import * as v from 'valibot';
import { GithubError } from './errors.ts';
import { createOctokit, graphqlUrlOf, type Octokit, type OctokitOptions } from './octokit.ts';

export interface GithubOptions extends OctokitOptions {
  /** `owner/name`. */
  readonly repository: string;
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
  /** Login of the author, `github-actions[bot]` for the token of a job; empty where the account is deleted. */
  readonly author: string;
  readonly url: string;
}

/** Comments on pull requests or merge requests. Identifiers of comments are unique, and grow. */
export interface CommentApi {
  /** The comments of an issue or pull request from all pages, oldest first. */
  listComments(issue: number): Promise<IssueComment[]>;
  getComment(id: number): Promise<IssueComment>;
  createComment(issue: number, body: string): Promise<IssueComment>;
  updateComment(id: number, body: string): Promise<IssueComment>;
  deleteComment(id: number): Promise<void>;
  /**
   * Login of the token's account as its comments show it; `undefined` if the server does not say. It is certain after a
   * comment was created.
   */
  login(): Promise<string | undefined>;
}

/**
 * GitHub's API for one repository, as far as this project uses it. Every call rejects with a {@link GithubError}, or
 * with the signal's reason. Requests are retried where that is safe; see `octokit.ts`.
 */
export interface GithubClient extends CommentApi {
  pullRequest(number: number): Promise<PullRequest>;
  /** For endpoints that have no method here. The same rules and errors apply. Loaded once, when it is needed. */
  octokit(): Promise<Octokit>;
  readonly repository: { readonly owner: string; readonly repo: string };
}

/** A client over real HTTP. Sends nothing until a call is made. */
export function createGithubClient(options: GithubOptions): GithubClient {
  let loaded: Promise<Octokit> | undefined;
  const octokit = () => {
    loaded ??= createOctokit(options);
    return loaded;
  };
  const [owner = '', repo = ''] = options.repository.split('/');
  const repository = { owner, repo };
  let login: Promise<string | undefined> | undefined;

  return {
    octokit,
    repository,
    async pullRequest(number) {
      try {
        const { rest } = await octokit();
        const { data } = await rest.pulls.get({ ...repository, pull_number: number });
        // A proxy or a page for logging in may answer in its place.
        if (!v.is(pullRequestAnswer, data))
          throw new GithubError({
            request: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
            said: 'something else than a pull request',
          });
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
      const { rest, paginate } = await octokit();
      const all = await paginate(rest.issues.listComments, {
        ...repository,
        issue_number: issue,
        per_page: 100,
      });
      return all.map(asComment);
    },
    async createComment(issue, body) {
      const { rest } = await octokit();
      const { data } = await rest.issues.createComment({ ...repository, issue_number: issue, body });
      const created = asComment(data);
      if (created.author !== '') login = Promise.resolve(created.author);
      return created;
    },
    async updateComment(id, body) {
      const { rest } = await octokit();
      return asComment((await rest.issues.updateComment({ ...repository, comment_id: id, body })).data);
    },
    async getComment(id) {
      const { rest } = await octokit();
      return asComment((await rest.issues.getComment({ ...repository, comment_id: id })).data);
    },
    async deleteComment(id) {
      const { rest } = await octokit();
      await rest.issues.deleteComment({ ...repository, comment_id: id });
    },
    login() {
      login ??= octokit().then((loaded) => fetchLogin(loaded, graphqlUrlOf(options)));
      return login;
    },
  };
}

const pullRequestAnswer = v.object({ state: v.string(), head: v.object({ sha: v.string() }) });
const text = v.pipe(v.string(), v.nonEmpty());
const viewer = v.object({ data: v.object({ viewer: v.object({ login: text }) }) });
const user = v.object({ login: text });

/**
 * The account that a token belongs to. GET /user is closed to the token of a job on GitHub, and GraphQL works with every
 * kind of token. Forgejo and Gitea have only GET /user.
 */
async function fetchLogin(octokit: Octokit, graphqlUrl: string): Promise<string | undefined> {
  const sources = [
    async () => {
      const { data } = await octokit.request(`POST ${graphqlUrl}`, { query: 'query { viewer { login } }' });
      return v.is(viewer, data) ? data.data.viewer.login : undefined;
    },
    async () => {
      const { data } = await octokit.request('GET /user');
      return v.is(user, data) ? data.login : undefined;
    },
  ];
  for (const source of sources) {
    try {
      const login = await source();
      if (login !== undefined) return login;
    } catch (error) {
      if (!(error instanceof GithubError)) throw error;
    }
  }
  return undefined;
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
