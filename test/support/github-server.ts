import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A pull request as tests set it up. */
export interface FakePullRequest {
  readonly number: number;
  state: 'open' | 'closed';
  headSha?: string;
  updatedAt?: string;
  /** Default `branch-<number>`. */
  readonly headBranch?: string;
  /** `owner/name` of where its branch is. */
  readonly headRepository?: string;
}

export interface FakeComment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  body: string;
}

export interface FakeDeployment {
  readonly id: number;
  /** As it was asked for. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly statuses: Readonly<Record<string, unknown>>[];
}

export interface GithubRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

export interface GithubAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GithubServer extends AsyncDisposable {
  readonly url: string;
  /** What makes a job talk to this server. */
  readonly env: Readonly<Record<string, string>>;
  readonly pullRequests: Map<number, FakePullRequest>;
  readonly comments: FakeComment[];
  readonly deployments: FakeDeployment[];
  /** Oldest first. */
  readonly requests: readonly GithubRequest[];
  /** Whom the token speaks for. Default `github-actions[bot]`. */
  login: string;
  /** Asked before the server itself; an answer of its own stands in place of the server's. */
  intercept:
    | ((
        request: GithubRequest,
        earlier: number,
      ) => GithubAnswer | undefined | Promise<GithubAnswer | undefined>)
    | undefined;
  addComment(issue: number, body: string, author?: string): FakeComment;
}

/** What GitHub says to a token that lacks a permission. */
export function forbidden(needs: string): GithubAnswer {
  return {
    status: 403,
    headers: { 'x-accepted-github-permissions': needs },
    body: { message: 'Resource not accessible by integration', status: '403' },
  };
}

/** Where a server has its two APIs; empty where it has none. `user`: whether GET /user says whose the token is. */
export interface GithubPlaces {
  readonly rest: string;
  readonly graphql: string;
  readonly user: boolean;
}

/** GitHub itself, its server for enterprises, and those that only resemble it. */
export const githubPlaces = {
  'github.com': { rest: '', graphql: '/graphql', user: false },
  'GitHub Enterprise Server': { rest: '/api/v3', graphql: '/api/graphql', user: false },
  Forgejo: { rest: '/api/v1', graphql: '', user: true },
  'a server without logins': { rest: '/api/v1', graphql: '', user: false },
} satisfies Record<string, GithubPlaces>;

/** The parts of GitHub's API that the actions use, of one repository, on loopback. */
export async function startGithubServer(
  repository = 'octo-org/agent',
  places: GithubPlaces = githubPlaces['github.com'],
): Promise<GithubServer> {
  const requests: GithubRequest[] = [];
  const state: Omit<GithubServer, 'url' | 'env' | typeof Symbol.asyncDispose> = {
    pullRequests: new Map(),
    comments: [],
    deployments: [],
    requests,
    login: 'github-actions[bot]',
    intercept: undefined,
    addComment(issue, body, author = state.login) {
      const comment = { id: (state.comments.at(-1)?.id ?? 999) + 1, issue, body, author };
      state.comments.push(comment);
      return comment;
    },
  };

  let url = '';
  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming);
    requests.push(request);
    const answer =
      (await state.intercept?.(request, requests.length - 1)) ??
      route(request, state, { url, repository, places });
    send(response, answer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, {
    url: url + places.rest,
    env: {
      GITHUB_API_URL: url + places.rest,
      GITHUB_REPOSITORY: repository,
      ...(places.graphql && { GITHUB_GRAPHQL_URL: url + places.graphql }),
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  });
}

async function readRequest(incoming: IncomingMessage): Promise<GithubRequest> {
  const raw = await text(incoming);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    body: raw === '' ? undefined : JSON.parse(raw),
    authorization: incoming.headers.authorization,
  };
}

function send(response: ServerResponse, { status, body, headers }: GithubAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

type State = Pick<GithubServer, 'pullRequests' | 'comments' | 'deployments' | 'login' | 'addComment'>;
interface Place {
  readonly url: string;
  readonly repository: string;
  readonly places: GithubPlaces;
}

const notFound: GithubAnswer = { status: 404, body: { message: 'Not Found', status: '404' } };

function route(request: GithubRequest, state: State, place: Place): GithubAnswer {
  const { pathname, searchParams } = new URL(request.path, place.url);
  if (request.authorization === undefined)
    return { status: 401, body: { message: 'Requires authentication' } };
  const { rest, graphql, user } = place.places;
  if (pathname === graphql) return { status: 200, body: { data: { viewer: { login: state.login } } } };
  if (pathname === `${rest}/user`) {
    return user ? { status: 200, body: { login: state.login } } : forbidden('');
  }
  const prefix = `${rest}/repos/${place.repository}/`;
  if (!pathname.startsWith(prefix)) return notFound;
  const path = pathname.slice(prefix.length);
  const body = (request.body ?? {}) as Record<string, unknown>;
  const { method } = request;

  const pull = /^pulls\/(\d+)$/.exec(path);
  if (pull && method === 'GET') return pullRequest(state.pullRequests.get(Number(pull[1])), place);
  const commit = /^commits\/([^/]+)\/pulls$/.exec(path);
  if (commit && method === 'GET') {
    const found = [...state.pullRequests.values()].filter(({ headSha }) => headSha === commit[1]);
    return page(
      found.map((one) => pullRequest(one, place).body),
      searchParams,
      place.url + pathname,
    );
  }
  if (path === 'pulls' && method === 'GET') {
    const wanted = searchParams.get('state') ?? 'open';
    const head = searchParams.get('head');
    const found = [...state.pullRequests.values()]
      .filter((one) => wanted === 'all' || one.state === wanted)
      .filter((one) => head === null || head === headOf(one, place));
    return page(
      found.map((one) => pullRequest(one, place).body),
      searchParams,
      place.url + pathname,
    );
  }
  const issue = /^issues\/(\d+)\/comments$/.exec(path);
  if (issue && method === 'GET') {
    const found = state.comments.filter((comment) => comment.issue === Number(issue[1]));
    return page(
      found.map((one) => comment(one, place)),
      searchParams,
      place.url + pathname,
    );
  }
  if (issue && method === 'POST') {
    if (String(body['body']).length > 65_536) return tooLong;
    return { status: 201, body: comment(state.addComment(Number(issue[1]), String(body['body'])), place) };
  }
  const one = /^issues\/comments\/(\d+)$/.exec(path);
  const known = one && state.comments.find(({ id }) => id === Number(one[1]));
  if (known && method === 'GET') return { status: 200, body: comment(known, place) };
  if (known && method === 'DELETE') {
    state.comments.splice(state.comments.indexOf(known), 1);
    return { status: 204 };
  }
  if (known && method === 'PATCH') {
    if (String(body['body']).length > 65_536) return tooLong;
    known.body = String(body['body']);
    return { status: 200, body: comment(known, place) };
  }
  return deploymentRoute(path, request, state, place);
}

const tooLong: GithubAnswer = {
  status: 422,
  body: {
    message: 'Validation Failed',
    errors: [{ message: 'body is too long (maximum is 65536 characters)' }],
  },
};

function deploymentRoute(
  path: string,
  { method, body: raw, path: whole }: GithubRequest,
  { deployments }: State,
  place: Place,
): GithubAnswer {
  const body = (raw ?? {}) as Record<string, unknown>;
  const { pathname, searchParams } = new URL(whole, place.url);
  if (path === 'deployments' && method === 'POST') {
    const deployment = { id: 500 + deployments.length, request: body, statuses: [] };
    deployments.push(deployment);
    return { status: 201, body: { id: deployment.id, ...body } };
  }
  if (path === 'deployments' && method === 'GET') {
    const found = deployments.filter(({ request }) =>
      ['environment', 'task', 'ref', 'sha'].every(
        (key) => !searchParams.has(key) || request[key === 'sha' ? 'ref' : key] === searchParams.get(key),
      ),
    );
    return page(
      found.map(({ id, request }) => ({ id, ...request })),
      searchParams,
      place.url + pathname,
    );
  }
  const [, id, statuses] = /^deployments\/(\d+)(\/statuses)?$/.exec(path) ?? [];
  const index = deployments.findIndex((deployment) => deployment.id === Number(id));
  const deployment = deployments[index];
  if (!deployment) return notFound;
  if (statuses && method === 'POST') {
    deployment.statuses.push(body);
    return { status: 201, body: { id: deployment.statuses.length, ...body } };
  }
  if (statuses) return page(deployment.statuses.toReversed(), searchParams, place.url + pathname);
  if (method === 'DELETE') {
    deployments.splice(index, 1);
    return { status: 204 };
  }
  return notFound;
}

/** `owner:branch`. */
function headOf({ number, headBranch, headRepository }: FakePullRequest, { repository }: Place): string {
  return `${(headRepository ?? repository).split('/')[0]}:${headBranch ?? `branch-${number}`}`;
}

function pullRequest(found: FakePullRequest | undefined, { repository }: Place): GithubAnswer {
  if (!found) return notFound;
  const { number, state, headSha = 'a'.repeat(40), headRepository = repository } = found;
  const { headBranch = `branch-${number}`, updatedAt } = found;
  return {
    status: 200,
    body: {
      number,
      state,
      merged_at: null,
      updated_at: updatedAt,
      head: { sha: headSha, ref: headBranch, repo: { full_name: headRepository } },
      base: { ref: 'main', repo: { full_name: repository } },
    },
  };
}

function comment({ id, issue, author, body }: FakeComment, { repository }: Place) {
  return {
    id,
    body,
    user: { login: author },
    html_url: `https://github.com/${repository}/pull/${issue}#issuecomment-${id}`,
  };
}

/** One page with the `Link` header that leads on. */
function page(items: readonly unknown[], query: URLSearchParams, address: string): GithubAnswer {
  const size = Number(query.get('per_page') ?? 30);
  const number = Number(query.get('page') ?? 1);
  const next = new URLSearchParams(query);
  next.set('page', String(number + 1));
  const more = items.length > number * size;
  return {
    status: 200,
    body: items.slice((number - 1) * size, number * size),
    ...(more && { headers: { link: `<${address}?${next}>; rel="next"` } }),
  };
}
