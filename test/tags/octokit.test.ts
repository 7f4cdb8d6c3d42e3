/** Real payloads of events, each with rules that people write: the tags are what a person would expect to see. */
import { describe, expect, test } from 'vitest';
import type { CiEvent } from '../../src/ci/event.ts';
import { realEvents as events } from '../ci/real-events.ts';
import { decide, tagsOf } from './decide.ts';

/** What each row is tried with; `''` leaves the tags to the event. */
const columns = [
  '',
  'type=schedule\ntype=ref,event=branch\ntype=ref,event=pr\ntype=ref,event=tag\ntype=ref,event=queue',
  'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=sha',
  'type=edge\ntype=raw,value=latest,enable={{is_default_branch}}\ntype=raw,value=on-{{branch}}',
  'type=raw,value=of-{{head_ref}}-to-{{base_ref}}-{{sha}}',
  "type=raw,value=at-{{commit_date 'YYYYMMDD'}}\ntype=match,pattern=(\\d+)\\.\\d+\\.,group=1\ntype=raw,value=x",
] as const;

type Expected = readonly [
  event: string,
  none: readonly string[],
  refs: readonly string[],
  versions: readonly string[],
  edge: readonly string[],
  text: readonly string[],
  dates: readonly string[],
];

const isRemoval = (name: string) => events[name]?.removed !== undefined;
const main = ['latest', 'sha-6113728', 'default'];
const ofMaster = [['master'], ['sha-6113728'], ['edge', 'latest', 'on-master']] as const;
const ofPull = [
  ['pr-2'],
  ['pr-2'],
  ['sha-ec26c3e'],
  ['on-'],
  ['of-changes-to-master-ec26c3e'],
  ['x'],
] as const;

/** Events down, columns across. */
const table: readonly Expected[] = [
  ['push to the default branch', main, ...ofMaster, ['of--to--6113728'], ['at-20190515', 'x']],
  [
    'push to another branch',
    ['feature-one'],
    ['feature-one'],
    ['sha-6113728'],
    ['on-feature-one'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  [
    'push of a tag',
    ['simple-tag'],
    ['simple-tag'],
    ['sha-6113728'],
    ['on-'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  [
    'push of a version',
    ['1.4.2', '1.4', '1', 'latest', 'default'],
    ['v1.4.2', 'latest'],
    ['1.4.2', '1.4', 'sha-6113728', 'latest'],
    ['on-'],
    ['of--to--6113728'],
    ['1', 'at-20190515', 'x', 'latest'],
  ],
  [
    'push of a version before 1.0.0',
    ['0.4.2', '0.4', 'latest', 'default'],
    ['v0.4.2', 'latest'],
    ['0.4.2', '0.4', 'sha-6113728', 'latest'],
    ['on-'],
    ['of--to--6113728'],
    ['0', 'at-20190515', 'x', 'latest'],
  ],
  [
    'push of a pre-release',
    ['2.0.0-rc.1'],
    ['v2.0.0-rc.1'],
    ['2.0.0-rc.1', 'sha-6113728'],
    ['on-'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  ['pull request opened', ...ofPull],
  ['pull request synchronize', ...ofPull],
  ['pull request labeled', ...ofPull],
  ['pull request reopened', ...ofPull],
  ['pull request of a fork', ...ofPull],
  ['pull request of a fork that is deleted', ...ofPull],
  [
    'pull request of a branch named like a release',
    ['pr-2'],
    ['pr-2'],
    ['sha-ec26c3e'],
    ['on-'],
    ['of-v1.4.2-to-master-ec26c3e'],
    ['x'],
  ],
  [
    'pull request of the default branch of a fork',
    ['pr-2'],
    ['pr-2'],
    ['sha-ec26c3e'],
    ['on-'],
    ['of-master-to-master-ec26c3e'],
    ['x'],
  ],
  ['pull_request_target', ...ofPull],
  ['review of a pull request', ...ofPull],
  [
    'release',
    ['0.0.1', '0.0', 'latest', 'default'],
    ['0.0.1', 'latest'],
    ['0.0.1', '0.0', 'sha-6113728', 'latest'],
    ['on-'],
    ['of--to--6113728'],
    ['0', 'at-20190515', 'x', 'latest'],
  ],
  [
    'release of a version',
    ['1.4.2', '1.4', '1', 'latest', 'default'],
    ['v1.4.2', 'latest'],
    ['1.4.2', '1.4', 'sha-6113728', 'latest'],
    ['on-'],
    ['of--to--6113728'],
    ['1', 'at-20190515', 'x', 'latest'],
  ],
  [
    'prerelease',
    ['0.0.1'],
    ['0.0.1'],
    ['0.0.1', 'sha-6113728'],
    ['on-'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  [
    'release marked as a pre-release',
    ['1.4.2'],
    ['v1.4.2'],
    ['1.4.2', 'sha-6113728'],
    ['on-'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  [
    'release of a name that is no version',
    ['spring-edition--660e470e'],
    ['spring-edition--660e470e'],
    ['sha-6113728'],
    ['on-'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  [
    'schedule without repository',
    ['nightly'],
    ['nightly', 'main'],
    ['sha-6dcb09b'],
    ['edge', 'latest', 'on-main'],
    ['of--to--6dcb09b'],
    ['x'],
  ],
  ['workflow_dispatch on the default branch', main, ...ofMaster, ['of--to--6113728'], ['x']],
  [
    'workflow_dispatch on a branch',
    ['topic'],
    ['topic'],
    ['sha-6113728'],
    ['on-topic'],
    ['of--to--6113728'],
    ['x'],
  ],
  [
    'merge_group',
    ['queue-104'],
    ['gh-readonly-queue-main-pr-104-929f8209d40f77f4abc622a499c93a83babdbe64', 'queue-104'],
    ['sha-2ffea6d'],
    ['on-gh-readonly-queue-main-pr-104-929f8209d40f77f4abc622a499c93a83babdbe64'],
    ['of--to-main-2ffea6d'],
    ['x'],
  ],
  [
    'push to the branch of a merge queue',
    ['queue-104'],
    ['gh-readonly-queue-main-pr-104-929f8209d40f77f4abc622a499c93a83babdbe64', 'queue-104'],
    ['sha-6113728'],
    ['on-gh-readonly-queue-main-pr-104-929f8209d40f77f4abc622a499c93a83babdbe64'],
    ['of--to--6113728'],
    ['at-20190515', 'x'],
  ],
  ['workflow_run after a repository_dispatch', main, ...ofMaster, ['of--to--6113728'], ['x']],
  ['workflow_run after a push to a branch', ['topic'], ...ofMaster, ['of--to--6113728'], ['x']],
  [
    'workflow_run after a pull request',
    ['pr-7'],
    ['master', 'pr-7'],
    ['sha-3484a3f'],
    ['edge', 'on-master'],
    ['of--to--3484a3f'],
    ['at-20201005', 'x'],
  ],
  [
    'workflow_run after a pull request of a fork',
    ['sha-3484a3f'],
    ['master'],
    ['sha-3484a3f'],
    ['edge', 'on-master'],
    ['of--to--3484a3f'],
    ['at-20201005', 'x'],
  ],
  ['create of a tag', ['simple-tag'], ['simple-tag'], ['sha-6113728'], ['on-'], ['of--to--6113728'], ['x']],
  ['create of a branch', ['topic'], ['topic'], ['sha-6113728'], ['on-topic'], ['of--to--6113728'], ['x']],
  ['repository_dispatch', main, ...ofMaster, ['of--to--6113728'], ['x']],
  ['comment on an issue', main, ...ofMaster, ['of--to--6113728'], ['x']],
  [
    'comment on a pull request',
    ['pr-2'],
    ['master', 'pr-2'],
    ['sha-6113728'],
    ['edge', 'on-master'],
    ['of--to--6113728'],
    ['x'],
  ],
];

const cases = table.flatMap(([name, ...expected]) =>
  expected.map((tags, column) => [name, columns[column] ?? '', tags] as const),
);

describe('a real payload', () => {
  test('of each event is in the table', () => {
    const named = Object.keys(events).filter((name) => !isRemoval(name));
    expect(table.map(([name]) => name).sort()).toEqual(named.sort());
    expect(Object.keys(events).length - named.length).toBe(4);
    expect(cases.length).toBeGreaterThan(200);
  });

  test.each(cases)('%s: %j → %j', async (name, rules, tags) => {
    const event = events[name];
    if (!event) throw new Error(`There is no event ${name}`);
    expect(await tagsOf(event, rules)).toEqual(tags);
  });
});

describe('an event that removes something', () => {
  const names = Object.keys(events).filter(isRemoval);

  test.each(names.flatMap((name) => columns.map((rules) => [name, rules] as const)))(
    '%s gives no tag: %j',
    async (name, rules) => {
      const event = events[name] as CiEvent;
      // What users get may be moved by a merge in so many words, and by no event else of these.
      const { tags, problems } = await decide(event, event.merged ? '' : rules, { allow: true });
      expect(tags).toEqual([]);
      expect(problems).toHaveLength(1);
    },
  );
});

const production = 'latest, default, 1.2.3\ntype=raw,value=keep';

describe('what users get', () => {
  test.each(Object.keys(events).filter((name) => /pull|review|merge/.test(name) && !isRemoval(name)))(
    'is not moved by %s, unless it is allowed',
    async (name) => {
      const event = events[name] as CiEvent;
      expect(await tagsOf(event, production)).toEqual(['keep']);
      expect(await tagsOf(event, production, { allow: true })).toEqual([
        'latest',
        'default',
        '1.2.3',
        'keep',
      ]);
    },
  );

  test.each(['pull request opened', 'merge_group'])(
    'and nothing else is no build at all for %s',
    async (name) => {
      const { tags, problems } = await decide(events[name] as CiEvent, 'latest');
      expect(tags).toEqual([]);
      expect(problems).toHaveLength(1);
    },
  );

  test.each([
    'type=raw,value={{head_ref}}',
    'type=raw,value={{head_ref}}-to-{{base_ref}}',
    'type=semver,pattern={{version}},value={{head_ref}}',
    'type=match,pattern=v(.*),group=1,value={{head_ref}}',
  ])('is not moved through the name of a pull request’s branch by %s', async (rule) => {
    const event = events['pull request of a branch named like a release'] as CiEvent;
    expect(await tagsOf(event, `${rule}\nkeep`)).toEqual(['keep']);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['push of a version', ['1.4.1', '1.3'], ['1.4.2', '1.4', '1', 'latest', 'default']],
    ['push of a version', ['1.5.0'], ['1.4.2', '1.4']],
    ['push of a version', ['1.4.3'], ['1.4.2']],
    ['push of a version', ['2.0.0-rc.1'], ['1.4.2', '1.4', '1', 'latest', 'default']],
    ['release of a version', ['2.0.0'], ['1.4.2', '1.4', '1']],
    ['release', ['0.0.2'], ['0.0.1']],
    ['release', ['1.4.2'], ['0.0.1', '0.0']],
    ['prerelease', ['0.0.0'], ['0.0.1']],
  ])('by %s beside %j is %j', async (name, existing, tags) => {
    expect(await tagsOf(events[name] as CiEvent, '', { existing })).toEqual(tags);
  });
});
