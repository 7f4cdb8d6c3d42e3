/** The two workflows of a fork's pull request: a build without secrets, and a comment without its code. */

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import { forbidden, type GithubServer, startGithubServer } from '../support/github-server.ts';
import { type RunOptions, type RunResult, runAction } from '../support/runner.ts';
import { sampleResult } from '../support/sample-build.ts';
import { publishedAction, temporaryDirectory } from '../support/temporary-directory.ts';

const action = publishedAction();

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

function run(github: GithubServer, workspace: string, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return runAction({
    action: join(action.path, 'comment'),
    workspace,
    event: workflowRun(),
    ...options,
    inputs: { result: 'result', 'github-token': 'ghs_a_token_of_this_job', ...options.inputs },
    env: { ...github.env, ...options.env },
  });
}

/** A repository with the fork's pull request 12, and others that are not to be confused with it. */
async function repository(): Promise<GithubServer> {
  const github = await startGithubServer();
  const topic = { state: 'open' as const, headBranch: 'topic', headRepository: fork };
  github.pullRequests.set(11, { ...topic, number: 11, headSha: sha, headRepository: 'other/agent' });
  github.pullRequests.set(12, { ...topic, number: 12, headSha: sha });
  github.pullRequests.set(13, { ...topic, number: 13, headSha: sha, state: 'closed' });
  github.pullRequests.set(14, { ...topic, number: 14, headSha: 'd'.repeat(40) });
  github.pullRequests.set(15, { number: 15, state: 'open', headSha: sha, headBranch: 'topic' });
  return github;
}

const resultFile = (content: unknown = ready) => ({ 'result/a.json': JSON.stringify(content) });

describe('the comment action', () => {
  test('a fork’s run without a key hands over its plan, and a run with permission tells it', async () => {
    await using workspace = await temporaryDirectory({
      'template.mjs': `import { Template } from 'novita-sandbox';
export default Template().fromImage('python:3.12', undefined, { inheritConfig: false }).runCmd('echo @octocat');`,
    });
    await using github = await repository();
    const head = { sha, ref: 'topic', repo: { full_name: fork } };
    const base = { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'octo-org/agent' } };
    const build = await runAction({
      action: action.path,
      workspace: workspace.path,
      inputs: { name: 'my-agent', 'github-token': 'ghs_a_token_that_only_reads' },
      event: {
        name: 'pull_request',
        payload: { action: 'opened', number: 12, pull_request: { number: 12, head, base } },
      },
      env: github.env,
    });
    expect(build.exitCode, build.log).toBe(0);
    expect(github.requests).toEqual([]);

    await mkdir(join(workspace.path, 'result'));
    await writeFile(join(workspace.path, 'result', 'plan.json'), JSON.stringify(build.result));
    const { exitCode, log, outputs } = await run(github, workspace.path);
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

  test('takes the number from GitHub, whatever the file says', async () => {
    await using workspace = await temporaryDirectory(
      resultFile({ ...ready, pullRequest: 99, number: 99, tags: ['pr-99'] }),
    );
    await using github = await repository();
    const { log } = await run(github, workspace.path);
    expect(
      github.comments.map(({ issue }) => issue),
      log,
    ).toEqual([12]);
    expect(readCommentMarker(github.comments[0]?.body ?? '')).toMatchObject({ run: 4242, attempt: 2, sha });
  });

  test.each([
    ['a commit that is not the newest any more', { head_sha: 'e'.repeat(40) }],
    ['a branch of the same name elsewhere', { head_repository: { full_name: 'third/agent' } }],
    ['a pull request that is closed', { head_branch: 'gone' }],
  ])('writes nothing for %s', async (_, changes) => {
    await using workspace = await temporaryDirectory(resultFile());
    await using github = await repository();
    const { exitCode, log } = await run(github, workspace.path, { event: workflowRun(changes) });
    expect(exitCode, log).toBe(0);
    expect(github.comments).toEqual([]);
    expect(log).toMatch(/^::notice title=Nothing to tell::.*No open pull request has/m);
  });

  test('writes one comment for each template of a matrix, and edits them the next time', async () => {
    const other = { ...ready, name: 'other', reference: `other:${ready.buildId}` };
    await using workspace = await temporaryDirectory({
      ...resultFile(),
      'result/sandbox-template-1/b.json': JSON.stringify(other),
      'result/notes.txt': 'not a result',
    });
    await using github = await repository();
    await run(github, workspace.path);
    await run(github, workspace.path, { event: workflowRun({ id: 4243 }) });
    expect(github.comments.map(({ body }) => readCommentMarker(body))).toMatchObject([
      { name: 'my-agent', run: 4243 },
      { name: 'other', run: 4243 },
    ]);
  });

  test('under pull_request takes that of the event', async () => {
    await using workspace = await temporaryDirectory(resultFile());
    await using github = await repository();
    const repo = { full_name: 'octo-org/agent' };
    const payload = { number: 12, pull_request: { number: 12, head: { sha, repo }, base: { repo } } };
    await run(github, workspace.path, { event: { name: 'pull_request', payload } });
    expect(github.comments.map(({ issue }) => issue)).toEqual([12]);
    expect(github.comments[0]?.body).not.toContain('it was not checked');
  });

  test.each<[string, Record<string, string>, Partial<RunOptions>, RegExp]>([
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
  ])('fails with %s', async (_, files, options, says) => {
    await using workspace = await temporaryDirectory(files);
    await using github = await repository();
    const { exitCode, log } = await run(github, workspace.path, options);
    expect(exitCode).toBe(1);
    expect(log).toMatch(says);
    expect(log).not.toMatch(/^::error::x/m);
    expect(github.requests).toEqual([]);
  });

  test('does not follow a link out of the folder', async () => {
    await using workspace = await temporaryDirectory({ 'secret.json': JSON.stringify(ready) });
    await using github = await repository();
    await mkdir(join(workspace.path, 'result'));
    await symlink(join(workspace.path, 'secret.json'), join(workspace.path, 'result', 'a.json'));
    const { exitCode, log } = await run(github, workspace.path);
    expect(exitCode).toBe(1);
    expect(log).toContain('no .json file is in it');
  });

  test.each([
    ['of the comment', 'POST', /\/comments$/],
    ['of the pull request', 'GET', /\/pulls\?/],
  ])('a refusal %s is a warning, and the text goes into the summary', async (_, asked, place) => {
    await using workspace = await temporaryDirectory(resultFile());
    await using github = await repository();
    github.intercept = ({ method, path }) =>
      method === asked && place.test(path) ? forbidden('pull_requests=write') : undefined;
    const { exitCode, log, summary } = await run(github, workspace.path);
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(/^::warning title=No comment::.*permissions: pull-requests: write/m);
    expect(summary).toContain('### Template `my-agent` is ready');
  });
});
