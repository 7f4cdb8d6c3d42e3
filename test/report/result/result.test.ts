import { expect, test } from 'vitest';
import { secretFindings } from '../../../src/checks/secret-value.ts';
import { notBuiltResult, startedResult } from '../../../src/report/result/make-result.ts';
import {
  appFiles,
  buildId,
  definitionFile,
  logLine,
  sampleDiagnosis,
  sampleOutcome,
  samplePlan,
  sampleResult,
} from '../../support/sample-build.ts';

test('the result of a build that is ready', () => {
  const document = sampleResult();
  expect(JSON.parse(JSON.stringify(document))).toEqual({
    schemaVersion: 1,
    name: 'my-agent',
    tags: ['v1.4.0', 'default'],
    templateId: 'tpl0abc',
    buildId,
    reference: `my-agent:${buildId}`,
    status: 'ready',
    durationMs: 72_000,
    cpuCount: 2,
    memoryMb: 1024,
    base: 'FROM python:3.12',
    definition: {
      file: 'sandbox/template.ts',
      kind: 'module',
      export: 'template',
      sdk: { from: 'action', version: '2.1.1' },
      sources: {
        base: 'sandbox/template.ts:3',
        start: 'sandbox/template.ts:8',
        ready: 'sandbox/template.ts:9',
      },
    },
    steps: [
      {
        id: 'base',
        title: 'FROM python:3.12',
        state: 'cached',
        cached: true,
        durationMs: 300,
        startedAt: '2025-10-09T08:53:20.000Z',
        source: 'sandbox/template.ts:3',
      },
      {
        id: '1',
        number: 1,
        title: 'ENV APP_ENV, PORT, HOME_DIR',
        state: 'cached',
        cached: true,
        durationMs: 0,
        startedAt: '2025-10-09T08:53:20.300Z',
        source: 'sandbox/template.ts:4',
      },
      {
        id: '2',
        number: 2,
        title: 'COPY app /srv/app',
        state: 'built',
        cached: false,
        durationMs: 4_200,
        startedAt: '2025-10-09T08:53:20.300Z',
        source: 'sandbox/template.ts:5',
        files: { source: 'app', count: 3, bytes: 12_400, hash: appFiles.hash },
      },
      {
        id: '3',
        number: 3,
        title: 'RUN pip install -r /srv/app/requirements.txt',
        state: 'built',
        cached: false,
        durationMs: 61_000,
        startedAt: '2025-10-09T08:53:24.500Z',
        source: 'sandbox/template.ts:6',
      },
      {
        id: '4',
        number: 4,
        title: 'Write the environment for sandboxes (3 variables)',
        state: 'built',
        cached: false,
        durationMs: 800,
        startedAt: '2025-10-09T08:54:25.500Z',
        hidden: 'environment',
      },
      {
        id: 'finalize',
        title: 'Finalize: start and ready commands',
        state: 'built',
        cached: false,
        durationMs: 5_700,
        startedAt: '2025-10-09T08:54:26.300Z',
        source: 'sandbox/template.ts:8',
      },
    ],
    warnings: [],
  });
});

test('a failure with its place and last lines, and the warnings of the definition', () => {
  const plan = samplePlan();
  const warned = {
    ...plan,
    definition: {
      ...plan.definition,
      warnings: [{ title: 'Image', message: 'unknown', at: { file: definitionFile, line: 3 } }],
    },
  };
  const failure = {
    message: 'exit status 1',
    stepId: '3',
    lastLines: [logLine('3', '\u001b[31mboom\r\nbang')],
  };
  const outcome = sampleOutcome({
    status: 'error',
    steps: sampleOutcome().steps.slice(0, 3),
    failure,
    diagnosis: sampleDiagnosis(),
  });
  const document = sampleResult(outcome, { plan: warned });
  expect(document.failure).toEqual({
    class: 'package-not-found',
    what: 'pip finds no package "reqeusts" that fits.',
    advice: 'Check its name.',
    next: 'If that does not help, build once with skip-cache: true.',
    retry: 'without-cache',
    title: 'Step 3 of 4 failed: RUN pip install -r /srv/app/requirements.txt',
    message: 'exit status 1',
    step: '3',
    source: 'sandbox/template.ts:6',
    lastLines: ['boom', 'bang'],
  });
  expect(document.steps.map((step) => step.state)).toEqual([
    'cached',
    'cached',
    'built',
    'failed',
    'not reached',
  ]);
  expect(document.warnings).toEqual([
    { title: 'Image', message: 'unknown', source: 'sandbox/template.ts:3' },
  ]);
});

test('registry credentials, start commands and the script of a hidden step are not in it', () => {
  const plan = samplePlan();
  const wire = {
    ...plan.wire,
    fromImageRegistry: { type: 'registry' as const, username: 'robot', password: 'hunter2' },
    startCmd: 'TOKEN=hunter2 run',
  };
  const secret = { ...plan, wire, definition: { ...plan.definition, recipe: wire } };
  const text = JSON.stringify(sampleResult(sampleOutcome(), { plan: secret }));
  expect(text).not.toMatch(/hunter2|robot|QUJDQUJD/);
});

test('a build that was given up says so in its failure, without a step', () => {
  const outcome = sampleOutcome({
    status: 'building',
    abortedBy: 'timeout',
    diagnosis: sampleDiagnosis({ class: 'timeout', what: 'Too late.', retry: 'never' }),
  });
  const { failure, status } = sampleResult(outcome);
  expect(status).toBe('building');
  expect(failure).toMatchObject({ class: 'timeout', what: 'Too late.', retry: 'never', lastLines: [] });
  expect(failure).not.toHaveProperty('step');
});

test('the warnings of a plan stand with their lines, its notices and the values of secrets nowhere', () => {
  const plan = samplePlan();
  const [env, ...steps] = plan.wire.steps;
  const args = [...(env?.args ?? []), 'GITHUB_TOKEN', 'ghp_hunter2hunter2'];
  const wire = { ...plan.wire, steps: [{ type: 'ENV', args }, ...steps] };
  const at = { file: definitionFile, line: 4 };
  const document = sampleResult(sampleOutcome(), {
    plan: {
      ...plan,
      wire,
      warnings: secretFindings({
        steps: [{ wire: { type: 'ENV', args }, source: at }],
        recipe: {},
        sources: {},
      }),
      notices: [{ title: 'A base image that moves', message: 'It does.', at }],
    },
  });
  expect(document.warnings).toEqual([
    {
      rule: 'secret-value',
      title: 'A secret in the template',
      message: expect.stringContaining('GITHUB_TOKEN'),
      source: 'sandbox/template.ts:4',
    },
  ]);
  expect(JSON.stringify(document)).not.toContain('hunter2');
});

test('a build that was made once more names the one before it', () => {
  const failure = { message: 'failed to run command', stepId: '3', lastLines: [] };
  const earlier = [
    { buildId: 'b1', templateId: 't', rebuiltFor: 'without-cache', failure, diagnosis: sampleDiagnosis() },
  ] as const;
  const document = sampleResult(sampleOutcome({ earlier }));
  expect(document.earlier).toEqual([
    {
      buildId: 'b1',
      templateId: 't',
      again: 'without-cache',
      class: 'package-not-found',
      what: 'pip finds no package "reqeusts" that fits.',
      message: 'failed to run command',
      step: '3',
    },
  ]);
});

test('a build that has only begun has its identifiers, and steps whose end is open', () => {
  const { name, tags } = samplePlan();
  const started = startedResult({ plan: samplePlan() }, { templateId: 'tpl0abc', buildId, tags });
  const identifiers = { templateId: 'tpl0abc', buildId, reference: `${name}:${buildId}` };
  expect(started).toMatchObject({ name, tags, ...identifiers, status: 'building', durationMs: 0 });
  expect(started.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
    '1 pending',
    '2 pending',
    '3 pending',
    '4 pending',
  ]);
});

test.each(['skipped', 'unpublished'] as const)(
  'a plan that is %s has no identifiers of a build',
  (status) => {
    const result = notBuiltResult({ plan: samplePlan(), typicalMs: () => 5 }, status);
    expect(result).toMatchObject({ name: 'my-agent', tags: samplePlan().tags, status, durationMs: 0 });
    for (const field of ['templateId', 'buildId', 'reference']) expect(result).not.toHaveProperty(field);
    expect(result.steps).toHaveLength(4);
    for (const step of result.steps)
      expect(step).toMatchObject({ state: 'not built', cached: false, usualMs: 5 });
  },
);
