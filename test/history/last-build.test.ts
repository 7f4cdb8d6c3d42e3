import { describe, expect, test } from 'vitest';
import type { BuildOutcome } from '../../src/build/events.ts';
import { parseLastBuild, rememberedBuild } from '../../src/history/last-build.ts';

const outcome: BuildOutcome = {
  status: 'ready',
  templateId: 't',
  buildId: 'b',
  name: 'my-agent',
  tags: ['v1'],
  durationMs: 72_000,
  steps: [
    { id: 'base', title: 'FROM x', cached: true, durationMs: 10 },
    { id: '1', number: 1, title: 'RUN y', cached: false },
  ],
};

describe('the last build', () => {
  test('is remembered with the steps whose time is known, and read back as it was', () => {
    const build = rememberedBuild(outcome, new Date('2026-01-02T03:04:05Z'));
    expect(build).toEqual({
      schemaVersion: 1,
      name: 'my-agent',
      buildId: 'b',
      finishedAt: '2026-01-02T03:04:05.000Z',
      durationMs: 72_000,
      steps: [{ title: 'FROM x', cached: true, durationMs: 10 }],
    });
    expect(parseLastBuild(JSON.stringify(build))).toEqual(build);
  });

  test.each(['error', 'building'] as const)('is not one that ended as %s', (status) => {
    expect(rememberedBuild({ ...outcome, status }, new Date())).toBeUndefined();
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"schemaVersion":2}',
    '{"schemaVersion":1,"name":"x","buildId":"b","finishedAt":"","durationMs":-1,"steps":[]}',
  ])('is nothing when the memory holds %j', (text) => {
    expect(parseLastBuild(text)).toBeUndefined();
  });
});
