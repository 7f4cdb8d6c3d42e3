/** The post step, which GitHub runs after every end of the main step: it never builds. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { type Run, type RunChanges, test } from '../support/fixtures.ts';
import { type RunResult, repositoryRoot } from '../support/runner.ts';

const recipe = (body: string, before = '') => `import { Template } from 'novita-sandbox';
${before}
export const template = Template().fromImage('debian:12', undefined, { inheritConfig: false })${body};
`;
const files = { 'template.mjs': recipe(".runCmd('make')") };

const refusing =
  (status: number, message: string): Interceptor =>
  async (_request, response) =>
    sendReply(response, { status, body: JSON.stringify({ code: status, message }), headers: {} });

const kill = (mark: string, signal: NodeJS.Signals): Pick<RunChanges, 'onOutput'> => ({
  onOutput: (printed, send) => {
    if (printed.includes(mark)) send(signal);
  },
});
const loads = {
  'template.mjs': recipe('', "console.log('loading'); await new Promise((r) => setInterval(r, 1e9));"),
};

interface Row {
  readonly what: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: RunChanges;
  readonly intercept?: Interceptor;
  readonly exitCode: number | null;
  readonly failure?: string;
}

const fork = {
  name: 'pull_request',
  payload: {
    action: 'opened',
    number: 12,
    pull_request: {
      number: 12,
      head: { sha: 'c'.repeat(40), ref: 'topic', repo: { full_name: 'mallory/agent' } },
      base: { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'octo-org/agent' } },
    },
  },
};

/** Every kind of end that the main step can come to before it has registered a build. */
const rows: Row[] = [
  {
    what: 'a mistake in an input',
    options: { inputs: { 'cpu-count': '3' } },
    exitCode: 1,
    failure: 'invalid-input',
  },
  {
    what: 'a mistake in the tags',
    options: { inputs: { tags: 'type=nothing' } },
    exitCode: 1,
    failure: 'invalid-input',
  },
  { what: 'no key', options: { env: { NOVITA_API_KEY: '' } }, exitCode: 1, failure: 'invalid-input' },
  { what: 'no recipe', files: {}, exitCode: 1, failure: 'invalid-input' },
  {
    what: 'a COPY source that a later step makes',
    files: { 'template.mjs': recipe(".copy('made.txt', '/app/')") },
    exitCode: 1,
    failure: 'invalid-input',
  },
  {
    what: 'a key that is not known',
    intercept: refusing(401, 'Invalid API key'),
    exitCode: 1,
    failure: 'api-key',
  },
  { what: 'a team that is blocked', intercept: refusing(403, 'blocked'), exitCode: 1, failure: 'forbidden' },
  { what: 'a conflict', intercept: refusing(409, 'conflict'), exitCode: 1, failure: 'request-refused' },
  {
    what: 'a limit, until the time is over',
    intercept: refusing(429, 'slow down'),
    options: { inputs: { 'timeout-minutes': '0.01' } },
    exitCode: 1,
    failure: 'timeout',
  },
  {
    what: 'a service that does not answer, until the time is over',
    intercept: async () => {},
    options: { inputs: { 'timeout-minutes': '0.01' } },
    exitCode: 1,
    failure: 'timeout',
  },
  {
    what: 'a service that cannot be reached',
    options: { inputs: { 'api-url': 'http://127.0.0.1:9', 'timeout-minutes': '0.05' } },
    exitCode: 1,
  },
  {
    what: 'an event file that is not JSON',
    files: { ...files, 'event.json': 'no' },
    options: { env: { GITHUB_EVENT_PATH: 'event.json' } },
    exitCode: 1,
    failure: 'invalid-input',
  },
  {
    what: 'a cancel while the recipe loads',
    files: loads,
    options: kill('loading', 'SIGINT'),
    exitCode: 130,
    failure: 'interrupted',
  },
  {
    what: 'SIGTERM while the recipe loads',
    files: loads,
    options: kill('loading', 'SIGTERM'),
    exitCode: 130,
    failure: 'interrupted',
  },
  {
    what: 'SIGKILL while the recipe loads',
    files: loads,
    options: kill('loading', 'SIGKILL'),
    exitCode: null,
  },
  { what: 'no key in a run of a fork', options: { event: fork, env: { NOVITA_API_KEY: '' } }, exitCode: 0 },
];

/** Runs the post step with what main left, and with nothing; both must be silent, and ask nothing of the service. */
async function expectSilentPost(service: LocalService, run: Run, main: RunResult, options: RunChanges = {}) {
  const before = service.requests.length;
  const { onOutput: _, onSpawn: __, ...rest } = options;
  for (const state of [main.state, {}]) {
    const post = await run({ ...rest, state });
    expect(post).toMatchObject({ exitCode: 0, log: '', summary: '', outputs: {} });
  }
  expect(service.requests).toHaveLength(before);
}

describe('after a main step that had no build', () => {
  test.for(rows)('$what: post builds nothing and says nothing', async (row, { service, workspace, run }) => {
    await workspace.write(row.files ?? files);
    if (row.intercept) service.intercept = row.intercept;
    const main = await run(row.options);
    expect(main.exitCode, main.log).toBe(row.exitCode);
    if (row.failure) expect(main.outputs).toMatchObject({ status: 'error', failure: row.failure });
    // What was missing is there when the post step runs.
    await workspace.write({ ...files, 'made.txt': '' });
    await expectSilentPost(service, run, main, row.options);
    expect(service.inspect.tagHistory('my-agent')).toEqual([]);
  });

  test.for(['SIGINT', 'SIGKILL'] as const)(
    '%s while the base is looked up: post builds nothing',
    async (signal, { service, workspace, run }) => {
      await workspace.write(files);
      let pid = 0;
      // A proxy that takes the question and never answers.
      const proxy = createServer(() => process.kill(pid, signal)).listen(0, '127.0.0.1');
      const { port } = await new Promise<{ port: number }>((done) =>
        proxy.on('listening', () => done(proxy.address() as { port: number })),
      );
      const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
      const main = await run({
        env,
        onSpawn: (id) => {
          pid = id;
        },
      });
      proxy.close();
      expect(main.exitCode, main.log).toBe(signal === 'SIGINT' ? 130 : null);
      await expectSilentPost(service, run, main);
      // The template is looked up beside the base.
      expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    },
  );
});

test('a green build whose state could not be left is not built twice', async ({
  service,
  workspace,
  run,
}) => {
  await workspace.write(files);
  const main = await run({ env: { GITHUB_STATE: join(workspace.path, 'gone') } });
  expect(main.exitCode, main.log).toBe(0);
  expect(main.log.match(/^::warning::The state of the step could not be written/gm)).toHaveLength(1);
  await expectSilentPost(service, run, main);
});

test.for(['{', 'null', '7', '{"build":{"name":3},"lastBuild":{}}'])(
  'a state of %s is no word',
  async (text, { service, workspace, run }) => {
    await workspace.write(files);
    const post = await run({ state: { novitaTemplate: text } });
    expect(post).toMatchObject({ exitCode: 0, log: '', summary: '' });
    expect(service.requests).toEqual([]);
  },
);

describe('the post step cannot build', () => {
  /** What only the requests that build say. Those that end a sandbox of the test are no such. */
  const requests = [
    '/v3/templates',
    '/v2/templates',
    '/templates/tags',
    '/templates/aliases',
    '/files/',
    'allow_internet_access',
  ];

  /** The text of a bundle with every file that it imports, at once or later. */
  async function bundleText(file: string, seen = new Set<string>()): Promise<string> {
    if (seen.has(file)) return '';
    seen.add(file);
    const text = await readFile(file, 'utf8');
    const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)];
    const others = imported.map(([, path = '']) => bundleText(resolve(dirname(file), path), seen));
    return [text, ...(await Promise.all(others))].join('\n');
  }

  test('its bundle holds none of the requests to the service, and that of main all', async ({ action }) => {
    const { runs } = parse(await readFile(join(action, 'action.yml'), 'utf8'));
    expect(runs.post).toBe('dist/post.js');
    const [post, main] = await Promise.all(
      [runs.post, 'dist/index.js'].map((file) => bundleText(join(action, file))),
    );
    // The client of the cache is there, so later imports were followed.
    expect(post).toContain('saveCache');
    for (const request of requests) {
      expect(main?.toLowerCase()).toContain(request.toLowerCase());
      expect(post?.toLowerCase()).not.toContain(request.toLowerCase());
    }
  });

  test('its source imports nothing that builds, asks the service or loads a recipe', async () => {
    const { metafile } = await build({
      absWorkingDir: repositoryRoot,
      entryPoints: ['src/post.ts'],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      write: false,
      metafile: true,
    });
    const sources = Object.keys(metafile.inputs);
    expect(sources).toContain('src/actions/build-template/post.ts');
    const able =
      /^src\/(driver|reuse|templates|plan|context|definition|registry|github|local|inputs|http|api)\//;
    // Names and references of what was built, and nothing that sends a request.
    // Names and references of what was built, and what finds and ends a sandbox of the test.
    const harmless = [
      ...[
        'api/names.ts',
        'api/content-tag.ts',
        'api/reserved-tags.ts',
        'plan/base.ts',
        'registry/reference.ts',
      ],
      ...['api/endpoints.ts', 'api/headers.ts', 'api/parse-response.ts', 'api/retry.ts', 'api/transport.ts'],
      ...['api/running-sandboxes.ts', 'api/sandbox-schemas.ts', 'api/schemas.ts'],
      ...['http/connection-error.ts', 'http/errors.ts', 'http/network.ts', 'http/proxy.ts', 'http/retry.ts'],
      ...['http/sleep.ts', 'inputs/connection.ts', 'inputs/reader.ts', 'inputs/unknown.ts'],
    ];
    const found = sources.filter((source) => able.test(source));
    expect(found.sort()).toEqual(harmless.map((file) => `src/${file}`).sort());
  });
});
