/** A service that gives back all that it was sent, in its log and in its errors: no secret of ours is in it. */
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';
import { type Interceptor, passThrough } from '../../src/local/server.ts';
import { LOCAL_API_KEY, type LocalService } from '../../src/local/service.ts';
import { type TestService, testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';

const test = testWith({ defaults: { ownProcess: true, inputs: { name: 'my-agent' } } });

const password = 'p"a<ss\\w&rd-0815';
const accessToken = 'at_0123456789abcdef';
const pem =
  '-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0\nBAQEFAASCBKYwggSiAgEAAo\n-----END PRIVATE KEY-----\n';
/** A file as Google hands it out, on several lines. */
const account = JSON.stringify(
  { type: 'service_account', client_email: 'robot@example.com', private_key: pem },
  undefined,
  2,
);

const bases = {
  registry: `fromImage('r.example/app:1', { username: 'robot', password: ${JSON.stringify(password)} }, { inheritConfig: false })`,
  gcp: `fromGCPRegistry('gcr.example/app:1', { serviceAccountJSON: 'sa.json' })`,
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
    `key ${key} ${Buffer.from(key).toString('base64')} ${btoa(`:${key}`)}`,
    // What cleans a text would put it together again.
    `${key.slice(0, 6)}\u001b[31m${key.slice(6)} ${[...key].join('\u200b')}`,
    btoa(`_json_key:${account}`),
    ...credentials[kind].split(' ').flatMap((text) => [text, encodeURIComponent(text), btoa(text)]),
  ].join('\n');
}

/** Makes the service say in its answers all that it was sent. */
function makeHostile(service: TestService, place: string, kind: Kind): void {
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
  service.script = [{ at: 1, fail: { message: 'x' } }];
  service.intercept = intercept;
}

test.for([
  ['registration', 'registry'],
  ['start', 'registry'],
  ['start', 'gcp'],
  ['log', 'registry'],
  ['log', 'gcp'],
  ['log', 'aws'],
] as const)(
  'sent back at the %s, with credentials of kind %s',
  async ([place, kind], { service, workspace, run }) => {
    await workspace.write({
      'sa.json': account,
      'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template().${bases[kind]}
  .runCmd(${JSON.stringify(`docker login -p ${kind === 'registry' ? password : 'x'}`)});`,
    });
    makeHostile(service, place, kind);
    const { exitCode, log, outputs, summary, result } = await run({
      inputs: { 'log-level': 'debug' },
      env: { NOVITA_ACCESS_TOKEN: accessToken, RUNNER_DEBUG: '1' },
    });

    expect(exitCode).toBe(1);
    groupsOf(log);
    // The runner hides each line of a mask by itself, in all that the job prints after it.
    const masks = [...log.matchAll(/^::add-mask::(.*)$/gm)].flatMap(([, mask = '']) => mask.split('%0A'));
    for (const mask of masks) {
      expect(mask.trim().length, mask).toBeGreaterThanOrEqual(8);
      expect(mask).not.toMatch(/-----|client_email|robot@/);
    }
    if (kind === 'gcp') expect(masks).toContain('MIIEvAIBADANBgkqhkiG9w0');
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
  },
);

test('a token in the address of a clone is sent and not shown', async ({ service, workspace, run }) => {
  const token = 'ghs_0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f';
  await workspace.write({
    'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template().fromImage('debian:12', undefined, { inheritConfig: false })
  .gitClone('https://x-access-token:${token}@github.com/octo-org/private.git', '/src');`,
  });
  const { exitCode, log, summary, result } = await run();
  expect(exitCode, log).toBe(0);
  expect(JSON.stringify(service.requests.map(({ body }) => body))).toContain(token);
  const shown = log.replace(/^::add-mask::.*$/gm, '');
  for (const text of [shown, summary, JSON.stringify(result)]) {
    expect(text).not.toContain(token);
    expect(text).toContain('github.com/octo-org/private.git');
  }
});

test('tokens and secret values that the recipe itself holds are in nothing that leaves the step', async ({
  service,
  workspace,
  run,
}) => {
  const letters = (count: number) => 'q7Rk2'.repeat(20).slice(0, count);
  const secrets = {
    model: `sk-proj-${letters(40)}`,
    cloud: 'AKIAQ7ZT2KX4MB6JW3PD',
    maps: `AIza${letters(35)}`,
    host: `ghp_${letters(36)}`,
    named: 'f81k2j9x0qpz41',
    line: 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj',
  };
  await workspace.write({
    Dockerfile: `FROM python:3.12
RUN curl -H "x-api-key: ${secrets.model}" https://host.example/?k=${secrets.maps}
RUN MY_TOKEN=${secrets.named} ./login ${secrets.cloud} ${secrets.host}
RUN <<EOF
cat > /key <<K
-----BEGIN PRIVATE KEY-----
${secrets.line}
-----END PRIVATE KEY-----
K
EOF
`,
  });
  const said = Object.values(secrets).map((secret) => `it is ${secret}`);
  service.script = [{ at: 2, lines: said, fail: { message: `exit status 1: ${said.join()}` } }];
  const { log, outputs, summary, result } = await run({ inputs: { 'log-level': 'debug' } });
  expect(log).toContain('[secret-value]');
  const seen = [log.replace(/^::add-mask::.*$/gm, ''), JSON.stringify([outputs, summary, result])].join();
  for (const [name, secret] of Object.entries(secrets)) expect(seen.includes(secret), name).toBe(false);
});
