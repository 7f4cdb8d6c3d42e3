import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeEvent } from '../../src/ci/describe-event.ts';
import type { CiEvent } from '../../src/ci/event.ts';
import { readEvent } from '../../src/ci/read-event.ts';
import { eventContext, fixtureEvent, fixtureNames } from '../support/webhook-events.ts';

const head = '6dcb09b5b57875f334f61aebed695e2e4193db5e';
const base = '0f0e7b5a6f5c9d8f1e2d3c4b5a69788796a5b4c3';
const noon = (iso: string) => new Date(iso);

/** What an event has beside what {@link common} says. */
const rows: Record<string, Partial<CiEvent> & { says: string }> = {
  push_main: {
    kind: 'push',
    branch: 'main',
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a push to main',
  },
  push_branch: {
    kind: 'push',
    branch: 'feature/Blue_Car',
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a push to feature/Blue_Car',
  },
  push_tag: {
    kind: 'push',
    tag: 'v1.2.3',
    baseRef: 'main',
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a push of the tag v1.2.3',
  },
  push_tag_prerelease: {
    kind: 'push',
    tag: 'v2.0.0-rc.1',
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a push of the tag v2.0.0-rc.1',
  },
  push_queue: {
    kind: 'merge_group',
    branch: `gh-readonly-queue/main/pr-12-${base}`,
    pullRequest: 12,
    isUnmerged: true,
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'the merge group of pull request 12',
  },
  pull_request_opened: {
    ...{ kind: 'pull_request', action: 'opened', pullRequest: 12, isUnmerged: true },
    ...{ baseRef: 'main', headRef: 'blue-car', says: 'pull request 12' },
  },
  pull_request_synchronize: {
    ...{ kind: 'pull_request', action: 'synchronize', pullRequest: 12, isUnmerged: true },
    ...{ baseRef: 'main', headRef: 'blue-car', says: 'pull request 12' },
  },
  pull_request_fork: {
    ...{ kind: 'pull_request', action: 'opened', pullRequest: 13, isUnmerged: true, fork: true },
    ...{ baseRef: 'main', headRef: 'main', says: 'pull request 13' },
  },
  pull_request_fork_deleted: {
    ...{ kind: 'pull_request', action: 'reopened', pullRequest: 13, isUnmerged: true, fork: true },
    ...{ baseRef: 'main', headRef: 'main', says: 'pull request 13' },
  },
  pull_request_closed: {
    ...{ kind: 'pull_request', action: 'closed', pullRequest: 12, isUnmerged: true },
    ...{ removed: 'pull_request', merged: false },
    ...{ baseRef: 'main', headRef: 'blue-car', says: 'pull request 12' },
  },
  pull_request_merged: {
    // Its ref is the base branch, which is not what is built.
    ...{ kind: 'pull_request', action: 'closed', pullRequest: 12, isUnmerged: true },
    ...{ removed: 'pull_request', merged: true },
    ...{ ref: 'refs/heads/main', baseRef: 'main', headRef: 'blue-car', says: 'pull request 12' },
  },
  pull_request_dependabot: {
    ...{ kind: 'pull_request', action: 'opened', pullRequest: 14, isUnmerged: true, dependabot: true },
    ...{ baseRef: 'main', headRef: 'dependabot/npm_and_yarn/tar-7.5.2', says: 'pull request 14' },
  },
  pull_request_target: {
    ...{ kind: 'pull_request', action: 'synchronize', pullRequest: 13, isUnmerged: true, fork: true },
    ...{ ref: 'refs/heads/main', baseRef: 'main', headRef: 'main', says: 'pull request 13' },
  },
  pull_request_review: {
    ...{ kind: 'pull_request', action: 'submitted', pullRequest: 12, isUnmerged: true },
    ...{ baseRef: 'main', headRef: 'blue-car', says: 'pull request 12' },
  },
  merge_group: {
    ...{
      kind: 'merge_group',
      action: 'checks_requested',
      pullRequest: 12,
      isUnmerged: true,
      baseRef: 'main',
    },
    branch: `gh-readonly-queue/main/pr-12-${base}`,
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'the merge group of pull request 12',
  },
  release: {
    ...{ kind: 'release', action: 'published', tag: 'v1.2.3', prerelease: false },
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'the release v1.2.3',
  },
  release_prerelease: {
    ...{ kind: 'release', action: 'published', tag: 'v2.0.0', prerelease: true },
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'the pre-release v2.0.0',
  },
  // Its payload says nothing of the repository.
  schedule: { kind: 'schedule', branch: 'main', defaultBranch: 'main', says: 'a schedule on main' },
  workflow_dispatch_branch: {
    kind: 'workflow_dispatch',
    branch: 'blue-car',
    says: 'workflow_dispatch on blue-car',
  },
  workflow_dispatch_tag: {
    kind: 'workflow_dispatch',
    tag: 'v1.2.3',
    says: 'workflow_dispatch on the tag v1.2.3',
  },
  workflow_run_push: {
    ...{ kind: 'workflow_run', action: 'completed', branch: 'main' },
    workflowRun: { event: 'push', branch: 'main' },
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a run triggered by push',
  },
  workflow_run_branch: {
    ...{ kind: 'workflow_run', action: 'completed', branch: 'main', sha: base },
    workflowRun: { event: 'push', branch: 'blue-car' },
    says: 'a run triggered by push',
  },
  workflow_run_pull_request: {
    ...{ kind: 'workflow_run', action: 'completed', branch: 'main', pullRequest: 12, isUnmerged: true },
    workflowRun: { event: 'pull_request', branch: 'blue-car' },
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a run triggered by pull_request of 12',
  },
  workflow_run_fork: {
    ...{ kind: 'workflow_run', action: 'completed', branch: 'main', isUnmerged: true, fork: true },
    workflowRun: { event: 'pull_request', branch: 'main' },
    commitDate: noon('2024-05-05T06:30:00Z'),
    says: 'a run triggered by pull_request',
  },
  create_branch: { kind: 'create', branch: 'blue-car', says: 'create on blue-car' },
  create_tag: { kind: 'create', tag: 'v1.2.3', says: 'create on the tag v1.2.3' },
  delete: { kind: 'delete', branch: 'main', removed: 'ref', says: 'delete on main' },
  repository_dispatch: {
    ...{ kind: 'other', action: 'rebuild', branch: 'main' },
    says: 'repository_dispatch on main',
  },
  issue_comment: {
    ...{ kind: 'other', action: 'created', branch: 'main', sha: base, pullRequest: 12, isUnmerged: true },
    says: 'issue_comment on pull request 12',
  },
  issue_comment_on_issue: {
    ...{ kind: 'other', action: 'created', branch: 'main', sha: base },
    says: 'issue_comment on main',
  },
};

/** What holds where a row does not say otherwise. */
function common(name: string): Partial<CiEvent> {
  const { eventName, ref } = eventContext(name);
  return {
    ...{ name: eventName, ref, sha: head, isUnmerged: false, fork: false, dependabot: false },
    defaultBranch: 'main',
    repository: 'octo-org/agent',
    runUrl: 'https://github.com/octo-org/agent/actions/runs/42',
  };
}

describe('an event', () => {
  test('of every file is in the table', () => {
    expect(Object.keys(rows).sort()).toEqual([...fixtureNames].sort());
  });

  test.each(Object.entries(rows))('%s is read for what it is', (name, { says, ...row }) => {
    const event = fixtureEvent(name);
    expect(event).toEqual({ ...common(name), ...row });
    expect(describeEvent(event)).toBe(says);
  });

  test('outside of GitHub has the kind none', () => {
    expect(readEvent({}, undefined)).toEqual({
      ...{ kind: 'none', name: '', isUnmerged: false, fork: false, dependabot: false },
    });
  });

  test.each([0, -1, 1.5, '12', null, {}])('has no number when the payload says %j', (number) => {
    const context = eventContext('pull_request_opened');
    const payload = { ...context.payload, number, pull_request: { ...context.payload.pull_request, number } };
    expect(readEvent({ ...context, payload: payload as object }, 'o/r').pullRequest).toBeUndefined();
  });

  test('is read with a payload of any shape', () => {
    const names = ['push', 'pull_request', 'release', 'merge_group', 'workflow_run', 'issue_comment'];
    const keys = [
      'pull_request',
      'number',
      'head',
      'repo',
      'ref',
      'sha',
      'commits',
      'workflow_run',
      'release',
    ];
    const payloads = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(null, 0, -1, 12, true, '', 'x', head),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.constantFrom(...names), payloads, (eventName, payload) => {
        const event = readEvent({ eventName, ref: 'refs/heads/main', payload: payload as object }, 'o/r');
        expect(event.name).toBe(eventName);
        expect(event.pullRequest ?? 1).toBeGreaterThan(0);
        expect(describeEvent(event)).not.toBe('');
      }),
    );
  });
});
