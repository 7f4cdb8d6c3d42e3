import type { CiEvent } from '../../src/ci/event.ts';
import { fixtureEvent } from '../support/webhook-events.ts';
import { changed, eventOf, realPayload } from './webhook-payloads.ts';

const pushed = '6113728f27ae82c7b1a177c8d03f9e96e0adf246';
/** The merge commit that GitHub makes for a pull request. */
const merge = 'c4295bd74fb0f4fda03689c3df3f2803b658fd85';
const onMaster = { ref: 'refs/heads/master', sha: pushed };
const onPull = { ref: 'refs/pull/2/merge', sha: merge };

const push = realPayload('push', { ref: 'refs/heads/master' });
const tagPush = realPayload('push', { ref: 'refs/tags/simple-tag', deleted: false });
const opened = realPayload('pull_request', { action: 'opened' });
const closed = realPayload('pull_request', { action: 'closed' });
const published = realPayload('release', { action: 'published' });
const dispatch = realPayload('workflow_dispatch', { ref: 'refs/heads/master' });
const queued = realPayload('merge_group', { action: 'checks_requested' });
const queueRef = 'refs/heads/gh-readonly-queue/main/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64';
const queueSha = '2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d';
const run = realPayload('workflow_run', { action: 'requested' });
const created = realPayload('create');

const pushOf = (ref: string, payload = push) =>
  eventOf('push', changed(payload, { ref }), { ref, sha: pushed });
const releaseOf = (tag: string, prerelease = false) =>
  eventOf('release', changed(published, { release: { tag_name: tag, prerelease } }), {
    ref: `refs/tags/${tag}`,
    sha: pushed,
  });
const pullOf = (changes: Record<string, unknown>) =>
  eventOf('pull_request', changed(opened, { pull_request: changes }), onPull);
const runOf = (changes: Record<string, unknown>) =>
  eventOf('workflow_run', changed(run, { workflow_run: changes }), onMaster);

/** Events from real payloads. Where GitHub's examples lack a case, the named fields are changed. */
export const realEvents: Readonly<Record<string, CiEvent>> = {
  'push to the default branch': eventOf('push', push, onMaster),
  'push to another branch': pushOf('refs/heads/Feature/one'),
  'push of a tag': eventOf('push', tagPush, { ref: 'refs/tags/simple-tag', sha: pushed }),
  'push of a version': pushOf('refs/tags/v1.4.2', tagPush),
  'push of a version before 1.0.0': pushOf('refs/tags/v0.4.2', tagPush),
  'push of a pre-release': pushOf('refs/tags/v2.0.0-rc.1', tagPush),
  // GitHub: "When you delete a branch, the SHA in the workflow run (and its associated refs) reverts to the default branch".
  'push that deletes a tag': eventOf('push', realPayload('push', { deleted: true }), onMaster),
  'pull request opened': eventOf('pull_request', opened, onPull),
  'pull request synchronize': eventOf(
    'pull_request',
    realPayload('pull_request', { action: 'synchronize' }),
    onPull,
  ),
  'pull request labeled': eventOf('pull_request', realPayload('pull_request', { action: 'labeled' }), onPull),
  'pull request reopened': eventOf(
    'pull_request',
    realPayload('pull_request', { action: 'reopened' }),
    onPull,
  ),
  'pull request closed': eventOf('pull_request', closed, onPull),
  // After a merge the ref names the base branch.
  'pull request merged': eventOf('pull_request', changed(closed, { pull_request: { merged: true } }), {
    ref: 'refs/heads/master',
    sha: merge,
  }),
  'pull request of a fork': pullOf({ head: { repo: { full_name: 'octocat/Hello-World', fork: true } } }),
  'pull request of a fork that is deleted': pullOf({ head: { repo: null } }),
  'pull request of a branch named like a release': pullOf({ head: { ref: 'v1.4.2' } }),
  'pull request of the default branch of a fork': pullOf({
    head: { ref: 'master', repo: { full_name: 'octocat/Hello-World', fork: true } },
  }),
  pull_request_target: eventOf('pull_request', opened, { ...onMaster, eventName: 'pull_request_target' }),
  'review of a pull request': eventOf('pull_request_review', realPayload('pull_request_review'), onPull),
  release: eventOf('release', published, { ref: 'refs/tags/0.0.1', sha: pushed }),
  'release of a version': releaseOf('v1.4.2'),
  prerelease: eventOf('release', realPayload('release', { action: 'prereleased' }), {
    ref: 'refs/tags/0.0.1',
    sha: pushed,
  }),
  'release marked as a pre-release': releaseOf('v1.4.2', true),
  'release of a name that is no version': releaseOf('Spring Edition'),
  'schedule without repository': fixtureEvent('schedule'),
  'workflow_dispatch on the default branch': eventOf('workflow_dispatch', dispatch, onMaster),
  'workflow_dispatch on a branch': eventOf(
    'workflow_dispatch',
    changed(dispatch, { ref: 'refs/heads/topic' }),
    { ref: 'refs/heads/topic', sha: pushed },
  ),
  merge_group: eventOf('merge_group', queued, { ref: queueRef, sha: queueSha }),
  'push to the branch of a merge queue': pushOf(queueRef),
  'workflow_run after a repository_dispatch': eventOf('workflow_run', run, onMaster),
  'workflow_run after a push to a branch': runOf({ event: 'push', head_branch: 'topic' }),
  'workflow_run after a pull request': runOf({
    event: 'pull_request',
    head_branch: 'topic',
    pull_requests: [{ number: 7 }],
  }),
  'workflow_run after a pull request of a fork': runOf({
    event: 'pull_request',
    head_branch: 'master',
    head_repository: { full_name: 'octocat/octo-repo' },
    pull_requests: [],
  }),
  'create of a tag': eventOf('create', created, { ref: 'refs/tags/simple-tag', sha: pushed }),
  'create of a branch': eventOf('create', changed(created, { ref: 'topic', ref_type: 'branch' }), {
    ref: 'refs/heads/topic',
    sha: pushed,
  }),
  delete: eventOf('delete', realPayload('delete'), onMaster),
  repository_dispatch: eventOf('repository_dispatch', realPayload('repository_dispatch'), onMaster),
  'comment on an issue': eventOf('issue_comment', realPayload('issue_comment'), onMaster),
  'comment on a pull request': eventOf(
    'issue_comment',
    changed(realPayload('issue_comment'), { issue: { number: 2, pull_request: { url: 'https://x' } } }),
    onMaster,
  ),
};
