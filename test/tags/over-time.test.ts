/** What must hold between several runs: names that do not meet, and tags that do not go back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CiEvent } from '../../src/ci/event.ts';
import { compareVersions, parseVersion } from '../../src/tags/version.ts';
import { realEvents } from '../ci/real-events.ts';
import { fixtureEvent, pushOfTag, pushToBranch, releaseOf } from '../support/webhook-events.ts';
import { decide, tagsOf } from './decide.ts';

const pieces = ['a', 'B', 'b', '1', '-', '--', '_', '.', '/', '//', ' ', '#', 'é', 'ü', '日', '🚀', '\u200b'];
const words = ['tag-', 'branch-', 'latest', 'default', 'pr-1', '1.2', 'sha-0123456', 'deadbeef'];
const uuid = '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b';
const name = fc
  .array(fc.constantFrom(...pieces, ...words, uuid, `content-${'ab'.repeat(32)}`, 'x'.repeat(120)), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''));

/** All in which two names may differ and still share a tag. */
const meaning = (text: string) => text.replaceAll('/', '-').toLowerCase();

describe('two different names', () => {
  test.each<[string, (name: string) => CiEvent, string]>([
    ['of branches', pushToBranch, ''],
    ['of branches, by a rule', pushToBranch, 'type=ref,event=branch'],
    ['of branches, with a prefix', pushToBranch, 'type=ref,event=branch,prefix=b-'],
    ['of branches, by an expression', pushToBranch, 'type=raw,value=x-{{branch}}-y'],
    ['of git tags', pushOfTag, ''],
    ['of git tags, by a rule', pushOfTag, 'type=ref,event=tag'],
  ])('%s never give one tag', async (_, event, rules) => {
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 2, maxLength: 12 }), async (drawn) => {
        const named = new Map<string, string>();
        // The git tag of a version is that version.
        const queue = [...new Set(drawn)].filter((one) => !parseVersion(one));
        for (const one of queue) {
          const [tag = ''] = await tagsOf(event(one), rules);
          const other = named.get(tag);
          if (other !== undefined) expect(meaning(one)).toBe(meaning(other));
          named.set(tag, one);
          // A branch may have the name of another branch's tag.
          if (queue.length < 24 && !queue.includes(tag) && !parseVersion(tag)) queue.push(tag);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('are shown by what is left of them', async () => {
    expect(await tagsOf(pushToBranch('feature/x'), '')).toEqual(['feature-x']);
    expect(await tagsOf(pushToBranch('fix/café'), '')).toEqual(['fix-caf--5cc75d81']);
    const { decisions } = await decide(pushToBranch('fix/café'), '');
    expect(decisions[0]?.reason).toBe(
      'the branch; a hash separates it from names that differ in other characters only',
    );
  });
});

const gone = [
  ...['delete', 'pull_request_closed', 'pull_request_merged'].map(fixtureEvent),
  ...Object.values(realEvents).filter(({ removed }) => removed),
];

test('no event that removes something gives a tag', async () => {
  const lines = fc.constantFrom('latest', 'x', 'type=sha', 'type=edge', 'type=ref,event=branch', '{{sha}}');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...gone), fc.array(lines, { maxLength: 3 }), async (event, rules) => {
      const { tags, problems } = await decide(event, event.merged ? '' : rules.join('\n'), { allow: true });
      expect(tags).toEqual([]);
      expect(problems).toHaveLength(1);
    }),
    { numRuns: 200 },
  );
});

/** What a project may have written, on all of its releases or on those of a variant. */
const projects: Record<string, readonly string[]> = {
  'without rules': [''],
  'with rules': [
    'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=semver,pattern={{major}}',
  ],
  'with a v': [
    'type=semver,pattern=v{{version}}\ntype=semver,pattern=v{{major}}.{{minor}}\ntype=semver,pattern=v{{major}}\ntype=semver,pattern=stable',
  ],
  'with a match': [
    String.raw`type=match,pattern=v(.*),group=1
type=match,pattern=v(\d+\.\d+),group=1
type=match,pattern=v(\d+),group=1`,
  ],
  'with the git tag': ['type=ref,event=tag\ntype=semver,pattern={{major}}'],
  'with variants': [
    'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}',
    'type=semver,pattern={{version}},suffix=-slim\ntype=semver,pattern={{major}},suffix=-slim',
    'type=semver,pattern=app-{{version}}\ntype=semver,pattern=app-{{major}}.{{minor}}',
  ],
  'with a line of another name': [
    'type=semver,pattern={{version}}\ntype=semver,pattern=stable-{{major}}.{{minor}}\ntype=semver,pattern={{major}},prefix=stable-',
  ],
  'with a variant that takes the bare line': [
    'type=semver,pattern={{version}},suffix=-slim\ntype=semver,pattern={{major}}',
  ],
};

const version = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(3), fc.constantFrom('', '', '', '-rc.1'));
const releases = fc.array(fc.tuple(version, fc.boolean(), fc.nat(2)), { minLength: 2, maxLength: 8 });

test.each(Object.entries(projects))('a project %s never moves a tag back', async (_, rules) => {
  await fc.assert(
    fc.asyncProperty(releases, async (sequence) => {
      const at = new Map<string, string>();
      for (const [[major, minor, patch, pre], marked, which] of sequence) {
        const text = `${major}.${minor}.${patch}${pre}`;
        const event = releaseOf(`v${text}`, marked && which === 0);
        const { tags } = await decide(event, rules[which % rules.length] ?? '', { existing: [...at.keys()] });
        for (const tag of tags) {
          const before = at.get(tag);
          at.set(tag, text);
          if (before === undefined || before === text) continue;
          const [from, to] = [parseVersion(before), parseVersion(text)];
          if (!from || !to) throw new Error(`${before} or ${text} is no version`);
          expect(compareVersions(to, from), `${tag} went from ${before} to ${text}`).toBeGreaterThan(0);
          expect(`${event.prerelease}${to.prerelease}`).toBe('false');
        }
      }
    }),
    { numRuns: 150 },
  );
});

describe('tags of a line', () => {
  const lines = (around: (part: string) => string) =>
    ['{{version}}', '{{major}}.{{minor}}', '{{major}}']
      .map((part) => `type=semver,pattern=${around(part)}`)
      .join('\n');
  test.each<[string, string, readonly string[], readonly string[], string?]>([
    ['stay on a newer line', lines((part) => part), ['1.9.5', '1', 'latest'], ['1.8.7', '1.8']],
    ['stay on a newer patch', lines((part) => part), ['1.8.9'], ['1.8.7']],
    ['move up', lines((part) => part), ['1.8.6', '1.7.9'], ['1.8.7', '1.8', '1', 'latest']],
    ['stay with a v', lines((part) => `v${part}`), ['v1.9.5'], ['v1.8.7', 'v1.8']],
    ['stay whatever form the other has', lines((part) => `v${part}`), ['1.9.5'], ['v1.8.7', 'v1.8']],
    ['stay where only the line is known', lines((part) => part), ['1.9', '1'], ['1.8.7', '1.8']],
    ['do not heed a date', lines((part) => part), ['20240506'], ['1.8.7', '1.8', '1', 'latest']],
    ['do not heed other lines', lines((part) => part), ['2.0.0'], ['1.8.7', '1.8', '1']],
    [
      'of a variant go by its own versions',
      lines((part) => `${part}-slim`),
      ['1.9.5', '1.8.6-slim'],
      ['1.8.7-slim', '1.8-slim', '1-slim', 'latest-slim'],
    ],
    [
      'of another name stay',
      'type=semver,pattern={{version}}\ntype=semver,pattern=stable-{{major}}',
      ['1.9.5', 'stable-1', 'latest'],
      ['1.8.7'],
    ],
    [
      'of another name stay alone too',
      'type=semver,pattern=stable-{{major}}\nkeep',
      ['1.9.5', 'stable-1'],
      ['keep'],
    ],
    ['of a variant stay', lines((part) => `app-${part}`), ['app-1.9.5'], ['app-1.8.7', 'app-1.8']],
    [
      'that name the commit do not move',
      'type=semver,pattern={{major}},suffix=-{{sha}}\nlatest=false',
      ['1.9.5'],
      ['1-6dcb09b'],
    ],
    ['that are one word for all stay', 'type=semver,pattern=stable\nlatest=false\nkeep', ['1.9.5'], ['keep']],
    ['that are the git tag itself stay', 'type=ref,event=tag', ['1.8.9'], ['tag-1.8'], '1.8'],
    ['that are the git tag itself move up', 'type=ref,event=tag', ['1.7.9', '2.0.0'], ['1.8'], '1.8'],
    [
      'that are the git tag are given in so many words',
      'type=ref,event=tag,prefix=',
      ['1.8.9'],
      ['1.8'],
      '1.8',
    ],
    [
      'that are found in the git tag stay',
      String.raw`type=match,pattern=v(\d+),group=1
keep`,
      ['1.9.5'],
      ['keep'],
    ],
  ])('%s', async (_, rules, existing, tags, gitTag = 'v1.8.7') => {
    expect(await tagsOf(releaseOf(gitTag, false), rules, { existing })).toEqual(tags);
  });

  test('say what is higher', async () => {
    const { decisions } = await decide(pushOfTag('v1.8.7'), 'type=semver,pattern={{major}}\nkeep', {
      existing: ['1.9.5'],
    });
    expect(decisions[0]).toEqual({
      rule: 'type=semver,pattern={{major}}',
      reason: '1.9.5 is higher than 1.8.7',
    });
  });

  test('are not given while the tags of the template cannot be asked for', async () => {
    const { tags } = await decide(
      pushOfTag('v1.8.7'),
      lines((part) => part),
      { existing: new Error('503') },
    );
    expect(tags).toEqual(['1.8.7']);
  });
});
