/** Runs without a key, and runs with one that a pull request's recipe must not get. */
import { execFileSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';

const files = {
  'template.mjs': `import { Template } from 'novita-sandbox';
console.log('the recipe was loaded');
export default Template().fromImage('python:3.12', undefined, { inheritConfig: false }).copy('app', '/app').runCmd('make');
`,
  'app/main.py': 'print(1)\n',
};

const base = { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'octo-org/agent' } };
const headOf = (repository: string, sha = 'c'.repeat(40)) => ({
  ...{ sha, ref: 'topic', repo: { full_name: repository } },
});
const pullRequest = (head: unknown, name = 'pull_request') => ({
  name,
  payload: { action: 'opened', number: 12, pull_request: { number: 12, head, base } },
});
const ofFork = pullRequest(headOf('mallory/agent'));
const ofBranch = pullRequest(headOf('octo-org/agent'));

/** Runs have no key unless they are given one. */
const test = testWith({ files, defaults: { inputs: { name: 'my-agent' }, env: { NOVITA_API_KEY: '' } } });

describe('without a key', () => {
  test.for<[string, RunChanges, RegExp]>([
    ['a fork', { event: ofFork }, /GitHub hands no secrets to runs of pull requests from forks/],
    [
      'Dependabot',
      { event: ofBranch, env: { GITHUB_ACTOR: 'dependabot[bot]' } },
      /GitHub hands no secrets to runs that Dependabot starts/,
    ],
    [
      'on-missing-credentials: skip',
      { event: ofBranch, inputs: { 'on-missing-credentials': 'skip' } },
      /There is no API key \(on-missing-credentials: skip\)/,
    ],
  ])(
    '%s: the recipe is planned and shown, nothing is built, and the job is green',
    async ([_, options, why], { service, run }) => {
      const before = service.requests.length;
      const { exitCode, log, outputs, summary, result } = await run(options);
      expect(exitCode, log).toBe(0);
      expect(service.requests).toHaveLength(before);
      expect(log).toContain('::group::Plan\n');
      expect(log).toContain('[2/2]   RUN make');
      const notices = log.split('\n').filter((line) => line.startsWith('::notice title=Not built::'));
      expect(notices).toHaveLength(1);
      expect(notices[0]).toMatch(why);
      expect(outputs).toEqual({
        ...{ name: 'my-agent', tags: 'pr-12', status: 'skipped', result: expect.stringMatching(/\.json$/) },
      });
      expect(summary).toMatch(why);
      expect(summary).toContain('## Template `my-agent` was planned and not built');
      expect(summary).toContain('| 2 | `RUN make` |');
      expect(result).toMatchObject({
        name: 'my-agent',
        status: 'skipped',
        steps: [{ title: 'COPY app /app' }, {}],
      });
      expect(result).not.toHaveProperty('buildId');
    },
  );

  test.for<[string, RunChanges]>([
    ['a branch of this repository', { event: ofBranch }],
    ['a push', { event: { name: 'push', payload: {} } }],
    ['a fork, with fail', { event: ofFork, inputs: { 'on-missing-credentials': 'fail' } }],
    [
      'pull_request_target, which has secrets',
      { event: pullRequest(headOf('mallory/agent'), 'pull_request_target') },
    ],
  ])('%s: is a mistake', async ([_, options], { run }) => {
    const { exitCode, log, outputs } = await run(options);
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error title=Input api-key/m);
    expect(outputs).toEqual({ status: 'error', failure: 'invalid-input' });
  });

  test('a recipe that is wrong makes the job of a fork red', async ({ workspace, run }) => {
    await workspace.write({
      ...files,
      'app/main.py': '',
      'template.mjs': 'export {};',
    });
    const { exitCode, log } = await run({ event: ofFork });
    expect(exitCode, log).toBe(1);
  });
});

describe('under an event that has secrets', () => {
  const workflowRun = (event: string, repository: string) => ({
    name: 'workflow_run',
    payload: {
      action: 'completed',
      repository: { full_name: 'octo-org/agent' },
      workflow_run: {
        ...{ event, head_branch: 'topic', head_sha: 'c'.repeat(40), pull_requests: [] },
        head_repository: { full_name: repository },
      },
    },
  });

  function commitAll(directory: string): string {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'a recipe');
    return git('rev-parse', 'HEAD').trim();
  }

  test.for([
    ['pull_request_target', pullRequest(headOf('mallory/agent'), 'pull_request_target')],
    ['pull_request_target of a branch', pullRequest(headOf('octo-org/agent'), 'pull_request_target')],
    ['workflow_run after a pull request', workflowRun('pull_request', 'mallory/agent')],
  ] as const)(
    '%s: a recipe of the pull request is refused before it is loaded',
    async ([_, event], { service, workspace, run }) => {
      commitAll(workspace.path);
      const before = service.requests.length;
      const { exitCode, log } = await run({ event, env: { NOVITA_API_KEY: service.apiKey } });
      expect(exitCode).toBe(1);
      expect(log).toMatch(/^::error title=A recipe from a pull request.*file=template\.mjs,line=1/m);
      expect(log).toContain('Build pull requests under the event pull_request');
      expect(log).not.toContain('the recipe was loaded');
      expect(service.requests).toHaveLength(before);
    },
  );

  test.for([
    ['pull_request_target', pullRequest(headOf('mallory/agent'), 'pull_request_target')],
    ['workflow_run after a pull request', workflowRun('pull_request', 'mallory/agent')],
  ] as const)('%s: the recipe of the base is built', async ([_, event], { service, workspace, run }) => {
    const GITHUB_SHA = commitAll(workspace.path);
    const env = { NOVITA_API_KEY: service.apiKey, GITHUB_SHA };
    const { exitCode, log } = await run({ event, env, inputs: { tags: 'base' } });
    expect(exitCode, log).toBe(0);
    expect(log).toContain('the recipe was loaded');
  });

  test('workflow_run after a push builds whatever is checked out', async ({ service, workspace, run }) => {
    commitAll(workspace.path);
    const { exitCode, log } = await run({
      event: workflowRun('push', 'octo-org/agent'),
      env: { NOVITA_API_KEY: service.apiKey },
      inputs: { tags: 'base' },
    });
    expect(exitCode, log).toBe(0);
  });
});
