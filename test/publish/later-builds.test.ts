/** Which tags stay on builds that were registered after the tested one. */
import { expect, test } from 'vitest';
import type { ListedBuild } from '../../src/api/schemas.ts';
import { tagsOfLaterBuilds } from '../../src/publish/later-builds.ts';

const begun = Date.parse('2026-11-24T03:00:00Z');
const at = (ms: number) => new Date(begun + ms).toISOString();

interface Case {
  /** Milliseconds after the beginning of the run; absent for a build that the service does not list. */
  readonly ours?: number;
  readonly theirs?: number;
  readonly isOwn?: boolean;
  /** The other build; ours is `b`. */
  readonly other?: string;
  /** Whether the tag named the other build when this run began. */
  readonly wasThere?: boolean;
  readonly stays: boolean;
}

test.each<[string, Case]>([
  ['registered after ours', { ours: 10, theirs: 20, stays: true }],
  ['registered before ours', { ours: 20, theirs: 10, stays: false }],
  ['of the same moment, with the greater identifier', { ours: 10, theirs: 10, other: 'c', stays: true }],
  ['of the same moment, with the lesser identifier', { ours: 10, theirs: 10, other: 'a', stays: false }],
  ['that the service does not list', { ours: 10, stays: false }],
  ['after the beginning, where ours was found', { ours: -50, theirs: 1500, isOwn: false, stays: true }],
  [
    'within the step of the clock, where ours was found',
    { ours: -50, theirs: 800, isOwn: false, stays: false },
  ],
  [
    'that had the tag when the run began, where ours was found',
    { ours: -50, theirs: 1500, isOwn: false, wasThere: true, stays: false },
  ],
])('a build %s', async (_what, { ours, theirs, isOwn = true, other = 'c', wasThere = false, stays }) => {
  const listed = (buildID: string, ms: number | undefined) =>
    ms === undefined ? [] : [{ buildID, createdAt: at(ms) } as ListedBuild];
  const client = { template: async () => ({ builds: [...listed('b', ours), ...listed(other, theirs)] }) };
  const found = await tagsOfLaterBuilds(
    client,
    ['v1', 'new', 'ours'],
    new Map([
      ['v1', other],
      ['ours', 'b'],
    ]),
    { templateId: 'template', buildId: 'b', isOwn },
    { at: begun, tagged: new Set(wasThere ? [other] : []) },
  );
  expect(found).toEqual(stays ? ['v1'] : []);
});
