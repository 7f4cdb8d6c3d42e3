/** Events that take something away, and runs that nothing could name: nothing is asked of the service. */
import { describe, expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { build } from '../support/service-client.ts';

// A recipe that would ask the service for its parent, and leaves a trace when it is run.
const files = {
  'template.mjs': `import { Template } from 'novita-sandbox';
console.log('the recipe runs');
export default Template().fromTemplate('base').runCmd('make');`,
};

const repo = { full_name: 'octo-org/agent' };
const repository = { ...repo, default_branch: 'main' };
const release = (action: string, more: object = {}) => ({
  name: 'release',
  payload: { action, release: { tag_name: 'v1.4.2', prerelease: false, draft: false, ...more }, repository },
});
const pull = (action: string, more: object, name = 'pull_request') => ({
  name,
  payload: {
    action,
    number: 12,
    pull_request: {
      ...{ number: 12, state: 'open', merged: false },
      head: { sha: 'c'.repeat(40), ref: 'topic', repo },
      base: { sha: 'b'.repeat(40), ref: 'main', repo },
      ...more,
    },
    repository,
  },
});
const closed = { state: 'closed', merged: false };
const merged = { state: 'closed', merged: true };
const zeros = '0'.repeat(40);
const tag = 'refs/tags/v1.4.2';
const main = 'refs/heads/main';
const comment = (state: string, action = 'created') => ({
  name: 'issue_comment',
  payload: { action, issue: { number: 12, state, pull_request: {} }, repository },
});

type Row = readonly [what: string, event: RunChanges['event'], ref: string, says: string];
const gone: readonly Row[] = [
  ['a release deleted', release('deleted'), tag, 'types: [published]'],
  ['a release unpublished', release('unpublished', { draft: true }), tag, 'types: [published]'],
  ['a pre-release deleted', release('deleted', { prerelease: true }), tag, 'types: [published]'],
  ['a draft created', release('created', { draft: true }), tag, 'types: [published]'],
  [
    'a git tag deleted',
    { name: 'push', payload: { deleted: true, repository } },
    tag,
    'github.event.deleted',
  ],
  [
    'a branch deleted',
    { name: 'push', payload: { deleted: true, repository } },
    main,
    'github.event.deleted',
  ],
  [
    'a push to nothing',
    { name: 'push', payload: { after: zeros, repository } },
    main,
    'github.event.deleted',
  ],
  [
    'delete',
    { name: 'delete', payload: { ref: 'x', ref_type: 'branch', repository } },
    main,
    'Remove `delete` from `on:`',
  ],
  [
    'a run after a deletion',
    { name: 'workflow_run', payload: { workflow_run: { event: 'delete' }, repository } },
    main,
    'Remove `delete` from `on:`',
  ],
  ['a pull request closed', pull('closed', closed), 'refs/pull/12/merge', '[opened, synchronize, reopened]'],
  [
    'a pull request closed, on its target',
    pull('closed', closed, 'pull_request_target'),
    main,
    'under `on: pull_request_target`',
  ],
  [
    'a review on a closed pull request',
    pull('submitted', closed, 'pull_request_review'),
    main,
    "github.event.pull_request.state == 'open'",
  ],
  ['a comment deleted', comment('open', 'deleted'), main, 'without `deleted`'],
  [
    'a merge group destroyed',
    { name: 'merge_group', payload: { action: 'destroyed', merge_group: {}, repository } },
    'refs/heads/gh-readonly-queue/main/pr-12-0123456',
    '[checks_requested]',
  ],
  [
    'an issue deleted',
    { name: 'issues', payload: { action: 'deleted', repository } },
    main,
    'Under `on: issues`',
  ],
];
/** Nothing is left to build, and a merge is what many promote by. */
const accepted: readonly Row[] = [
  ['a pull request merged', pull('closed', merged), main, '[opened, synchronize, reopened]'],
  ['a label on a merged pull request', pull('labeled', merged), main, '[opened, synchronize, reopened]'],
  ['a comment on a closed pull request', comment('closed'), main, "github.event.issue.state == 'open'"],
];

const test = testWith({ files }).extend(
  'runAt',
  ({ service, run }) =>
    async (action: string, row: Row, inputs: Record<string, string>) => {
      const [, event, ref] = row;
      const before = service.requests.length;
      const result = await run({ action, ...(event && { event }), inputs, env: { GITHUB_REF: ref } });
      return { ...result, requests: service.requests.slice(before) };
    },
);

test.beforeEach(async ({ service }) => {
  await build(service, 'base', {}, ['default']);
  await build(service, 'my-agent', {}, ['1.3.2']);
});

test.for([...gone, ...accepted].map((row) => [row[0], row] as const))(
  '%s builds nothing, and says which events to take',
  async ([_, row], { runAt }) => {
    const { exitCode, log, outputs, summary, requests } = await runAt('', row, { tags: 'latest, default' });
    expect(exitCode, log).toBe(0);
    expect(requests).toEqual([]);
    expect(log).not.toContain('the recipe runs');
    expect(log).toMatch(/^::notice title=Nothing was built::/m);
    expect(log).toContain(row[3]);
    expect(outputs).toEqual({ status: 'skipped' });
    expect(summary).toContain('`my-agent`: nothing was built');
  },
);

const rows = [...gone, ...accepted];
const named = (...names: string[]) =>
  rows.filter(([what]) => names.includes(what)).map((row) => [row[0], row] as const);
const written = { from: '1.3.2', tags: 'latest\ntype=sha\nkeep', 'allow-production-tags': 'true' };

test.for(named('a release deleted', 'a pull request closed', 'delete'))(
  '%s promotes nothing, whatever tags says',
  async ([_, row], { runAt }) => {
    const { exitCode, log, requests } = await runAt('promote', row, written);
    expect(exitCode, log).toBe(0);
    expect(requests).toEqual([]);
    expect(log).toMatch(/^::notice title=Nothing was promoted::/m);
  },
);

test.for(named('a release unpublished', 'a git tag deleted', 'a pull request merged'))(
  '%s promotes nothing of itself',
  async ([_, row], { runAt }) => {
    const { exitCode, log, requests } = await runAt('promote', row, { from: '1.3.2', tags: '' });
    expect(exitCode, log).toBe(0);
    expect(requests).toEqual([]);
  },
);

test('a merge promotes what is asked for in so many words', async ({ runAt }) => {
  for (const [, row] of named('a pull request merged')) {
    const { exitCode, log, outputs } = await runAt('promote', row, { from: '1.3.2', tags: 'staging' });
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('staging');
  }
});

test.for<Row>([
  ['a release published', release('published'), tag, '1.4.2,1.4,1,latest,default'],
  ['a release edited', release('edited'), tag, '1.4.2,1.4,1,latest,default'],
  ['a release created', release('created'), tag, '1.4.2,1.4,1,latest,default'],
  ['a release marked as a pre-release', release('prereleased', { prerelease: true }), tag, '1.4.2'],
  [
    'a word of the user’s own',
    { name: 'repository_dispatch', payload: { action: 'deleted', repository } },
    main,
    'latest,sha-0123456,default',
  ],
  ['a package', { name: 'registry_package', payload: { action: 'published', repository } }, main, 'latest'],
  ['a pull request labeled', pull('unlabeled', {}), 'refs/pull/12/merge', 'pr-12'],
])('%s is built as ever', async (row, { service, runAt }) => {
  const before = service.requests.length;
  const { exitCode, log, outputs } = await runAt('', row, {});
  expect(exitCode, log).toBe(0);
  expect(outputs['tags']?.startsWith(row[3]), outputs['tags']).toBe(true);
  expect(service.requests.length).toBeGreaterThan(before);
});

describe('outside of GitHub Actions', () => {
  const nowhere = { GITHUB_ACTIONS: '', GITHUB_EVENT_NAME: '', GITHUB_REF: '', GITHUB_SHA: '' };

  test.for([
    ['', 'Nothing was built'],
    ['promote', 'Nothing was promoted'],
  ] as const)(
    '%s without tags moves nothing and says to set them',
    async ([folder, says], { service, run }) => {
      for (const tags of ['', '# none\n']) {
        const before = service.requests.length;
        const { exitCode, log } = await run({
          action: folder,
          inputs: { ...(folder && { from: '1.3.2' }), tags },
          env: { CI: 'true', ...nowhere },
        });
        expect(exitCode, log).toBe(1);
        // The definition may have tags, so it is read, and its parent is looked up.
        expect(service.requests.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
        expect(log).toContain('Set tags, such as `tags: v1.4.0, latest`.');
        expect(log).toContain(says);
      }
    },
  );
});
