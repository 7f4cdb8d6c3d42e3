import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReusedBuild } from '../../../src/driver/events.ts';
import type { PlanPart } from '../../../src/history/diff.ts';
import { createBuildLog } from '../../../src/report/log/build-log.ts';
import { jobOutput } from '../../../src/report/log/output.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { notBuiltResult } from '../../../src/report/result/make-result.ts';
import { readUntrustedResult } from '../../../src/report/result/parse.ts';
import { changesInWords } from '../../../src/report/text/changes.ts';
import { reusedFields, reusedSentence } from '../../../src/report/text/reused.ts';
import { captureStdout, notingCommands } from '../../support/captured-output.ts';
import { hostileText } from '../../support/hostile-text.ts';
import {
  buildId,
  sampleOutcome,
  samplePlan,
  sampleResult,
  sampleSummary,
  templateId,
  workspace,
} from '../../support/sample-build.ts';

const createdAt = Date.parse('2026-11-24T03:11:00Z');
const finishedAt = Date.parse('2026-11-24T03:13:59.999Z');
const commit = '0123456789abcdef0123456789abcdef01234567';
const found: ReusedBuild = { source: 'existing', createdAt, finishedAt, commit, moves: [] };

function printed(reused: ReusedBuild): string[] {
  const text = captureStdout(() => {
    const output = jobOutput(notingCommands(), { workspace });
    const log = createBuildLog(output, samplePlan());
    log.show({ type: 'reused', templateId, buildId, tags: ['v1'], reused });
    log.show({ type: 'finished', outcome: sampleOutcome({ reused, steps: [], durationMs: 300 }) });
    log.close();
  });
  return text.split('\n');
}

describe('where a reused build came from', () => {
  const same = `Nothing was built: build ${buildId} has this content already.`;
  test.each<[string, Partial<ReusedBuild>, string]>([
    [
      'everything is known',
      {},
      `${same} It has been ready since 2026-11-24 03:13 UTC and was made from commit 0123456789ab.`,
    ],
    ['no commit', { commit: '' }, `${same} It has been ready since 2026-11-24 03:13 UTC.`],
    ['no time', { finishedAt: Number.NaN }, `${same} It was made from commit 0123456789ab.`],
    ['nothing', { finishedAt: Number.NaN, commit: '' }, same],
    [
      'it was followed',
      { source: 'joined', commit: '' },
      `Another run was building the same content, so this one waited and used build ${buildId}. It has been ready since 2026-11-24 03:13 UTC.`,
    ],
  ])('%s', (_title, changes, sentence) => {
    expect(reusedSentence(reusedFields({ ...found, ...changes }), `build ${buildId}`)).toBe(sentence);
  });

  test('stands in log, summary and comment', () => {
    const outcome = sampleOutcome({ reused: found, steps: [] });
    const result = sampleResult(outcome);
    const comment = renderComment({ result, run: { run: 1, attempt: 1, sha: commit }, key: '' }).body;
    const named = /Nothing was built: build `?6f9c1e7a-[\w-]+`? has this content already\. It has been ready/;
    for (const text of [printed(found).join('\n'), sampleSummary(outcome), comment]) {
      expect(text).toMatch(named);
      expect(text).toContain('2026-11-24 03:13 UTC and was made from commit 0123456789ab.');
    }
  });

  test('is not said again at each step, so that a narrow screen shows the steps', () => {
    const outcome = sampleOutcome({ reused: found, steps: [], durationMs: 300 });
    const result = sampleResult(outcome);
    const comment = renderComment({ result, run: { run: 1, attempt: 1, sha: commit }, key: '' }).body;
    for (const text of [sampleSummary(outcome), comment]) {
      expect(text).toContain('\n| # | Step |\n');
      expect(text).not.toMatch(/\| reused \||\| Duration \|/);
    }
  });

  test('names no build where the result has none', () => {
    const { buildId: _, ...rest } = sampleResult(sampleOutcome({ reused: found }));
    const { body } = renderComment({ result: rest, run: { run: 1, attempt: 1 }, key: '' });
    expect(body).toContain('Nothing was built: this build has this content already.');
  });

  test('is one line for every text of the service', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), (text, tag) => {
        const lines = printed({ ...found, commit: text, moves: [{ tag, before: text, after: buildId }] });
        expect(lines[0]).toMatch(/^Nothing was built: build 6f9c1e7a/);
        expect(lines[1]).toMatch(/^Tag /);
        expect(lines[2]).toBe('');
      }),
    );
  });
});

test('a run that was superseded by the build it takes says so first', () => {
  const own = '7f9c1e7a-1111-4222-8333-444455556666';
  const text = captureStdout(() => {
    const log = createBuildLog(jobOutput(notingCommands(), { workspace }), samplePlan());
    log.show({ type: 'registered', templateId, buildId: own, tags: [] });
    log.show({ type: 'reused', templateId, buildId, tags: [], reused: { ...found, source: 'joined' } });
    log.close();
  });
  expect(text.split('\n').slice(1, 3)).toEqual([
    `Build ${own} of this run was superseded by that of another run.`,
    expect.stringContaining(`used build ${buildId}.`),
  ]);
});

test('each tag says where it was', () => {
  const other = '7f9c1e7a-1111-4222-8333-444455556666';
  const moves = [
    { tag: 'latest', before: buildId, after: buildId },
    { tag: 'v1', after: buildId },
    { tag: 'pr-12', before: other, after: buildId },
  ];
  expect(printed({ ...found, moves }).slice(1, 5)).toEqual([
    'Tag latest: on it already',
    'Tag v1: new',
    `Tag pr-12: moved here from build ${other}`,
    '',
  ]);
});

describe('a template that is not published', () => {
  test.each([
    [
      'is not published',
      { hash: 'ab'.repeat(32) },
      'No build that may be reused has the content of this commit',
    ],
    ['is not known to be published', { unknown: 'the registry is down' }, 'The action cannot tell whether'],
  ] as const)('%s, also in a comment that another job writes', (heading, fingerprint, sentence) => {
    const result = notBuiltResult({ plan: samplePlan({ fingerprint }), workspace }, 'unpublished');
    for (const read of [result, readUntrustedResult(JSON.stringify(result))]) {
      const { body } = renderComment({ result: read, run: { run: 1, attempt: 1 }, key: '' });
      expect(body).toContain(`### Template \`my-agent\` ${heading}\n`);
      expect(body).toContain(sentence);
      expect(body).toMatch(/[Aa] run with `reuse: auto` publishes it\./);
      expect(body).toContain('| Tags it would get |');
    }
  });
});

describe('what changed, in words', () => {
  const digests = ['sha256:5c8edff2a3b1', 'sha256:7d1e00aa12cd'] as const;
  test.each<[PlanPart, string | undefined, string | undefined, string]>([
    ['memory', '1024 MiB', '2048 MiB', 'memory 1024 → 2048'],
    ['cpu', '2 CPU', '4 CPU', 'CPU 2 → 4'],
    ['base', 'FROM node:20-slim', 'FROM node:22-slim', 'base FROM node:20-slim → FROM node:22-slim'],
    ['base', 'FROM a', 'FROM a', 'base changed'],
    ['base version', ...digests, `the base image moved (${digests.join(' → ')})`],
    [
      'base version',
      '6f9c1e7a-1111',
      '7f9c1e7a-2222',
      'the parent template was built again (6f9c1e7a-1111 → 7f9c1e7a-2222)',
    ],
    ['start command', 'serve 1', 'serve 2', 'start command changed'],
    ['ready command', undefined, 'true', 'ready command added'],
    ['patch command', 'true', undefined, 'patch command removed'],
  ])('%s: %s → %s', (part, before, after, words) => {
    const change = { part, ...(before && { before }), ...(after && { after }) };
    expect(changesInWords({ against: 'main', parts: [change], steps: [] })).toBe(
      `Changed since the last build of main: ${words}`,
    );
  });

  test('a base too long for a line is cut where it says so, on both sides', () => {
    const [before, after] = ['a', 'b'].map((letter) => `FROM ghcr.io/${letter.repeat(80)}`);
    const words = changesInWords({
      against: '',
      parts: [{ part: 'base', ...(before && { before }), ...(after && { after }) }],
      steps: [],
    });
    expect(words).toMatch(/^Changed since the last build: base FROM ghcr\.io\/a+… → FROM ghcr\.io\/b+…$/);
  });

  test('of many things the first six are named and the others counted', () => {
    const steps = Array.from({ length: 9 }, (_, index) => ({
      kind: 'added' as const,
      number: index + 1,
      title: `RUN ${index + 1}`,
    }));
    expect(changesInWords({ against: 'main', parts: [], steps })).toBe(
      'Changed since the last build of main: RUN 1 added, RUN 2 added, RUN 3 added, RUN 4 added, RUN 5 added, RUN 6 added and 3 more changes',
    );
  });
});
