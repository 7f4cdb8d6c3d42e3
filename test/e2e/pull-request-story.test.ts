import { describe, expect } from 'vitest';
import { commentMarker, readCommentMarker } from '../../src/github/comment-marker.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import type { GithubServer } from '../support/github-server.ts';
import { groupsOf, type RunResult } from '../support/runner.ts';
import { gate } from '../support/service-client.ts';
import { pullRequestRun, states, tagsAt } from './pull-request-kit.ts';

const recipe = (command: string, base = 'debian:12') => `import { Template } from 'novita-sandbox';
export default Template().fromImage('${base}', undefined, { inheritConfig: false }).runCmd('${command}');
`;
/** What is built on this has a content tag. */
const pinned = `debian:12@sha256:${'d1'.repeat(32)}`;

/** A repository with pull request 12 open, and runs with an identifier. */
const test = testWith({ files: { 'template.mjs': recipe('make') } })
  .extend(
    'inRun',
    ({ run }) =>
      ({ run: id, ...changes }: RunChanges & { readonly run: number }) =>
        run({
          ...changes,
          inputs: {
            ...(changes.action !== 'promote' && { 'github-token': 'ghs_0123456789' }),
            ...changes.inputs,
          },
          env: { ...changes.env, GITHUB_RUN_ID: String(id) },
        }),
  )
  /** Builds with these tags for pull request 12, which is closed and cleaned up while the only step runs. */
  .extend(
    'cleanedUpMeanwhile',
    ({ service, workspace, github, inRun }) =>
      async (tags: string, base?: string) => {
        const door = gate();
        service.script = [{ at: 1, until: door.passed }];
        if (base) await workspace.write({ 'template.mjs': recipe('make', base) });
        let cleaning: Promise<RunResult> | undefined;
        const built = await inRun({
          run: 101,
          ...pullRequestRun('opened'),
          inputs: { tags },
          onOutput: (printed) => {
            if (cleaning || !printed.includes('::group::[1/1]')) return;
            close(github);
            cleaning = inRun({ action: 'cleanup', run: 102, ...pullRequestRun('closed') });
            void cleaning.finally(door.open);
          },
        });
        const cleaned = await cleaning;
        expect(cleaned?.exitCode, cleaned?.log).toBe(0);
        expect(cleaned?.outputs['removed']).toBe('["my-agent:pr-12"]');
        // The cleanup has the last word, though the build ends after it.
        expect(built.log).toContain('The comment of a newer run was kept.');
        const [{ body = '' } = {}, ...others] = github.comments;
        expect(readCommentMarker(body)).toMatchObject({ state: 'removed', run: 102 });
        expect(others).toEqual([]);
        const plainTags = tagsAt(service).filter((tag) => !tag.startsWith('content-'));
        return { built, tags: plainTags, builds: service.inspect.builds() };
      },
  );

test.beforeEach(({ github }) => {
  github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
});

const close = (github: GithubServer) => github.pullRequests.set(12, { number: 12, state: 'closed' });

describe('a pull request', () => {
  test('opened, pushed to, merged, and its build released', async ({
    service,
    workspace,
    github,
    inRun,
    cache: _,
  }) => {
    const onMain = { GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main' };
    const resolve = service.inspect.resolve;

    const base = await inRun({ run: 100, env: onMain });
    expect(base.exitCode, base.log).toBe(0);
    await inRun({ run: 100, env: onMain, state: base.state });
    const production = base.outputs['buildId'];

    // Opened: a tag of its own, one comment.
    const early = 'a'.repeat(40);
    const opening = pullRequestRun('opened', early);
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: early });
    const opened = await inRun({ run: 101, ...opening });
    expect(opened.exitCode, opened.log).toBe(0);
    expect(tagsAt(service)).toEqual(['default', 'latest', 'pr-12', 'sha-0123456']);
    expect(resolve('my-agent', 'pr-12')).toBe(opened.outputs['buildId']);
    expect(github.comments).toHaveLength(1);

    // Pushed to: the same tag moves on, the same comment tells what changed.
    await workspace.write({ 'template.mjs': recipe('make all') });
    const pushing = pullRequestRun('synchronize');
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
    const pushed = await inRun({ run: 102, ...pushing });
    expect(pushed.exitCode, pushed.log).toBe(0);
    expect(resolve('my-agent', 'pr-12')).toBe(pushed.outputs['buildId']);
    expect(resolve('my-agent', 'latest')).toBe(production);
    expect(states(github)).toEqual(['ready']);
    expect(github.comments[0]?.body).toContain(pushed.outputs['reference']);
    expect(github.comments[0]?.body).not.toContain(opened.outputs['reference']);
    expect(github.comments[0]?.body).toContain('- **Changed** step 1: `RUN make all`, was `RUN make`');

    // Merged: what users get stays, the preview goes.
    close(github);
    const clean = await inRun({ action: 'cleanup', run: 103, ...pullRequestRun('closed') });
    expect(clean.exitCode, clean.log).toBe(0);
    expect(clean.outputs['removed']).toBe('["my-agent:pr-12"]');
    expect(tagsAt(service)).toEqual(['default', 'latest', 'sha-0123456']);
    expect(resolve('my-agent', 'latest')).toBe(production);
    expect(states(github)).toEqual(['removed']);
    expect(github.comments[0]?.body).toContain('Removed at the service: `pr-12`.');

    // The merge is built on main, and its build is what the release hands out.
    const merged = await inRun({
      run: 104,
      inputs: { tags: 'type=sha' },
      env: { ...onMain, GITHUB_SHA: 'd'.repeat(40) },
    });
    expect(merged.exitCode, merged.log).toBe(0);
    expect(resolve('my-agent', 'latest')).toBe(production);
    const builds = service.inspect.builds().length;
    const release = await inRun({
      action: 'promote',
      run: 105,
      inputs: { from: 'sha-ddddddd', tags: '' },
      event: {
        name: 'release',
        payload: {
          action: 'published',
          release: { tag_name: 'v1.0.0', prerelease: false, draft: false },
          repository: { full_name: 'octo-org/agent', default_branch: 'main' },
        },
      },
      env: { GITHUB_REF: 'refs/tags/v1.0.0' },
    });
    expect(release.exitCode, release.log).toBe(0);
    expect(service.inspect.builds()).toHaveLength(builds);
    for (const tag of ['1.0.0', '1.0', '1', 'latest', 'default']) {
      expect(resolve('my-agent', tag), tag).toBe(merged.outputs['buildId']);
    }
  });

  test('that is opened again after its cleanup has its preview and its comment back', async ({
    service,
    github,
    inRun,
  }) => {
    await inRun({ run: 101, ...pullRequestRun('opened') });
    close(github);
    await inRun({ action: 'cleanup', run: 102, ...pullRequestRun('closed') });
    expect(states(github)).toEqual(['removed']);
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
    const again = await inRun({ run: 103, ...pullRequestRun('reopened') });
    expect(again.exitCode, again.log).toBe(0);
    expect(states(github)).toEqual(['ready']);
    expect(service.inspect.resolve('my-agent', 'pr-12')).toBe(again.outputs['buildId']);
  });

  test('that is cleaned up while its build runs keeps no preview', async ({ cleanedUpMeanwhile }) => {
    const { built, tags } = await cleanedUpMeanwhile('pr-12, keep');
    expect(built.exitCode, built.log).toBe(0);
    expect(tags).toEqual(['keep']);
  });

  test('that is merged while its build runs is green, and says what became of preview and build', async ({
    cleanedUpMeanwhile,
  }) => {
    const { built, tags, builds } = await cleanedUpMeanwhile('', pinned);
    expect(built.exitCode, built.log).toBe(0);
    groupsOf(built.log);
    expect(built.outputs).toMatchObject({ status: 'ready', buildId: builds[0]?.id });
    expect(builds.map(({ status }) => status)).toEqual(['ready']);
    expect(tags).toEqual([]);
    const [notice, ...others] = built.log.split('\n').filter((line) => line.startsWith('::notice'));
    expect(others).toEqual([]);
    expect(notice).toContain(
      `Pull request 12 was closed during this build. Its preview was cleaned up meanwhile: pr-12. The build stays, as my-agent:${builds[0]?.id}: a run of the same content takes it.`,
    );
    expect(built.log).not.toMatch(/^::(error|warning)/m);
  });

  test('whose build had failed by then promises nobody that it stays', async ({
    service,
    workspace,
    github,
    inRun,
  }) => {
    const door = gate();
    const fail = { message: 'exit status 1' };
    service.script = [{ at: 1, until: door.passed, fail }];
    await workspace.write({ 'template.mjs': recipe('make', pinned) });
    const built = await inRun({
      run: 101,
      ...pullRequestRun('opened'),
      onOutput: (printed) => {
        if (!printed.includes('::group::[1/1]')) return;
        close(github);
        door.open();
      },
    });
    expect([built.exitCode, built.outputs['status']]).toEqual([1, 'error']);
    expect(built.log).toContain('Removed: pr-12.');
    expect(built.log).not.toContain('The build stays');
  });

  test('whose build has no other tag, not even of its content, is lost sight of, and the job says why', async ({
    cleanedUpMeanwhile,
  }) => {
    const { built, tags } = await cleanedUpMeanwhile('');
    expect(built.exitCode, built.log).toBe(1);
    groupsOf(built.log);
    expect(built.log).toContain('its last tag was removed while it ran');
    expect(tags).toEqual([]);
  });
});

describe('one comment', () => {
  test('is left when two runs make it in the same moment: that of the newer one', async ({
    github,
    inRun,
  }) => {
    // Both have looked and found none when the first one is made.
    const both = gate();
    let making = 0;
    github.intercept = async ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/comments')) return undefined;
      if (++making === 2) both.open();
      await both.passed;
      return undefined;
    };
    const [older, newer] = await Promise.all(
      [101, 102].map((run) => inRun({ run, ...pullRequestRun('synchronize') })),
    );
    const log = `${older?.log}${newer?.log}`;
    expect([older?.exitCode, newer?.exitCode], log).toEqual([0, 0]);
    expect(making).toBe(2);
    expect(github.comments).toHaveLength(1);
    expect(readCommentMarker(github.comments[0]?.body ?? '')).toMatchObject({ run: 102 });
  });

  test('of a stranger who bears the marker is never touched, whatever run it claims', async ({
    github,
    inRun,
  }) => {
    const planted = [0, 10 ** 15].map((run) => {
      const header = { name: 'my-agent', key: '', state: 'building', run, attempt: 1 } as const;
      return github.addComment(12, `${commentMarker(header)}\nplanted`, 'mallory');
    });
    const before = planted.map(({ body }) => body);
    const built = await inRun({ run: 101, ...pullRequestRun('opened') });
    expect(built.exitCode, built.log).toBe(0);
    expect(planted.map(({ body }) => body)).toEqual(before);
    const own = github.comments.filter(({ author }) => author === github.login);
    expect(own).toHaveLength(1);
    expect(own[0]?.body).toContain(built.outputs['reference']);
    close(github);
    await inRun({ action: 'cleanup', run: 102, ...pullRequestRun('closed') });
    expect(planted.map(({ body }) => body)).toEqual(before);
    expect(readCommentMarker(own[0]?.body ?? '')).toMatchObject({ state: 'removed' });
  });

  test('is found behind forty pages of others, by the build and by the cleanup', async ({
    github,
    inRun,
  }) => {
    for (let index = 0; index < 4000; index += 1) github.addComment(12, `talk ${index}`, 'someone');
    await inRun({ run: 101, ...pullRequestRun('opened') });
    const second = await inRun({ run: 102, ...pullRequestRun('synchronize') });
    expect(github.comments).toHaveLength(4001);
    const own = github.comments.at(-1);
    expect(own?.body, second.log).toContain(second.outputs['reference']);
    close(github);
    const { log } = await inRun({ action: 'cleanup', run: 103, ...pullRequestRun('closed') });
    expect(log).toContain('1 comment edited to say that the preview is gone');
    expect(readCommentMarker(own?.body ?? '')).toMatchObject({ state: 'removed' });
    expect(github.comments).toHaveLength(4001);
  });
});
