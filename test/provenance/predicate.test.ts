import { describe, expect, test } from 'vitest';
import type { ManifestEntry } from '../../src/context/manifest.ts';
import type { BuildOutcome } from '../../src/driver/events.ts';
import { predicateText } from '../../src/provenance/predicate.ts';
import { appFiles, buildId, samplePlan, templateId, workspace } from '../support/sample-build.ts';

const subject = { name: 'us-phx-1.sandbox.novita.ai/my-agent', digest: `sha256:${'ab'.repeat(32)}` };
const outcome: BuildOutcome = {
  ...{ status: 'ready', name: 'my-agent', tags: ['v1'], templateId, buildId },
  ...{ steps: [], durationMs: 1000 },
};
const run = { repository: 'https://github.com/octo-org/agent', attempt: 1 };
const keep = (text: string) => text;

/** The sample, with as many files in its COPY. */
function withFiles(count: number) {
  const entries = Array.from(
    { length: count },
    (_, index): ManifestEntry => ({
      path: `app/file-${index}.py`,
      type: 'file',
      size: 1,
      executable: index % 2 === 0,
      digest: 'cd'.repeat(32),
    }),
  );
  const plan = samplePlan();
  const steps = plan.steps.map((step) =>
    step.files ? { ...step, files: { ...appFiles, entries, fileCount: count } } : step,
  );
  return { plan: { ...plan, steps }, outcome, subject, run, workspace };
}

describe('a predicate', () => {
  test('lists the files where they fit, and only their hash where they do not', () => {
    const facts = withFiles(3);
    const whole = predicateText(facts, keep);
    const { files } = JSON.parse(whole).recipe.steps[1];
    expect(files).toEqual({
      ...{ source: 'app', count: 3, bytes: 12_400, digest: { sha256: appFiles.hash } },
      entries: [0, 1, 2].map((index) => ({
        path: `app/file-${index}.py`,
        digest: { sha256: 'cd'.repeat(32) },
        ...(index !== 1 && { executable: true }),
      })),
    });
    const short = predicateText(facts, keep, Buffer.byteLength(whole) - 1);
    const { entries: _, ...hashOnly } = files;
    expect(JSON.parse(short).recipe.steps[1].files).toEqual(hashOnly);
  });

  test('of 200,000 files is not larger than attest takes', () => {
    const text = predicateText(withFiles(200_000), keep);
    expect(Buffer.byteLength(text)).toBeLessThan(16 * 1024 * 1024);
    expect(JSON.parse(text).recipe.steps[1].files.count).toBe(200_000);
  });

  test('has links with their targets, and no directories', () => {
    const facts = withFiles(0);
    const entries: ManifestEntry[] = [
      { path: 'app', type: 'directory', size: 0, executable: true },
      { path: 'app/link', type: 'symlink', size: 0, executable: false, target: '../other' },
    ];
    const steps = facts.plan.steps.map((step) =>
      step.files ? { ...step, files: { ...step.files, entries } } : step,
    );
    const text = predicateText({ ...facts, plan: { ...facts.plan, steps } }, keep);
    expect(JSON.parse(text).recipe.steps[1].files.entries).toEqual([
      { path: 'app/link', target: '../other' },
    ]);
  });

  test('names the build of a parent template', () => {
    const facts = withFiles(0);
    const base = { title: 'FROM TEMPLATE base', resolved: { kind: 'template', buildId } as const };
    const text = predicateText({ ...facts, plan: { ...facts.plan, base } }, keep);
    expect(JSON.parse(text).recipe.base).toEqual({ written: 'FROM TEMPLATE base', buildId });
  });

  test('hides a secret of the job wherever it stands, and the hash of its step', () => {
    const facts = withFiles(0);
    const wire = {
      ...facts.plan.wire,
      startCmd: 'serve hunter2-hunter2',
      steps: facts.plan.wire.steps.map((step, index) =>
        index === 2 ? { ...step, args: ['login hunter2-hunter2'] } : step,
      ),
    };
    const text = predicateText({ ...facts, plan: { ...facts.plan, wire } }, (each) =>
      each.replaceAll('hunter2-hunter2', '***'),
    );
    expect(text).not.toContain('hunter2');
    const steps: object[] = JSON.parse(text).recipe.steps;
    expect(steps.map((step) => 'digest' in step)).toEqual([true, true, false, false]);
  });
});
