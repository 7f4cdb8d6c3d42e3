import { describe, expect, test } from 'vitest';
import type { CiEvent } from '../../src/ci/event.ts';
import { readEvent } from '../../src/ci/read-event.ts';
import { decideTags } from '../../src/tags/decide.ts';
import { eventContext, pushOfTag, pushToBranch, releaseOf } from '../support/webhook-events.ts';
import { decide, now, tagsOf } from './decide.ts';

const main = ['latest', 'sha-6dcb09b', 'default'];
const release = ['1.2.3', '1.2', '1', 'latest', 'default'];

/** A push with an empty payload. */
function bare(ref: string): CiEvent {
  return readEvent({ eventName: 'push', ref, sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e' }, 'o/r');
}

describe('without rules', () => {
  test.each<[string, readonly string[]]>([
    ['push_main', main],
    ['push_branch', ['feature-blue_car']],
    ['push_tag', release],
    ['push_tag_prerelease', ['2.0.0-rc.1']],
    ['push_queue', ['queue-12']],
    ['pull_request_opened', ['pr-12']],
    ['pull_request_synchronize', ['pr-12']],
    ['pull_request_fork', ['pr-13']],
    ['pull_request_fork_deleted', ['pr-13']],
    ['pull_request_dependabot', ['pr-14']],
    ['pull_request_target', ['pr-13']],
    ['pull_request_review', ['pr-12']],
    ['merge_group', ['queue-12']],
    ['release', release],
    ['release_prerelease', ['2.0.0']],
    ['schedule', ['nightly']],
    ['workflow_dispatch_branch', ['blue-car']],
    ['workflow_dispatch_tag', release],
    ['workflow_run_push', main],
    ['workflow_run_branch', ['blue-car']],
    ['workflow_run_pull_request', ['pr-12']],
    // The payload lists no pull request of a fork.
    ['workflow_run_fork', ['sha-6dcb09b']],
    ['create_branch', ['blue-car']],
    ['create_tag', release],
    ['repository_dispatch', main],
    ['issue_comment', ['pr-12']],
    ['issue_comment_on_issue', ['latest', 'sha-0f0e7b5', 'default']],
  ])('%s → %j', async (event, tags) => {
    expect(await tagsOf(event, '')).toEqual(tags);
    expect(await tagsOf(event, '\n  # nothing but a remark\n')).toEqual(tags);
  });

  test.each<[string, CiEvent, readonly string[]]>([
    ['a branch in capitals', pushToBranch('Fix/Ü#1'), ['fix-1--38ca33bf']],
    ['a branch named like what users get', pushToBranch('latest'), ['branch-latest']],
    ['a branch named default', pushToBranch('Default'), ['branch-default']],
    ['a branch of releases', pushToBranch('1.x'), ['1.x']],
    ['a branch named like a version', pushToBranch('v1.2'), ['branch-v1.2']],
    [
      'a branch that is an identifier',
      pushToBranch('0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b'),
      ['tag-0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b'],
    ],
    [
      'a branch that is a content tag',
      pushToBranch(`content-${'ab'.repeat(32)}`),
      [expect.stringMatching(/^tag-[0-9a-f]{8}$/)],
    ],
    ['a branch of no Latin letter', pushToBranch('修正'), ['tag-a05e98af']],
    ['a branch named like a preview', pushToBranch('pr-12'), ['branch-pr-12']],
    ['a branch that a sweep would take for a preview', pushToBranch('pr-12/fix'), ['branch-pr-12-fix']],
    ['a branch named like a commit', pushToBranch('sha-6dcb09b'), ['branch-sha-6dcb09b']],
    ['a branch named like a merge group', pushToBranch('queue-7'), ['branch-queue-7']],
    ['a branch named like the tag of another', pushToBranch('branch-latest'), ['branch-branch-latest']],
    ['a git tag latest', pushOfTag('latest'), ['tag-latest']],
    ['a git tag default', pushOfTag('default'), ['tag-default']],
    ['a git tag named like a preview', pushOfTag('pr-12'), ['tag-pr-12']],
    ['a git tag named like a commit', pushOfTag('sha-6dcb09b'), ['tag-sha-6dcb09b']],
    [
      'a git tag that is a content tag',
      pushOfTag(`content-${'ab'.repeat(32)}`),
      [expect.stringMatching(/^tag-[0-9a-f]{8}$/)],
    ],
    ['a pre-release under the git tag latest', releaseOf('latest', true), ['tag-latest']],
    ['a pre-release under the git tag nightly', releaseOf('nightly', true), ['nightly']],
    ['a pre-release under the git tag v1', releaseOf('v1', true), ['tag-v1']],
    ['a release under the git tag latest', releaseOf('latest', false), ['tag-latest']],
    ['a git tag of a component', pushOfTag('my-agent-v1.2.3'), ['my-agent-v1.2.3']],
    ['one number', pushOfTag('2'), ['2']],
    ['a push that does not name the default branch', bare('refs/heads/main'), ['main']],
    ['a git tag that is no version', pushOfTag('stable'), ['stable']],
    ['a git tag with a path', pushOfTag('api/v1.2.3'), ['api-v1.2.3']],
    ['a version without v', pushOfTag('1.2.3'), release],
    ['a version before 1.0.0', pushOfTag('v0.3.1'), ['0.3.1', '0.3', 'latest', 'default']],
    ['a version with build metadata', pushOfTag('v1.2.3+20240505'), release],
    ['a pre-release that is not marked as one', releaseOf('v2.0.0-beta.1', false), ['2.0.0-beta.1']],
    ['a pre-release that is marked only', releaseOf('v2.0.0', true), ['2.0.0']],
    ['two digits', pushOfTag('v1.2'), ['v1.2']],
    [
      'a pull request of which only the event is known',
      readEvent({ ...eventContext('pull_request_opened'), payload: {} }, 'o/r'),
      ['sha-abcdef0'],
    ],
  ])('%s', async (_, event, tags) => {
    expect(await tagsOf(event, '')).toEqual(tags);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['v1.2.3', [], release],
    ['v1.2.3', ['nightly', 'pr-7', 'sha-0123456', 'latest', 'default'], release],
    ['v1.2.3', ['1.2.3', '1.2', '1'], release],
    ['v1.2.3', ['1.2.2', '0.9.0', '1.2.3-rc.1'], release],
    ['v1.10.0', ['1.9.0'], ['1.10.0', '1.10', '1', 'latest', 'default']],
    ['v1.2.3', ['2.0.0-rc.1'], release],
    ['v1.2.3', ['2.0.0'], ['1.2.3', '1.2', '1']],
    ['v1.2.3', ['v2.0.0'], ['1.2.3', '1.2', '1']],
    ['v1.2.3', ['2.0'], ['1.2.3', '1.2', '1']],
    ['v1.2.3', ['20240505', '2'], release],
    // `1` and `1.2` never go back either.
    ['v1.2.3', ['1.3.0'], ['1.2.3', '1.2']],
    ['v1.2.3', ['1.2.4'], ['1.2.3']],
    ['v1.2.3', ['1.20.0', '2.0.0'], ['1.2.3', '1.2']],
    ['1.2', ['1.2.9'], ['tag-1.2']],
    ['1', ['1.2.9'], ['tag-1']],
    ['1.2', ['1.3.0'], ['1.2']],
    // Versions of a variant do not count for those without.
    ['v1.2.3', ['9.9.9-slim', 'app-9.9.9'], release],
  ])('%s beside %j → %j', async (tag, existing, tags) => {
    expect(await tagsOf(pushOfTag(tag), '', { existing })).toEqual(tags);
  });

  test('no tag moves while the tags cannot be read, and the reason says so', async () => {
    const existing = new Error('answered 503');
    const { tags, decisions, problems } = await decide('push_tag', '', { existing });
    expect(problems).toEqual([]);
    expect(tags).toEqual(['1.2.3']);
    expect(decisions.at(-1)).toEqual({
      rule: 'latest',
      reason: 'the tags of the template could not be read: answered 503',
    });
  });

  test('the tags of the template are asked for once', async () => {
    let asked = 0;
    const existingTags = async () => {
      asked += 1;
      return [];
    };
    const event = pushOfTag('v1.2.3');
    const { tags } = await decideTags({ rules: '', event, allowProductionTags: false, existingTags, now });
    expect(tags).toEqual(release);
    expect(asked).toBe(1);
  });

  test.each([
    'push_main',
    'push_branch',
    'pull_request_opened',
    'merge_group',
    'schedule',
    'push_tag_prerelease',
    'release_prerelease',
  ])('%s asks for no tags of the template', async (event) => {
    const { problems, decisions } = await decide(event, '', { existing: new Error('asked') });
    expect(problems).toEqual([]);
    expect(JSON.stringify(decisions)).not.toContain('asked');
  });

  test('each row says why', async () => {
    expect((await decide('push_main', '')).decisions).toEqual([
      { rule: 'latest', tag: 'latest', reason: 'main is the default branch' },
      { rule: 'type=sha', tag: 'sha-6dcb09b', reason: 'the commit of a push to main' },
      {
        rule: 'default',
        tag: 'default',
        reason: 'main is the default branch; a name without a tag means this build',
      },
    ]);
    expect((await decide('push_branch', '')).decisions).toEqual([
      {
        rule: 'type=ref,event=branch',
        tag: 'feature-blue_car',
        reason: 'the branch; made of "feature/Blue_Car": other characters became -, capitals became small',
      },
    ]);
    expect((await decide('push_tag_prerelease', '')).decisions).toEqual([
      { rule: 'type=semver,pattern={{version}}', tag: '2.0.0-rc.1', reason: 'from v2.0.0-rc.1' },
      { rule: 'latest', reason: '2.0.0-rc.1 is a pre-release' },
    ]);
    expect((await decide(pushOfTag('v0.3.1'), '', { existing: ['1.0.0'] })).decisions.slice(2)).toEqual([
      { rule: 'type=semver,pattern={{major}}', reason: 'before 1.0.0 any version may break the one before' },
      { rule: 'latest', reason: '1.0.0 is higher than 0.3.1' },
    ]);
  });

  test('a run that nothing could name is a problem, not a build of default', async () => {
    const { tags, problems } = await decide(readEvent({ eventName: 'push' }, 'o/r'), '');
    expect(tags).toEqual([]);
    expect(problems).toEqual([
      { title: 'Input tags', message: expect.stringContaining('nothing in a push that could name a build') },
    ]);
  });
});
