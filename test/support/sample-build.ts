import type { RecipeBody } from '../../src/api/types.ts';
import type { FileManifest } from '../../src/context/manifest.ts';
import type { Definition } from '../../src/definition/definition.ts';
import type { Diagnosis } from '../../src/driver/diagnosis/failure-classes.ts';
import type { BuildOutcome, LogLine, StepHeader } from '../../src/driver/events.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { renderSummary, summaryDetails } from '../../src/report/markdown/summary.ts';
import { finishedResult } from '../../src/report/result/make-result.ts';
import type { ReportedPlan, ResultDocument } from '../../src/report/result/result.ts';

export const workspace = '/home/runner/work/repo/repo';
export const definitionFile = `${workspace}/sandbox/template.ts`;
export const templateId = 'tpl0abc';
export const buildId = '6f9c1e7a-1111-4222-8333-444455556666';

const at = (line: number) => ({ file: definitionFile, line, column: 4 });
const script = `echo ${'QUJD'.repeat(40)} | base64 -d > /tmp/.novita-image-env.sh && sh /tmp/.novita-image-env.sh`;

export const appFiles: FileManifest = {
  source: 'app',
  contextDirectory: `${workspace}/sandbox`,
  entries: [{ path: 'app/main.py', type: 'file', size: 12_400, executable: false }],
  fileCount: 3,
  bytes: 12_400,
  hash: 'ab'.repeat(32),
};

/** A plan of four steps, the last of which the SDK added. */
export function samplePlan(changes: Partial<Plan> = {}): Plan {
  const wire: RecipeBody = {
    fromImage: 'python:3.12',
    steps: [
      { type: 'ENV', args: ['APP_ENV', 'test', 'PORT', '8000', 'HOME_DIR', '/srv'], force: false },
      { type: 'COPY', args: ['app', '/srv/app', '', ''], filesHash: appFiles.hash, force: false },
      { type: 'RUN', args: ['pip install -r /srv/app/requirements.txt'], force: false },
      { type: 'RUN', args: [script, 'root'], force: false },
    ],
    startCmd: 'python /srv/app/main.py',
    readyCmd: 'curl -sf localhost:8000',
    force: false,
  };
  const definition: Definition = {
    file: definitionFile,
    kind: 'module',
    exportName: 'template',
    settings: {},
    notices: [],
    sdk: { from: 'action', version: '2.1.1' },
    recipe: wire,
    steps: wire.steps.map((step) => ({ wire: step })),
    sources: { base: at(3), start: at(8), ready: at(9) },
    contextDirectory: `${workspace}/sandbox`,
    ignorePatterns: [],
    warnings: [],
  };
  return {
    name: 'my-agent',
    tags: ['v1.4.0', 'default'],
    cpuCount: 2,
    memoryMb: 1024,
    wire,
    base: { title: 'FROM python:3.12', source: at(3) },
    steps: [
      { number: 1, title: 'ENV APP_ENV, PORT, HOME_DIR', source: at(4) },
      { number: 2, title: 'COPY app /srv/app', source: at(5), files: appFiles },
      { number: 3, title: 'RUN pip install -r /srv/app/requirements.txt', source: at(6) },
      { number: 4, title: `RUN ${script}`, addedBySdk: 'environment' },
    ],
    fingerprint: { unknown: 'the registry cannot be reached' },
    definition,
    ...changes,
  };
}

export function header(id: string, text: string, cached = false): StepHeader {
  return /^\d+$/.test(id) ? { id, number: Number(id), total: 4, text, cached } : { id, text, cached };
}

export function logLine(stepId: string | undefined, text: string, more: Partial<LogLine> = {}): LogLine {
  return { at: 1_760_000_000_000, level: 'info', text, ...(stepId !== undefined && { stepId }), ...more };
}

export function sampleDiagnosis(changes: Partial<Diagnosis> = {}): Diagnosis {
  return {
    class: 'package-not-found',
    what: 'pip finds no package "reqeusts" that fits.',
    advice: 'Check its name.',
    next: 'If that does not help, build once with skip-cache: true.',
    retry: 'without-cache',
    ...changes,
  };
}

export function sampleOutcome(changes: Partial<BuildOutcome> = {}): BuildOutcome {
  const start = 1_760_000_000_000;
  return {
    status: 'ready',
    templateId,
    buildId,
    name: 'my-agent',
    tags: ['v1.4.0', 'default'],
    steps: [
      { id: 'base', title: 'FROM python:3.12', cached: true, startedAt: start, durationMs: 300 },
      { id: '1', number: 1, title: 'ENV APP_ENV test', cached: true, startedAt: start + 300, durationMs: 0 },
      {
        id: '2',
        number: 2,
        title: 'COPY app /srv/app',
        cached: false,
        startedAt: start + 300,
        durationMs: 4_200,
      },
      {
        id: '3',
        number: 3,
        title: 'RUN pip install',
        cached: false,
        startedAt: start + 4_500,
        durationMs: 61_000,
      },
      {
        id: '4',
        number: 4,
        title: `RUN ${script}`,
        addedBySdk: 'environment',
        cached: false,
        startedAt: start + 65_500,
        durationMs: 800,
      },
      {
        id: 'finalize',
        title: 'Finalizing template build',
        cached: false,
        startedAt: start + 66_300,
        durationMs: 5_700,
      },
    ],
    durationMs: 72_000,
    ...changes,
  };
}

/** The result file of a build of the sample plan. */
export function sampleResult(
  outcome: BuildOutcome = sampleOutcome(),
  about: Partial<ReportedPlan> = {},
): ResultDocument {
  return finishedResult({ plan: samplePlan(), workspace, ...about }, outcome);
}

/** The job summary of a build of the sample plan. */
export function sampleSummary(
  outcome: BuildOutcome = sampleOutcome(),
  about: Partial<ReportedPlan> = {},
  runUrl = 'https://github.com/o/r/actions/runs/1',
): string {
  const reported = { plan: samplePlan(), workspace, ...about };
  return renderSummary(finishedResult(reported, outcome), { ...summaryDetails(reported, outcome), runUrl });
}
