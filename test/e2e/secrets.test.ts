/** A service that gives back all that it was sent, in its log and in its errors: no secret of ours is in it. */
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Interceptor, passThrough } from '../../src/local/server.ts';
import { LOCAL_API_KEY, type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { groupsOf, runAction } from './runner.ts';
import { publishedAction, type TemporaryDirectory, temporaryDirectory } from './setup.ts';

let action: TemporaryDirectory;
beforeAll(async () => {
  action = publishedAction();
});
afterAll(() => action[Symbol.asyncDispose]());

const password = 'p"a<ss\\w&rd-0815';
const accessToken = 'at_0123456789abcdef';
const pem =
  '-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0\nBAQEFAASCBKYwggSiAgEAAo\n-----END PRIVATE KEY-----\n';
const account = JSON.stringify({ client_email: 'robot@example.com', private_key: pem });

const bases = {
  registry: `fromImage('r.example/app:1', { username: 'robot', password: ${JSON.stringify(password)} }, { inheritConfig: false })`,
  gcp: `fromGCPRegistry('gcr.example/app:1', { serviceAccountJSON: ${account} })`,
  aws: `fromAWSRegistry('aws.example/app:1', { accessKeyId: 'AKIA0123456789', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG', region: 'eu-1' })`,
};

const basic = btoa(`robot:${password}`);
const credentials = {
  registry: `${password} ${basic}`,
  gcp: pem,
  aws: 'AKIA0123456789 wJalrXUtnFEMI/K7MDENG',
};
type Kind = keyof typeof bases;

/** Whatever of a secret could be read again. */
const traces = [
  password,
  JSON.stringify(password).slice(1, -1),
  encodeURIComponent(password),
  Buffer.from(password).toString('base64'),
  'ss\\\\w',
  basic,
  'MIIEvAIBADANBgkqhkiG9w0',
  'BAQEFAASCBKYwggSiAgEAAo',
  'AKIA0123456789',
  'wJalrXUtnFEMI',
  accessToken,
  LOCAL_API_KEY,
];

/** All that the service was sent so far, as often and in as many forms as a careless program would print it. */
function echo(service: LocalService, headers: IncomingHttpHeaders, kind: Kind): string {
  const bodies = service.requests.flatMap(({ body }) => (body ? [JSON.stringify(body)] : [])).join('\n');
  const key = String(headers['x-api-key']);
  return [
    bodies,
    JSON.stringify(bodies),
    JSON.stringify(headers),
    `key ${key} ${Buffer.from(key).toString('base64')}`,
    ...credentials[kind].split(' ').flatMap((text) => [text, encodeURIComponent(text), btoa(text)]),
  ].join('\n');
}

async function hostileService(place: string, kind: Kind): Promise<LocalService> {
  let given = false;
  const intercept: Interceptor = async (request, response, next) => {
    const { status, headers, body } = await next();
    const said = echo(service, request.headers, kind);
    const refuse = () => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ code: 400, message: `cannot use ${said.slice(0, 400)}` }));
    };
    if (place === 'registration' && request.url === '/v3/templates') return refuse();
    if (place === 'start' && request.url?.startsWith('/v2/templates/')) return refuse();
    if (place !== 'log' || !request.url?.includes('/status')) {
      return passThrough(request, response, async () => ({ status, headers, body }));
    }
    const answer = JSON.parse(body);
    if (answer.status !== 'error' || given) {
      return passThrough(request, response, async () => ({ status, headers, body }));
    }
    given = true;
    const at = { timestamp: new Date().toISOString(), level: 'info', step: '1' };
    answer.logEntries.push(
      ...said.split('\n').map((line) => ({ ...at, message: `[builder 1/1] [stderr]: ${line}` })),
      { ...at, level: 'warn', message: said },
    );
    if (answer.reason) answer.reason.message = `failed to run command 'x': ${said}: exit status 1`;
    await passThrough(request, response, async () => ({ status, headers, body: JSON.stringify(answer) }));
  };
  const script = [{ at: 1, fail: { message: 'x' } } as const];
  const executor = createSimulatedExecutor({ stepMs: 1, script });
  const service: LocalService = await startLocalService({ executor, intercept });
  return service;
}

test.each([
  ['registration', 'registry'],
  ['start', 'registry'],
  ['start', 'gcp'],
  ['log', 'registry'],
  ['log', 'gcp'],
  ['log', 'aws'],
] as const)('sent back at the %s, with credentials of kind %s', async (place, kind) => {
  await using workspace = await temporaryDirectory({
    'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template().${bases[kind]}
  .runCmd(${JSON.stringify(`docker login -p ${kind === 'registry' ? password : 'x'}`)});`,
  });
  const service = await hostileService(place, kind);
  const { exitCode, log, outputs, summary, result } = await runAction({
    action: action.path,
    workspace: workspace.path,
    inputs: { name: 'my-agent', 'log-level': 'debug' },
    env: {
      NOVITA_API_KEY: service.apiKey,
      NOVITA_ACCESS_TOKEN: accessToken,
      NOVITA_API_URL: service.url,
      RUNNER_DEBUG: '1',
    },
  });
  await service.close();

  expect(exitCode).toBe(1);
  groupsOf(log);
  const shown = log
    .split('\n')
    .filter((line) => !line.startsWith('::add-mask::'))
    .join('\n');
  expect(shown).toContain('***');
  if (place !== 'registration') expect(summary).toContain('my-agent');
  const written = {
    shown,
    summary,
    result: JSON.stringify(result ?? null),
    outputs: JSON.stringify(outputs),
  };
  for (const [where, text] of Object.entries(written)) {
    for (const trace of traces) expect(text.includes(trace), `${trace} in ${where}`).toBe(false);
  }
  expect(outputs).toMatchObject({ status: 'error', failure: expect.any(String) });
});
