/** The two workflows of a fork's pull request: a build without secrets, and a comment without its code. */

import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { forbidden } from '../support/github-server.ts';
import { sampleResult } from '../support/sample-build.ts';

const sha = 'c'.repeat(40);
const fork = 'mallory/agent';
const ready = { ...sampleResult(), tags: ['pr-12'] };

function workflowRun(changes: Record<string, unknown> = {}) {
  return {
    name: 'workflow_run',
    payload: {
      action: 'completed',
      repository: { full_name: 'octo-org/agent' },
      workflow_run: {
        id: 4242,
        run_attempt: 2,
        event: 'pull_request',
        head_branch: 'topic',
        head_sha: sha,
        html_url: 'https://github.com/octo-org/agent/actions/runs/4242',
        pull_requests: [],
        head_repository: { full_name: fork },
        ...changes,
      },
    },
  };
}

const test = testWith({
  defaults: {
    action: 'comment',
    ownProcess: true,
    event: workflowRun(),
    inputs: { result: 'result', 'github-token': 'ghs_a_token_of_this_job' },
  },
});

// A repository with the fork's pull request 12, and others that are not to be confused with it.
test.beforeEach(({ github }) => {
  const topic = { state: 'open' as const, headBranch: 'topic', headRepository: fork };
  github.pullRequests.set(11, { ...topic, number: 11, headSha: sha, headRepository: 'other/agent' });
  github.pullRequests.set(12, { ...topic, number: 12, headSha: sha });
  github.pullRequests.set(13, { ...topic, number: 13, headSha: sha, state: 'closed' });
  github.pullRequests.set(14, { ...topic, number: 14, headSha: 'd'.repeat(40) });
  github.pullRequests.set(15, { number: 15, state: 'open', headSha: sha, headBranch: 'topic' });
});

const resultFile = (content: unknown = ready) => ({ 'result/a.json': JSON.stringify(content) });

describe('the comment action', () => {
  test('a fork’s run without a key hands over its plan, and a run with permission tells it', async ({
    workspace,
    run,
    github,
  }) => {
    await workspace.write({
      'template.mjs': `import { Template } from 'novita-sandbox';
export default Template().fromImage('python:3.12', undefined, { inheritConfig: false }).runCmd('echo @octocat');`,
    });
    const head = { sha, ref: 'topic', repo: { full_name: fork } };
    const base = { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'octo-org/agent' } };
    const build = await run({
      action: '',
      inputs: { name: 'my-agent', result: '', 'github-token': 'ghs_a_token_that_only_reads' },
      event: {
        name: 'pull_request',
        payload: { action: 'opened', number: 12, pull_request: { number: 12, head, base } },
      },
      env: { NOVITA_API_KEY: '' },
    });
    expect(build.exitCode, build.log).toBe(0);
    expect(github.requests).toEqual([]);

    await workspace.write({ 'result/plan.json': JSON.stringify(build.result) });
    const { exitCode, log, outputs } = await run();
    expect(exitCode, log).toBe(0);
    expect(github.comments.map(({ issue }) => issue)).toEqual([12]);
    const [{ body = '' } = {}] = github.comments;
    expect(body).toContain('### Template `my-agent` was planned and not built');
    expect(body).toContain('| 1 | `RUN echo @octocat` |');
    expect(body).toContain(`<sub>Commit ${sha}, [run 4242, attempt 2](`);
    expect(body).toContain('it was not checked.');
    expect(outputs).toEqual({
      'pull-request': '12',
      'comment-url': expect.stringContaining('/pull/12#issuecomment-'),
    });
    expect(log).toContain('::add-mask::ghs_a_token_of_this_job\n');
  });

  test('takes the number from GitHub, whatever the file says', async ({ workspace, run, github }) => {
    await workspace.write(resultFile({ ...ready, pullRequest: 99, number: 99, tags: ['pr-99'] }));
    const { log } = await run();
    expect(
      github.comments.map(({ issue }) => issue),
      log,
    ).toEqual([12]);
    expect(readCommentMarker(github.comments[0]?.body ?? '')).toMatchObject({ run: 4242, attempt: 2, sha });
  });

  test.for([
    ['a commit that is not the newest any more', { head_sha: 'e'.repeat(40) }],
    ['a branch of the same name elsewhere', { head_repository: { full_name: 'third/agent' } }],
    ['a pull request that is closed', { head_branch: 'gone' }],
  ] as const)('writes nothing for %s', async ([_, changes], { workspace, run, github }) => {
    await workspace.write(resultFile());
    const { exitCode, log } = await run({ event: workflowRun(changes) });
    expect(exitCode, log).toBe(0);
    expect(github.comments).toEqual([]);
    expect(log).toMatch(/^::notice title=Nothing to tell::.*No open pull request has/m);
  });

  test('writes one comment for each template of a matrix, and edits them the next time', async ({
    workspace,
    run,
    github,
  }) => {
    const other = { ...ready, name: 'other', reference: `other:${ready.buildId}` };
    await workspace.write({
      ...resultFile(),
      'result/sandbox-template-1/b.json': JSON.stringify(other),
      'result/notes.txt': 'not a result',
    });
    await run();
    await run({ event: workflowRun({ id: 4243 }) });
    expect(github.comments.map(({ body }) => readCommentMarker(body))).toMatchObject([
      { name: 'my-agent', run: 4243 },
      { name: 'other', run: 4243 },
    ]);
  });

  test('under pull_request takes that of the event', async ({ workspace, run, github }) => {
    await workspace.write(resultFile());
    const repo = { full_name: 'octo-org/agent' };
    const payload = { number: 12, pull_request: { number: 12, head: { sha, repo }, base: { repo } } };
    await run({ event: { name: 'pull_request', payload } });
    expect(github.comments.map(({ issue }) => issue)).toEqual([12]);
    expect(github.comments[0]?.body).not.toContain('it was not checked');
  });

  test.for<[string, Record<string, string>, RunChanges, RegExp]>([
    ['no file', {}, {}, /Input result.*there is no such file or folder/],
    ['an empty folder', { 'result/x.txt': '' }, {}, /Input result.*no \.json file is in it/],
    [
      'another file',
      { 'result/a.json': '{"a":1}' },
      {},
      /a\.json: it is no result file.*schemaVersion: found nothing/,
    ],
    [
      'a file with commands for the runner',
      resultFile({ ...ready, status: '\n::error::x' }),
      {},
      /a\.json: it is no result file.*status: found/,
    ],
    ['no path', {}, { inputs: { result: '' } }, /Input result.*is empty/],
    ['no token', resultFile(), { inputs: { 'github-token': '' } }, /Input github-token.*is empty/],
    [
      'another event',
      resultFile(),
      { event: { name: 'push', payload: {} } },
      /found push, expected pull_request, or workflow_run/,
    ],
  ])('fails with %s', async ([_, files, options, says], { workspace, run, github }) => {
    await workspace.write(files);
    const { exitCode, log } = await run(options);
    expect(exitCode).toBe(1);
    expect(log).toMatch(says);
    expect(log).not.toMatch(/^::error::x/m);
    expect(github.requests).toEqual([]);
  });

  test('does not follow a link out of the folder', async ({ workspace, run }) => {
    await workspace.write({ 'secret.json': JSON.stringify(ready), 'result/x.txt': '' });
    await symlink(join(workspace.path, 'secret.json'), join(workspace.path, 'result', 'a.json'));
    const { exitCode, log } = await run();
    expect(exitCode).toBe(1);
    expect(log).toContain('no .json file is in it');
  });

  test.for([
    ['of the comment', 'POST', /\/comments$/],
    ['of the pull request', 'GET', /\/pulls\?/],
  ] as const)(
    'a refusal %s is a warning, and the text goes into the summary',
    async ([_, asked, place], { workspace, run, github }) => {
      await workspace.write(resultFile());
      github.intercept = ({ method, path }) =>
        method === asked && place.test(path) ? forbidden('pull_requests=write') : undefined;
      const { exitCode, log, summary } = await run();
      expect(exitCode, log).toBe(0);
      expect(log).toMatch(/^::warning title=No comment::.*permissions: pull-requests: write/m);
      expect(summary).toContain('### Template `my-agent` is ready');
    },
  );
});
