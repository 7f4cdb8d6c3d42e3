import { describe, expect } from 'vitest';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import { LOCAL_API_KEY } from '../../src/local/service.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { forbidden } from '../support/github-server.ts';
import { groupsOf } from '../support/runner.ts';

const recipe = (command: string) => `import { Template } from 'novita-sandbox';
export default Template().fromImage('python:3.12', undefined, { inheritConfig: false }).copy('app', '/app').runCmd('${command}');
`;
const files = { 'template.mjs': recipe('pip install requests==2.32.5'), 'app/main.py': 'print(1)\n' };
const token = 'ghs_a_token_of_this_job';
const sha = 'c'.repeat(40);

function pullRequestEvent(changes: Record<string, unknown> = {}, action = 'synchronize') {
  const repo = { full_name: 'octo-org/agent', fork: false };
  return {
    name: 'pull_request',
    payload: {
      action,
      number: 12,
      pull_request: {
        number: 12,
        state: 'open',
        head: { sha, ref: 'topic', repo },
        base: { sha: 'b'.repeat(40), ref: 'main', repo },
        ...changes,
      },
      repository: { full_name: 'octo-org/agent', default_branch: 'main' },
    },
  };
}

/** Runs for pull request 12. */
const test = testWith({
  files,
  defaults: {
    event: pullRequestEvent(),
    inputs: { name: 'my-agent', 'github-token': token },
    env: { GITHUB_REF: 'refs/pull/12/merge', GITHUB_HEAD_REF: 'topic', GITHUB_BASE_REF: 'main' },
  },
});

const failing: SimulationScript = [{ at: 2, lines: ['no such package'], fail: { message: 'exit status 1' } }];

describe('the comment of a pull request', () => {
  test('is made when the build starts, and edited by its end and by the next push', async ({
    run,
    github,
  }) => {
    const states: (string | undefined)[] = [];
    github.intercept = ({ body, method }) => {
      const text = (body as { body?: string } | undefined)?.body;
      if (method !== 'GET' && text) states.push(readCommentMarker(text)?.state);
      return undefined;
    };
    const first = await run();
    const second = await run({ env: { GITHUB_RUN_ID: '43' } });
    expect([first.exitCode, second.exitCode], first.log + second.log).toEqual([0, 0]);
    expect(states).toEqual(['building', 'ready', 'building', 'ready']);
    expect(github.comments).toHaveLength(1);
    const [{ body = '', issue } = {}] = github.comments;
    expect(issue).toBe(12);
    expect(body).toContain(`Sandbox.create('${second.outputs['reference']}')`);
    expect(body).toContain('| Tags | `pr-12` |');
    expect(body).toContain('<summary>2 steps, 2 cached, ');
    expect(body).toContain(
      `<sub>Commit ${sha}, [run 43](https://github.com/octo-org/agent/actions/runs/43).`,
    );
    expect(second.log).toContain('Comment: https://github.com/octo-org/agent/pull/12#issuecomment-');
    groupsOf(second.log);
  });

  test('tells a failure in the same place', async ({ service, run, github }) => {
    service.script = failing;
    const { exitCode } = await run();
    expect(exitCode).toBe(1);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toMatch(
      /failed to build[\s\S]*#### Step 2 of 2 failed[\s\S]*no such package/,
    );
  });

  test('shows what changed against the base, which a build there left in the cache', async ({
    workspace,
    run,
    github,
    cache,
  }) => {
    const onMain = {
      GITHUB_HEAD_REF: '',
      GITHUB_BASE_REF: '',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
    };
    const push = { name: 'push', payload: { repository: { default_branch: 'main' } } };
    const options = { event: push, inputs: { tags: 'default' }, env: onMain };
    const base = await run(options);
    await run({ ...options, state: base.state });
    await workspace.write({ 'template.mjs': recipe('pip install httpx') });
    const { log, summary, result } = await run();
    expect(cache.keys()).toHaveLength(1);
    const section =
      '# What changed against the last build of `main`\n\n- **Changed** step 2: `RUN pip install httpx`, was `RUN pip install requests==2.32.5`\n\n';
    expect(github.comments[0]?.body).toContain(section);
    expect(summary).toContain(section);
    expect(log).toContain(
      'Changed since the last build of main: RUN pip install requests==2.32.5 → RUN pip install httpx\n',
    );
    expect(result).toMatchObject({ changes: { against: 'main', steps: [{ kind: 'changed', number: 2 }] } });
  });

  test('is not that of an older run that ends later', async ({ run, github }) => {
    const newer = await run({ env: { GITHUB_RUN_ID: '50' } });
    const older = await run({ env: { GITHUB_RUN_ID: '49' } });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain(newer.outputs['reference']);
    expect(older.log).toContain('The comment of a newer run was kept.');
  });

  test('is one for each key', async ({ run, github }) => {
    for (const key of ['amd64', 'arm64', 'amd64']) {
      await run({ inputs: { 'comment-key': key } });
    }
    expect(github.comments.map(({ body }) => readCommentMarker(body)?.key)).toEqual(['amd64', 'arm64']);
  });

  test('has no secret in it, and nobody is sent the token but GitHub', async ({ service, run, github }) => {
    service.script = [{ at: 2, lines: [`${LOCAL_API_KEY} ${token}`], fail: { message: token } }];
    const { log, summary, result } = await run();
    const shown = JSON.stringify([github.comments, summary, result]);
    expect(shown).not.toContain(token);
    expect(shown).not.toContain(LOCAL_API_KEY);
    expect(log.match(new RegExp(token, 'g'))).toHaveLength(1);
    expect(log).toContain(`::add-mask::${token}\n`);
    expect(JSON.stringify(service.requests)).not.toContain(token);
  });
});

describe('no comment', () => {
  const fork = { full_name: 'mallory/agent', fork: true };
  const ofFork = pullRequestEvent({ head: { sha, ref: 'topic', repo: fork } });

  test.for<[string, RunChanges]>([
    ['with comment: never', { inputs: { comment: 'never' } }],
    ['without a token', { inputs: { 'github-token': '' } }],
    ['for a push', { event: { name: 'push', payload: {} }, inputs: { tags: 'v1' } }],
    ['for a fork, whose token may only read', { event: ofFork }],
    ['for Dependabot, whose token may only read', { env: { GITHUB_ACTOR: 'dependabot[bot]' } }],
  ])('%s, and none is looked for', async ([_, options], { run, github }) => {
    const { exitCode, log } = await run(options);
    expect(exitCode, log).toBe(0);
    expect(github.requests.filter(({ path }) => /comments|graphql/.test(path))).toEqual([]);
    expect(log).not.toMatch(/^::(warning|notice)/m);
  });

  test('for a pull request that is closed, of which nothing is built', async ({ service, run, github }) => {
    const { exitCode, log } = await run({
      event: pullRequestEvent({}, 'closed'),
      inputs: { tags: 'x', comment: 'always' },
    });
    expect(exitCode, log).toBe(0);
    expect([...github.requests, ...service.requests]).toEqual([]);
    expect(log.match(/^::(warning|notice) title=.*?::/gm)).toEqual(['::notice title=Nothing was built::']);
  });

  test.for(['auto', 'always'])(
    '%s: a token without the permission is a warning that says what to add',
    async (comment, { run, github }) => {
      github.intercept = ({ method, path }) =>
        method === 'POST' && path.endsWith('/comments')
          ? forbidden('issues=write; pull_requests=write')
          : undefined;
      const { exitCode, log, outputs, summary } = await run({
        inputs: { comment },
      });
      expect(exitCode, log).toBe(0);
      expect(outputs['status']).toBe('ready');
      expect(summary).toContain('is ready');
      const told = log.split('\n').filter((line) => line.startsWith('::warning title=No comment::'));
      expect(told).toHaveLength(1);
      expect(told[0]).toContain('Give the job `permissions: pull-requests: write`, or set `comment: never`.');
      expect(github.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    },
  );

  test.for<[number, string]>([
    [404, 'warning'],
    [410, 'warning'],
    [422, 'notice'],
  ])('and no failure when GitHub answers %i', async ([status, kind], { run, github }) => {
    github.intercept = () => ({ status, body: { message: 'no' } });
    const { exitCode, log } = await run();
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(new RegExp(`^::${kind} title=No comment::`, 'm'));
  });

  test('for a moment: the end of the build writes what its beginning could not', async ({ run, github }) => {
    let posts = 0;
    github.intercept = ({ method, path }) =>
      method === 'POST' && path.endsWith('/comments') && ++posts === 1
        ? { status: 502, body: { message: 'Bad gateway' } }
        : undefined;
    await run();
    expect(github.comments.map(({ body }) => readCommentMarker(body)?.state)).toEqual(['ready']);
  });

  test('always, where there is no pull request, is a warning', async ({ run, github: _ }) => {
    const event = { name: 'push', payload: {} };
    const { exitCode, log } = await run({
      event,
      inputs: { comment: 'always', tags: 'v1' },
    });
    expect(exitCode).toBe(0);
    expect(log).toMatch(
      /^::warning title=Input comment::.*No comment is written: this run belongs to no pull request\./m,
    );
  });
});

describe('the deployment of a pull request', () => {
  const inputs = { environment: 'preview' };

  test.for<[string, SimulationScript, string]>([
    ['ready', [], 'success'],
    ['failed', failing, 'failure'],
  ])('of a build that is %s', async ([_, script, end], { service, run, github }) => {
    service.script = script;
    const { log, outputs } = await run({ inputs });
    expect(github.deployments, log).toHaveLength(1);
    const [{ request, statuses } = { request: {}, statuses: [] }] = github.deployments;
    expect(request).toEqual({
      ...{ ref: sha, task: 'preview:pr-12', environment: 'preview', auto_merge: false },
      ...{ required_contexts: [], transient_environment: true, production_environment: false },
    });
    const status = {
      auto_inactive: false,
      description: outputs['reference'],
      log_url: 'https://github.com/octo-org/agent/actions/runs/42',
    };
    expect(statuses).toEqual([
      { ...status, state: 'in_progress' },
      { ...status, state: end },
    ]);
  });

  test('is not made without an environment, nor outside of pull requests', async ({ run, github }) => {
    await run();
    const push = { name: 'push', payload: {} };
    await run({ event: push, inputs: { ...inputs, tags: 'v1' } });
    expect(github.requests.filter(({ path }) => path.includes('/deployments'))).toEqual([]);
  });

  test('that may not be made is one warning, and the build and its comment stand', async ({
    run,
    github,
  }) => {
    github.intercept = ({ path }) =>
      path.includes('/deployments') ? forbidden('deployments=write') : undefined;
    const { exitCode, log } = await run({ inputs });
    expect(exitCode, log).toBe(0);
    expect(github.comments[0]?.body).toContain('is ready');
    const warnings = log.split('\n').filter((line) => line.startsWith('::warning title=No deployment::'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('`permissions: deployments: write`');
  });
});
