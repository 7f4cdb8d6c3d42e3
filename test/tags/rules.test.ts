import { describe, expect, test } from 'vitest';
import type { CiEvent } from '../../src/ci/event.ts';
import { pushOfTag, pushToBranch, releaseOf } from '../support/webhook-events.ts';
import { decide, tagsOf } from './decide.ts';

type Row = readonly [event: string | CiEvent, rules: string, tags: readonly string[]];

/** Runs each row; rules that give no tag stand beside one that does, since a build without any is a problem. */
function rows(table: readonly Row[]): void {
  test.each(table.map(([event, rules, tags]) => [nameOf(event), rules, tags, event] as const))(
    '%s: %s → %j',
    async (_, rules, tags, event) => {
      const given = await tagsOf(event, `${rules}\ntype=raw,value=keep,priority=-1`);
      expect(given).toContain('keep');
      expect(given.filter((one) => one !== 'keep')).toEqual(tags);
    },
  );
}

function nameOf(event: string | CiEvent): string {
  return typeof event === 'string' ? event : (event.ref ?? 'none');
}

const tag = pushOfTag;

describe('plain tags', () => {
  rows([
    ['push_main', 'v1, latest', ['v1', 'latest']],
    ['push_main', 'v1,latest,v1', ['v1', 'latest']],
    ['push_main', 'v1\n\n  v1.2 ,\r\nlatest', ['v1', 'v1.2', 'latest']],
    ['push_main', '# all\nv1\n  # and\nlatest', ['v1', 'latest']],
    ['push_main', '"v1", "latest"', ['v1', 'latest']],
    ['push_main', '"v1, latest"', ['v1', 'latest']],
    ['push_main', 'default', ['default']],
    ['none', 'v1', ['v1']],
    ['push_branch', 'x-{{branch}}, y', ['x-feature-blue_car', 'y']],
  ]);
});

describe('type=raw', () => {
  rows([
    ['push_main', 'type=raw,value=foo', ['foo']],
    ['push_main', 'type=raw,foo', ['foo']],
    ['push_main', 'value=foo', ['foo']],
    ['push_main', 'type=raw,value=Foo/Bar', ['foo-bar']],
    ['push_main', 'TYPE = raw , Value = foo', ['foo']],
    ['push_main', 'type=raw,value=a=b=c', ['a-b-c']],
    ['push_main', 'type=raw,value="a,b"', ['a-b']],
    ['push_main', 'type=raw,"value=a,b"', ['a-b']],
    ['push_main', '"type=raw,""value=a,b"""', ['a-b']],
    ['push_main', 'type=raw,"""value=a,b"""', ['a-b']],
    ['push_main', 'type=raw,value=say ""hi""', ['say-hi-']],
    ['push_main', 'type=raw,value=', []],
    ['push_main', 'type=raw,value=,prefix=x-', ['x-']],
    ['push_main', 'type=raw,value=foo#bar', ['foo-bar']],
    ['push_main', 'type=raw,value=latest,enable={{is_default_branch}}', ['latest']],
    ['push_branch', 'type=raw,value=latest,enable={{is_default_branch}}', []],
    ['pull_request_opened', 'type=raw,value=x,enable={{is_default_branch}}', []],
    ['push_branch', 'type=raw,value=x,enable={{is_not_default_branch}}', ['x']],
    ['schedule', 'type=raw,value=x,enable={{is_default_branch}}', ['x']],
    ['create_tag', 'type=raw,value=x,enable={{is_default_branch}}', []],
    ['push_main', 'type=raw,value=x,enable=false', []],
    ['push_main', 'type=raw,value=-x', ['-x']],
    ['push_main', `type=raw,value=${'x'.repeat(128)}`, ['x'.repeat(128)]],
    ['push_main', `type=raw,value=${'x'.repeat(129)}`, [`${'x'.repeat(119)}-0ec9eb33`]],
    [
      'push_main',
      'type=raw,value=0B0B4D6E-4D8E-4B8E-9B1E-3F1F6D1F2A3B',
      ['tag-0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b'],
    ],
    ['push_main', 'type=raw,value=+', ['tag-a318c242']],
    ['push_main', 'type=raw,value=Foo\ntype=raw,value=foo\nfoo', ['foo']],
  ]);
});

describe('expressions', () => {
  rows([
    ['push_branch', 'type=raw,value={{branch}}', ['feature-blue_car']],
    ['push_branch', 'type=raw,value={{{ branch }}}', ['feature-blue_car']],
    ['push_tag', 'type=raw,value=x{{branch}}', ['x']],
    ['pull_request_merged', 'type=raw,value=x{{branch}}', ['x']],
    ['push_tag', 'type=raw,value={{tag}}-{{sha}}', ['v1.2.3-6dcb09b']],
    ['pull_request_opened', 'type=raw,value={{sha}}-{{base_ref}}-{{head_ref}}', ['6dcb09b-main-blue-car']],
    ['push_tag', 'type=raw,value=from-{{base_ref}}', ['from-main']],
    ['merge_group', 'type=raw,value=into-{{base_ref}}', ['into-main']],
    ['release', 'type=raw,value=x{{base_ref}}', ['x']],
    ['push_main', 'type=raw,value=x,prefix={{branch}}-,suffix=-{{sha}}', ['main-x-6dcb09b']],
    ['push_main', 'type=raw,value={{is_default_branch}}', ['true']],
    // Nothing is escaped: `&` and `=` become what they become in a branch's tag.
    [pushToBranch('feat/a=b&c'), 'type=ref,event=branch', ['feat-a-b-c--b7f72740']],
    [pushToBranch('feat/a=b&c'), 'type=raw,value=x-{{branch}}', ['x-feat-a-b-c--b7f72740']],
    ['push_main', "type=raw,value={{date 'YYYYMMDD'}}", ['20240506']],
    ['push_main', 'type=raw,value={{date "YYYYMMDD"}}', ['20240506']],
    ['push_main', "type=raw,value={{date 'YYYY, MM'}}", ['2024-05']],
    ['push_main', "type=raw,value={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", ['20240506-160809']],
    ['push_main', "type=raw,value={{date tz='Asia/Tokyo' 'HH'}}", ['16']],
    ['push_main', "{{date 'YYYY' tz='UTC'}}-{{sha}}", ['2024-6dcb09b']],
    ['push_main', "type=raw,value={{commit_date 'YYYY-MM-DDTHH:mm:ss'}}", ['2024-05-05t06-30-00']],
    ['push_main', "type=raw,value={{commit_date 'YYYYMMDD' tz='America/Los_Angeles'}}", ['20240504']],
    ['push_branch', "type=raw,value={{commit_date 'YYYYMMDD'}}", ['20240505']],
    ['release', "type=raw,value={{commit_date 'YYYYMMDD'}}", ['20240505']],
    ['merge_group', "type=raw,value={{commit_date 'YYYYMMDD'}}", ['20240505']],
    ['pull_request_opened', "type=raw,value={{commit_date 'YYYYMMDD'}}", []],
    ['schedule', "type=raw,value=x,suffix=-{{commit_date 'YYYYMMDD'}}", []],
  ]);
});

describe('type=ref', () => {
  rows([
    ['push_main', 'type=ref,event=branch', ['main']],
    ['push_branch', 'type=ref,event=branch', ['feature-blue_car']],
    ['push_branch', 'type=ref,event=branch,prefix=b-,suffix=-x', ['b-feature-blue_car-x']],
    ['push_tag', 'type=ref,event=branch', []],
    ['pull_request_opened', 'type=ref,event=branch', []],
    ['pull_request_merged', 'type=ref,event=branch', []],
    ['pull_request_target', 'type=ref,event=branch', []],
    [
      'merge_group',
      'type=ref,event=branch',
      ['gh-readonly-queue-main-pr-12-0f0e7b5a6f5c9d8f1e2d3c4b5a69788796a5b4c3'],
    ],
    ['workflow_dispatch_branch', 'type=ref,event=branch', ['blue-car']],
    ['workflow_run_push', 'type=ref,event=branch', ['main']],
    ['schedule', 'type=ref,event=branch', ['main']],
    ['push_tag', 'type=ref,event=tag', ['v1.2.3', 'latest']],
    ['create_tag', 'type=ref,event=tag', ['v1.2.3', 'latest']],
    ['release', 'type=ref,event=tag', ['v1.2.3', 'latest']],
    [tag('stable'), 'type=ref,event=tag', ['stable']],
    [tag('latest'), 'type=ref,event=tag', ['tag-latest']],
    [tag('latest'), 'type=ref,event=tag,prefix=', ['latest']],
    [tag('default'), 'type=match,pattern=.*', ['tag-default']],
    [tag('default'), 'type=raw,value={{tag}}', ['tag-default']],
    [releaseOf('latest', true), 'type=ref,event=tag', ['tag-latest']],
    [tag('1.2'), 'type=ref,event=tag', ['1.2']],
    [releaseOf('1.2', true), 'type=ref,event=tag', ['tag-1.2']],
    [pushToBranch('Default'), 'type=ref,event=branch', ['branch-default']],
    [pushToBranch('default'), 'type=ref,event=branch,prefix=', ['default']],
    [pushToBranch('default'), 'type=raw,value={{branch}}', ['branch-default']],
    [pushToBranch('default'), 'type=raw,value=x-{{branch}}', ['x-default']],
    [pushToBranch('v1.2'), 'type=ref,event=branch', ['branch-v1.2']],
    [pushToBranch('pr-12'), 'type=ref,event=branch', ['branch-pr-12']],
    [pushToBranch('latest'), 'type=raw,value=latest', ['latest']],
    [{ ...pushToBranch('latest'), defaultBranch: 'latest' }, 'type=ref,event=branch', ['latest']],
    ['push_main', 'type=ref,event=tag', []],
    ['pull_request_opened', 'type=ref,event=pr', ['pr-12']],
    // Its preview is gone.
    ['pull_request_merged', 'type=ref,event=pr', []],
    ['pull_request_target', 'type=ref,event=pr', ['pr-13']],
    ['pull_request_opened', 'type=ref,event=pr,prefix=preview-', ['preview-12']],
    ['pull_request_opened', 'type=ref,event=pr,suffix=-{{sha}}', ['pr-12-6dcb09b']],
    ['push_main', 'type=ref,event=pr', []],
    ['merge_group', 'type=ref,event=pr', []],
    ['merge_group', 'type=ref,event=queue', ['queue-12']],
    ['push_queue', 'type=ref,event=queue', ['queue-12']],
    ['merge_group', 'type=ref,event=queue,prefix=mq-', ['mq-12']],
    ['pull_request_opened', 'type=ref,event=queue', []],
  ]);
});

describe('type=sha, edge and schedule', () => {
  rows([
    ['push_main', 'type=sha', ['sha-6dcb09b']],
    ['push_main', 'type=sha,format=long', ['sha-6dcb09b5b57875f334f61aebed695e2e4193db5e']],
    ['push_main', 'type=sha,prefix=', ['6dcb09b']],
    ['push_main', 'type=sha,prefix={{branch}}-', ['main-6dcb09b']],
    // The head of the pull request, not the merge commit that only the run knows.
    ['pull_request_opened', 'type=sha', ['sha-6dcb09b']],
    ['pull_request_target', 'type=sha', ['sha-6dcb09b']],
    ['none', 'type=sha', []],
    ['push_main', 'type=edge', ['edge']],
    ['push_branch', 'type=edge', []],
    ['push_branch', 'type=edge,branch=feature/Blue_Car', ['edge']],
    ['schedule', 'type=edge', ['edge']],
    ['pull_request_merged', 'type=edge', []],
    ['push_tag', 'type=edge', []],
    ['schedule', 'type=schedule', ['nightly']],
    ['schedule', "type=schedule,pattern={{date 'YYYYMMDD'}}", ['20240506']],
    ['schedule', 'type=schedule,pattern=weekly,prefix=x-', ['x-weekly']],
    ['push_main', 'type=schedule', []],
  ]);
});

describe('type=match', () => {
  rows([
    ['push_tag', 'type=match,pattern=v(.*),group=1', ['1.2.3', 'latest']],
    ['push_tag', String.raw`type=match,pattern=\d+\.\d+`, ['1.2', 'latest']],
    ['push_tag', 'type=match,pattern=/V(.*)/i,group=1', ['1.2.3', 'latest']],
    [tag('build-2024'), String.raw`type=match,"pattern=build-(\d{1,4})",group=1`, ['2024']],
    [tag('build-2024'), String.raw`type=match,pattern="build-(\d{1,4})",group=1`, ['2024']],
    [tag('build-2024'), String.raw`"type=match,""pattern=build-(\d{1,4})"",group=1"`, ['2024']],
    [tag('api/v1.2.3'), 'type=match,pattern=api/(.*),group=1', ['v1.2.3', 'latest']],
    ['push_tag', 'type=match,pattern=x(.*)', []],
    ['push_tag', 'type=match,pattern=v(.*),group=2', []],
    ['push_tag', 'type=match,pattern=(x)?v,group=1', []],
    ['push_main', 'type=match,pattern=v(.*)', []],
    ['push_main', 'type=match,pattern=v(.*),group=1,value=v3.4.5', ['3.4.5', 'latest']],
    ['push_main', 'type=match,pattern=m(.*),group=1,value={{branch}}', ['ain']],
  ]);
});

describe('type=semver', () => {
  rows([
    ['push_tag', 'type=semver,pattern={{version}}', ['1.2.3', 'latest']],
    ['push_tag', 'type=semver,pattern=v{{version}}', ['v1.2.3', 'latest']],
    ['push_tag', 'type=semver,pattern={{major}}.{{minor}}', ['1.2', 'latest']],
    ['push_tag', 'type=semver,pattern={{major}}\ntype=semver,pattern={{version}}', ['1', '1.2.3', 'latest']],
    ['push_tag', 'type=semver,pattern={{raw}}', ['v1.2.3', 'latest']],
    ['push_tag', 'type=semver,pattern={{version}},prefix=app-,suffix=-x', ['app-1.2.3-x', 'app-latest-x']],
    ['push_tag', 'type=semver,pattern={{version}}-slim', ['1.2.3-slim', 'latest-slim']],
    ['push_tag', 'type=semver,pattern={{version}},prefix=v', ['v1.2.3', 'latest']],
    ['push_tag', 'type=semver,pattern={{version}},suffix=-slim-{{sha}}', ['1.2.3-slim-6dcb09b']],
    ['push_tag', 'type=ref,event=tag,suffix=-slim', ['v1.2.3-slim', 'latest-slim']],
    [
      'push_tag',
      'type=semver,pattern={{version}}\ntype=semver,pattern={{version}},suffix=-slim',
      ['1.2.3', '1.2.3-slim', 'latest', 'latest-slim'],
    ],
    ['push_tag', 'type=semver,pattern={{version}}-{{sha}}', ['1.2.3-6dcb09b', 'latest']],
    [tag('v1.2.3+build.5'), 'type=semver,pattern={{version}}', ['1.2.3', 'latest']],
    [tag('v1.2.3+build.5'), 'type=semver,pattern={{raw}}', ['v1.2.3-build.5', 'latest']],
    [tag('v1.2.3+build.5'), 'type=semver,pattern={{version}}.{{build}}', ['1.2.3.build-5', 'latest']],
    ['push_tag_prerelease', 'type=semver,pattern={{version}}', ['2.0.0-rc.1']],
    ['push_tag_prerelease', 'type=semver,pattern={{major}}.{{minor}}', ['2.0.0-rc.1']],
    ['push_tag_prerelease', 'type=semver,pattern={{raw}}', ['v2.0.0-rc.1']],
    ['push_tag_prerelease', 'type=semver,pattern={{{ raw }}}', ['v2.0.0-rc.1']],
    ['push_tag_prerelease', 'type=semver,pattern=v{{version}}', ['2.0.0-rc.1']],
    ['push_tag_prerelease', 'type=semver,pattern=x{{raw}}', ['2.0.0-rc.1']],
    ['push_tag_prerelease', 'type=semver,pattern={{raw}}x', ['2.0.0-rc.1']],
    [tag('1.2.3'), 'type=semver,pattern={{raw}}', ['1.2.3', 'latest']],
    [tag('1.2'), 'type=semver,pattern={{version}}', []],
    [tag('V1.2.3'), 'type=semver,pattern={{version}}', []],
    [tag('v1.2.3.4'), 'type=semver,pattern={{version}}', []],
    [tag('v01.2.3'), 'type=semver,pattern={{version}}', []],
    [tag('api/v1.2.3'), 'type=semver,pattern={{version}}', []],
    [tag('api/v1.2.3'), 'type=semver,pattern={{version}},match=api/(.*)', ['1.2.3', 'latest']],
    [tag('api/v1.2.3'), 'type=semver,pattern={{version}},match=v.*', ['1.2.3', 'latest']],
    [tag('v1.2.3'), 'type=semver,pattern={{version}},match=api/(.*)', ['1.2.3', 'latest']],
    [tag('web/v1.2.3'), 'type=semver,pattern={{version}},match=api/(.*)', []],
    ['push_main', 'type=semver,pattern={{version}}', []],
    ['push_main', 'type=semver,pattern={{version}},value=v3.4.5', ['3.4.5', 'latest']],
    ['push_tag', 'type=semver,pattern={{version}},value=', ['1.2.3', 'latest']],
    ['push_main', 'type=semver,pattern={{version}},value=3.4', []],
    [releaseOf('v1.2.3', true), 'type=semver,pattern={{version}}', ['1.2.3']],
  ]);
});

describe('the order', () => {
  test.each([
    ['schedule before the others', 'schedule', 'x\ntype=sha\ntype=schedule', ['nightly', 'x', 'sha-6dcb09b']],
    [
      'branch before raw before sha',
      'push_main',
      'type=sha\nx\ntype=ref,event=branch\ntype=edge',
      ['edge', 'main', 'x', 'sha-6dcb09b'],
    ],
    [
      'semver before match',
      'push_tag',
      'type=match,pattern=v1\ntype=semver,pattern={{version}}',
      ['1.2.3', 'v1', 'latest'],
    ],
    [
      'by priority',
      'push_main',
      'a\ntype=raw,value=b,priority=300\ntype=raw,value=c,priority=-1\nd',
      ['b', 'a', 'd', 'c'],
    ],
    // Elsewhere a rule that goes before the version takes latest away.
    [
      'latest whatever goes first',
      'push_tag',
      'type=sha,priority=2000\ntype=semver,pattern={{version}}',
      ['sha-6dcb09b', '1.2.3', 'latest'],
    ],
  ])('%s', async (_, event, rules, tags) => {
    expect(await tagsOf(event, rules)).toEqual(tags);
  });
});

describe('latest', () => {
  const semver = 'type=semver,pattern={{version}}';
  test.each<[string, CiEvent | string, string, readonly string[], readonly string[], string]>([
    [
      'the highest',
      tag('v1.3.0'),
      semver,
      ['1.2.9'],
      ['1.3.0', 'latest'],
      '1.3.0 is the highest stable version',
    ],
    ['not the highest', tag('v1.2.9'), semver, ['1.3.0'], ['1.2.9'], '1.3.0 is higher than 1.2.9'],
    ['numbers, not letters', tag('v1.10.0'), semver, ['1.9.0'], ['1.10.0', 'latest'], 'the highest'],
    ['again', tag('v1.3.0'), semver, ['1.3.0', 'latest'], ['1.3.0', 'latest'], 'the highest'],
    ['pre-releases do not count', tag('v1.3.0'), semver, ['2.0.0-rc.1'], ['1.3.0', 'latest'], 'the highest'],
    ['a marked pre-release', releaseOf('v3.0.0', true), semver, [], ['3.0.0'], 'marked as a pre-release'],
    [
      'a pre-release by its version',
      releaseOf('v3.0.0-rc.1', false),
      semver,
      [],
      ['3.0.0-rc.1'],
      'is a pre-release',
    ],
    [
      'only x.y known',
      tag('v1.9.5'),
      'type=semver,pattern={{major}}.{{minor}}',
      ['2.1'],
      ['1.9'],
      '2.1 is higher than 1.9.5',
    ],
    [
      'the same x.y',
      tag('v2.1.5'),
      'type=semver,pattern={{major}}.{{minor}}',
      ['2.1'],
      ['2.1', 'latest'],
      'the highest',
    ],
    [
      'versions with a prefix',
      tag('v1.2.9'),
      `${semver},prefix=App-`,
      ['app-1.3.0'],
      ['app-1.2.9'],
      'app-1.3.0 is higher',
    ],
    [
      'versions with a suffix',
      tag('v1.2.9'),
      `${semver},suffix=-slim`,
      ['1.3.0-slim'],
      ['1.2.9-slim'],
      '1.3.0-slim is higher',
    ],
    [
      'a git tag that is no version',
      tag('stable'),
      'type=ref,event=tag',
      [],
      ['stable'],
      'stable is not a version',
    ],
    ['turned off', tag('v1.3.0'), `${semver}\nlatest=false`, [], ['1.3.0'], 'turned off'],
    [
      'auto is what holds anyway',
      tag('v1.3.0'),
      `latest=auto\n${semver}`,
      [],
      ['1.3.0', 'latest'],
      'the highest',
    ],
  ])('%s', async (_, event, rules, existing, tags, reason) => {
    const { decisions, ...decided } = await decide(event, rules, { existing });
    expect(decided).toEqual({ tags, problems: [] });
    expect(decisions.at(-1)?.rule).toMatch(/^(app-)?latest(-slim)?$/);
    expect(decisions.at(-1)?.reason).toContain(reason);
  });

  test('written out is given without asking', async () => {
    const { tags, decisions } = await decide(tag('v1.2.9'), `latest\n${semver}`, {
      existing: new Error('asked'),
    });
    expect(tags).toEqual(['1.2.9', 'latest']);
    expect(decisions).toHaveLength(2);
  });

  test('is not given when the tags cannot be asked for', async () => {
    const { tags, decisions } = await decide('push_tag', semver, { existing: new Error('answered 401') });
    expect(tags).toEqual(['1.2.3']);
    expect(decisions.at(-1)).toEqual({
      rule: 'latest',
      reason: 'the tags of the template could not be read: answered 401',
    });
  });
});

describe('a pull request or a merge group', () => {
  const production = ['latest', 'default', '1', 'v1', '1.2', '1.2.3', 'v1.2.3', '1.2.3-rc.1'];
  const proposals = [
    'pull_request_opened',
    'pull_request_fork',
    'pull_request_merged',
    'pull_request_target',
    'merge_group',
    'push_queue',
    'workflow_run_pull_request',
    'workflow_run_fork',
    'issue_comment',
  ];

  test.each(proposals)('%s moves nothing that users get', async (event) => {
    for (const rules of [
      production.join(','),
      production.map((one) => `type=raw,value=${one.toUpperCase()}`).join('\n'),
    ]) {
      const { tags, decisions, problems } = await decide(event, `${rules}\nkeep`);
      expect(problems).toEqual([]);
      expect(tags).toEqual(['keep']);
      const refused = decisions.filter(({ tag: given }) => given === undefined);
      expect(refused).toHaveLength(production.length);
      for (const { reason } of refused) expect(reason).toContain('must not move');
    }
  });

  test('says so when that leaves nothing', async () => {
    const { problems } = await decide('pull_request_opened', 'v1, latest');
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(
      /^no rule gives a tag for pull request 12: v1 \(a pull request must not move v1, .*allow-production-tags: true.*such as type=ref,event=pr, or leave tags empty\.$/,
    );
  });

  test('does with allow-production-tags, but no version becomes latest without a rule', async () => {
    const allow = true;
    expect(await tagsOf('pull_request_opened', 'latest, default, 1.2.3', { allow })).toEqual([
      ...['latest', 'default', '1.2.3'],
    ]);
    const rules = 'type=semver,pattern={{version}},value=9.9.9';
    const { tags, decisions } = await decide('merge_group', rules, { allow });
    expect(tags).toEqual(['9.9.9']);
    expect(decisions.at(-1)?.reason).toBe('never for a pull request or a merge group');
  });

  test('without a prefix its number would pass for a version', async () => {
    const { tags } = await decide('pull_request_opened', 'type=ref,event=pr,prefix=\nkeep');
    expect(tags).toEqual(['keep']);
  });

  test.each(['sha-6dcb09b', 'pr-12', '1.x', '20240506', '1234567', 'v1-beta', 'latest-12', 'main'])(
    'may move %s',
    async (plain) => {
      expect(await tagsOf('pull_request_opened', plain)).toEqual([plain]);
    },
  );
});

describe('the reasons', () => {
  test.each([
    ['push_main', 'type=ref,event=pr', 'a push to main is not a pull request'],
    ['push_main', 'type=semver,pattern={{version}}', 'a push to main has no git tag, and the rule no value'],
    ['push_main', 'type=semver,pattern={{version}},value=3.4', '"3.4" is not a version such as 1.2.3'],
    [
      'pull_request_opened',
      "x-{{commit_date 'YYYY'}}",
      'pull request 12 does not say when its commit was made',
    ],
    ['push_main', 'type=raw,value={{tag}}', '{{tag}} is empty here'],
    ['push_main', 'type=raw,value=x-{{tag}}', 'as it is written; {{tag}} is empty here'],
    ['push_main', 'type=raw,value=x,enable=false', 'enable is false'],
    ['push_branch', 'type=edge', 'a push to feature/Blue_Car is not on main'],
    ['push_tag', 'type=match,pattern=x', '"v1.2.3" does not match /x/'],
    ['push_tag', 'type=match,pattern=v,group=3', '/v/ has no group 3 in "v1.2.3"'],
    [
      'push_main',
      'type=raw,value=A+B',
      'as it is written; made of "A+B": other characters became -, capitals became small',
    ],
    [
      'push_main',
      `type=raw,value=${'x'.repeat(130)}`,
      'cut from 130 to 128 characters, with a hash at the end',
    ],
  ])('%s, %s: %s', async (event, rules, reason) => {
    const { decisions } = await decide(event, `${rules}\ntype=raw,value=keep,priority=-1`);
    expect(decisions[0]?.reason).toContain(reason);
  });

  test('two rules that come to one tag are one tag', async () => {
    const { tags, decisions } = await decide('push_main', 'x\ntype=raw,value=X');
    expect(tags).toEqual(['x']);
    expect(decisions.map(({ reason }) => reason)).toEqual([
      'as it is written',
      'as it is written; made of "X": capitals became small; the same tag as above',
    ]);
  });
});
