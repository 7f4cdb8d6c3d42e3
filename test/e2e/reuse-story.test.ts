import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import type { RunChanges } from '../support/fixtures.ts';
import { pullRequestRun, states, tagsAt } from './pull-request-kit.ts';
import { commits, pushOf, type Run, test as reuseTest } from './reuse-kit.ts';

const token = { 'github-token': 'ghs_0123456789' };
const head = 'c'.repeat(40);

const test = reuseTest
  /** A run of the build for pull request 12. */
  .extend('onPullRequest', ({ github, build }) => (run: number, inputs: Record<string, string> = {}) => {
    const { event, env } = pullRequestRun('synchronize');
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: head });
    return build({ event, inputs: { ...token, ...inputs }, env: { ...env, GITHUB_RUN_ID: String(run) } });
  })
  /** Pull request 12 is merged, and its previews are cleaned up. */
  .extend('merge', ({ github, run }) => (id: number) => {
    const { event, env } = pullRequestRun('closed');
    github.pullRequests.set(12, { number: 12, state: 'closed' });
    return run({
      action: 'cleanup',
      ownProcess: true,
      inputs: token,
      event,
      env: { ...env, GITHUB_RUN_ID: String(id) },
    });
  });

/** A push of the version tag v1.2.3 on a commit. */
const release = (sha: string): RunChanges => ({
  event: { name: 'push', payload: { ref: 'refs/tags/v1.2.3', repository: { default_branch: 'main' } } },
  env: { GITHUB_REF: 'refs/tags/v1.2.3', GITHUB_REF_NAME: 'v1.2.3', GITHUB_SHA: sha },
});

/** The tags that people see. */
const plainTags = (service: LocalService) => tagsAt(service).filter((tag) => !tag.startsWith('content-'));

const resolveAll = (service: LocalService, tags: readonly string[]) =>
  new Set(tags.map((tag) => service.inspect.resolve('my-agent', tag)));

describe('what was tested in a pull request', () => {
  test('is what the main branch and the release get, and what another CI finds', async ({
    service,
    build,
    onPullRequest,
    merge,
  }) => {
    const tested = await onPullRequest(101);
    expect(tested.exitCode, tested.log).toBe(0);
    const { buildId } = tested.outputs;
    expect(tested.outputs).toMatchObject({ tags: 'pr-12', reused: 'false' });
    expect(plainTags(service)).toEqual(['pr-12']);

    const cleaned = await merge(102);
    expect(cleaned.outputs['removed'], cleaned.log).toBe('["my-agent:pr-12"]');
    expect(cleaned.log).toContain('removed: pull request 12 is closed; its build can still be reused');
    expect(plainTags(service)).toEqual([]);

    const merged = await build(pushOf(commits.second));
    expect(merged.outputs).toMatchObject({ buildId, reused: 'true', status: 'ready' });
    expect(merged.log).toContain('was made from commit cccccccccccc.');
    expect(merged.changes).toHaveLength(1);
    expect(resolveAll(service, ['latest', 'sha-b2b2b2b', 'default'])).toEqual(new Set([buildId]));

    const released = await build(release(commits.second));
    expect(released.outputs).toMatchObject({ buildId, reused: 'true', tags: '1.2.3,1.2,1,latest,default' });
    expect(released.changes).toEqual([
      {
        method: 'POST',
        path: '/templates/tags',
        body: { target: `my-agent:${buildId}`, tags: ['1.2.3', '1.2', '1', 'latest', 'default'] },
      },
    ]);
    expect(resolveAll(service, ['1.2.3', '1.2', '1', 'latest', 'default', 'sha-b2b2b2b'])).toEqual(
      new Set([buildId]),
    );

    // Neither GitHub nor its cache: everything that is needed stands at the service.
    const none = Object.fromEntries(
      ['GITHUB_EVENT_NAME', 'GITHUB_EVENT_PATH', 'GITHUB_REPOSITORY', 'GITHUB_SHA']
        .concat(['GITHUB_REF', 'GITHUB_REF_NAME', 'GITHUB_RUN_ID', 'GITHUB_SERVER_URL'])
        .concat(['ACTIONS_CACHE_URL', 'ACTIONS_RUNTIME_TOKEN'])
        .map((name) => [name, '']),
    );
    const elsewhere = await build({ inputs: { tags: 'staging' }, env: none });
    expect(elsewhere.exitCode, elsewhere.log).toBe(0);
    expect(elsewhere.outputs).toMatchObject({ buildId, reused: 'true', tags: 'staging' });
    const fork = await build({ env: { GITHUB_REPOSITORY: 'someone/else', GITHUB_SHA: commits.third } });
    expect(fork.outputs).toMatchObject({ buildId, reused: 'true' });
    expect(service.inspect.builds()).toHaveLength(1);
  });

  test('is built anew where something else came in before the merge', async ({
    workspace,
    build,
    onPullRequest,
    merge,
  }) => {
    const tested = await onPullRequest(101);
    await merge(102);
    await workspace.write({ 'app/main.py': 'print("another pull request")\n' });
    const merged = await build(pushOf(commits.second));
    expect(merged.outputs['reused'], merged.log).toBe('false');
    expect(merged.outputs['buildId']).not.toBe(tested.outputs['buildId']);
  });
});

describe('a build that is reused for a pull request', () => {
  test('that was closed meanwhile keeps no preview, and everything else that it had', async ({
    service,
    github,
    build,
    onPullRequest,
  }) => {
    const { outputs } = await build(pushOf(commits.first));
    // Open when the event was sent, closed and cleaned up by the time of the run.
    github.intercept = ({ path }) =>
      path.endsWith('/pulls/12')
        ? { status: 200, body: { number: 12, state: 'closed', head: { sha: head } } }
        : undefined;
    const run = await onPullRequest(101);
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs).toMatchObject({ buildId: outputs['buildId'], reused: 'true' });
    expect(run.changes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /templates/tags',
      'DELETE /templates/tags',
    ]);
    expect(run.log).toContain('Removed: pr-12. The build stays, as my-agent:');
    expect(plainTags(service)).toEqual(['default', 'latest', 'sha-a1a1a1a']);
    expect(states(github)).toEqual(['removed']);
  });

  test('is deployed to its environment as one that was made', async ({ github, build, onPullRequest }) => {
    await build(pushOf(commits.first));
    const run = await onPullRequest(101, { environment: 'preview' });
    expect(run.outputs['reused'], run.log).toBe('true');
    expect(github.deployments).toHaveLength(1);
    expect(github.deployments[0]?.statuses.map(({ state }) => state)).toEqual(['success']);
  });

  test('is not taken away from another that has the same content', async ({
    service,
    build,
    onPullRequest,
    merge,
  }) => {
    const first = await onPullRequest(101);
    const other = await build({ inputs: { tags: 'pr-13' } });
    await merge(102);
    expect(plainTags(service)).toEqual(['pr-13']);
    expect(service.inspect.resolve('my-agent', 'pr-13')).toBe(first.outputs['buildId']);
    expect(other.outputs['buildId']).toBe(first.outputs['buildId']);
  });
});

describe('the comment on a pull request', () => {
  test('says which build it is, since when and from which commit', async ({
    github,
    build,
    onPullRequest,
  }) => {
    const base = await build(pushOf(commits.first));
    const { buildId } = base.outputs;
    const run = await onPullRequest(101);
    expect(run.outputs).toMatchObject({ buildId, reused: 'true', tags: 'pr-12' });
    expect(states(github)).toEqual(['ready']);
    const body = github.comments[0]?.body ?? '';
    expect(body).toContain('### Template `my-agent` is ready');
    expect(body).toMatch(
      /Nothing was built: build `[\w-]+` has this content already\. It has been ready since 20\d\d-/,
    );
    expect(body).toContain('and was made from commit a1a1a1a1a1a1.');
    expect(body).toContain(`| Exactly this build | \`my-agent:${buildId}\` |`);
    expect(body).toContain('#### What changed against the last build of `main`\n\nNothing');
    expect(body).toContain('<details><summary>2 steps</summary>');
    expect(body).toContain(`<sub>Commit ${head}, [run 101]`);
    // It was ready from the start, so nobody was told that it is building.
    const written = github.requests.filter(({ method }) => method === 'POST' || method === 'PATCH');
    expect(written.filter(({ path }) => path.includes('/comments'))).toHaveLength(1);
  });

  test('goes back to a build of before when its commits are taken back', async ({
    service,
    workspace,
    github,
    onPullRequest,
  }) => {
    const before = await onPullRequest(101);
    const main = await readFile(join(workspace.path, 'app/main.py'), 'utf8');
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const changed = await onPullRequest(102);
    await workspace.write({ 'app/main.py': main });
    const reverted = await onPullRequest(103);
    const of = ({ outputs }: Run) => outputs['buildId'];
    expect(of(changed)).not.toBe(of(before));
    expect(of(reverted), reverted.log).toBe(of(before));
    expect(reverted.log).toContain(`Tag pr-12: moved here from build ${of(changed)}`);
    expect(service.inspect.resolve('my-agent', 'pr-12')).toBe(of(before));
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain(reverted.outputs['reference']);
  });
});
