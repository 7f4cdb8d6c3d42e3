import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Note {
  readonly id: number;
  body: string;
  readonly author: { readonly username: string };
}

/** GitLab's API for the notes of merge request 12 of project 5, as far as this project uses it, on loopback. */
export interface GitlabServer extends AsyncDisposable {
  /** Variables with which a run reaches it. */
  readonly env: Readonly<Record<string, string>>;
  readonly apiUrl: string;
  readonly notes: Note[];
  /** `GET /user`, `POST …/notes`, oldest first. */
  readonly requests: string[];
  /** Answers with a status instead, by method and path. */
  refuse: (request: string) => number | undefined;
}

const token = 'glpat-0123456789abcdef';
const notesPath = '/projects/5/merge_requests/12/notes';

export async function startGitlabServer(): Promise<GitlabServer> {
  const notes: Note[] = [];
  const requests: string[] = [];
  let nextId = 1000;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const path = pathname.replace(/^\/api\/v4/, '');
    const name = `${request.method} ${path}`;
    requests.push(name);
    const answer = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    const refused = request.headers['private-token'] === token ? gitlab.refuse(name) : 401;
    if (refused !== undefined) return answer(refused, { message: `${refused} refused` });
    const body = (): string => JSON.parse(text).body;
    const [, id] = /\/notes\/(\d+)$/.exec(path) ?? [];
    const index = notes.findIndex((note) => note.id === Number(id));
    const found = notes[index];
    if (name === 'GET /user') return answer(200, { username: 'project_5_bot' });
    if (name === `GET ${notesPath}`) {
      const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('per_page'))];
      return answer(200, notes.slice((page - 1) * size, page * size));
    }
    if (name === `POST ${notesPath}`) {
      const note = { id: nextId++, body: body(), author: { username: 'project_5_bot' } };
      notes.push(note);
      return answer(201, note);
    }
    if (!found || !path.startsWith(notesPath)) return answer(404, { message: '404 Not found' });
    if (request.method === 'PUT') found.body = body();
    if (request.method !== 'DELETE') return answer(200, found);
    notes.splice(index, 1);
    return answer(204);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4`;
  const gitlab: GitlabServer = {
    apiUrl,
    env: { CI_API_V4_URL: apiUrl, GITLAB_TOKEN: token },
    notes,
    requests,
    refuse: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return gitlab;
}
