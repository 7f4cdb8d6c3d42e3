/** Every way in which the service lets a build fail: its class, what is said about it, and the line it points at. */

import { describe, expect, test } from 'vitest';
import type { FailureClass, RetryAdvice } from '../../src/driver/diagnosis/failure-classes.ts';
import { failures } from '../../src/local/failures.ts';
import type { SimulatedPlace } from '../../src/local/simulation-script.ts';
import { annotationOf, image, outcomeOf, plansOfDefinitions } from './diagnosis-harness.ts';

const plans = plansOfDefinitions();

interface Row {
  readonly at: SimulatedPlace;
  readonly message: string;
  /** `reason.step` where it is not that of the place; `null` for none. */
  readonly step?: string | null;
  readonly class: FailureClass;
  readonly line?: number;
  readonly says: RegExp;
  readonly retry?: RetryAdvice;
}

const base = 'base';
const catalogue: readonly Row[] = [
  {
    at: base,
    message: `${failures.pullFailed(image, 'dial tcp')} (works at the service, not in a local build: this machine cannot reach the registry)`,
    class: 'local-build',
    line: 4,
    says: /fails in a local build only: this machine cannot reach the registry\./,
  },
  {
    at: base,
    message: failures.imageNotFound(image),
    class: 'image-not-found',
    line: 4,
    says: /Check the spelling/,
  },
  {
    at: base,
    message: failures.repositoryNotFound(image),
    class: 'image-not-found',
    line: 4,
    says: /spelling/,
  },
  {
    at: base,
    message: failures.accessDenied(image),
    class: 'registry-credentials',
    line: 4,
    says: /give credentials/,
  },
  {
    at: base,
    message: `access denied to '${image}': you don't have permission to pull this image`,
    class: 'registry-credentials',
    line: 4,
    says: /refuses to hand out image/,
  },
  {
    at: base,
    message: 'error getting auth option: invalid character',
    class: 'registry-credentials',
    line: 4,
    says: /credentials/,
  },
  {
    at: base,
    message: failures.pullFailed(image, 'registry returned status code 401'),
    class: 'registry-credentials',
    line: 4,
    says: /credentials/,
  },
  {
    at: base,
    message: failures.pullFailed(image, 'unable to retrieve image from registry'),
    class: 'image-pull',
    line: 4,
    says: /run the job again/,
  },
  {
    at: base,
    message: failures.pullFailed(image, 'registry returned status code 429'),
    class: 'image-pull',
    line: 4,
    says: /without an account/,
  },
  {
    at: base,
    message: `failed to inspect image '${image}': EOF`,
    class: 'image-pull',
    line: 4,
    says: /pull/,
  },
  {
    at: base,
    message: `invalid image reference '${image}': x`,
    class: 'image-reference',
    line: 4,
    says: /lower case/,
  },
  {
    at: base,
    message: 'image architecture "arm64" does not match expected "amd64"',
    class: 'image-architecture',
    line: 4,
    says: /--platform linux\/amd64/,
  },
  {
    at: base,
    message: 'image size 31000 MB exceeds the maximum of 25000 MB',
    class: 'image-too-large',
    line: 4,
    says: /smaller variant/,
  },
  { at: base, message: failures.provisioningFailed(1), class: 'image-provisioning', line: 4, says: /Alpine/ },
  {
    at: base,
    message: failures.baseTemplateNotFound('team/base:v1'),
    class: 'base-template-not-found',
    line: 4,
    says: /built with success in this region/,
  },
  { at: base, message: "template 'b' not found", class: 'base-template-not-found', line: 4, says: /region/ },
  {
    at: base,
    message: "tag 'y' does not exist for template 'x'",
    class: 'base-template-not-found',
    line: 4,
    says: /name and tag/,
  },
  { at: 7, message: failures.runFailed('make', 2), class: 'run', line: 10, says: /exit status 2/ },
  {
    at: 7,
    message: failures.runKilled('make'),
    class: 'out-of-memory',
    line: 10,
    says: /1024 MiB.*\n.*memory-mb/,
  },
  {
    at: 7,
    message: failures.runFailed('make', 137),
    class: 'out-of-memory',
    line: 10,
    says: /Raise memory-mb/,
  },
  {
    at: 6,
    message: failures.runFailed('pip install', 1),
    class: 'package-install',
    line: 9,
    says: /pip could not/,
  },
  {
    at: 7,
    message: "failed to run command 'make': error setting cwd: chdir /srv: no such file or directory",
    class: 'workdir',
    line: 10,
    says: /does not exist/,
  },
  { at: 2, message: failures.copyWithoutHash(), class: 'copy', line: 6, says: /forceUpload/ },
  {
    at: 3,
    message: failures.copyNotUploaded('EOF'),
    class: 'copy',
    line: 6,
    says: /does not have the files/,
  },
  {
    at: 3,
    message: 'failed to copy layer tar data to sandbox: timeout',
    class: 'copy',
    line: 6,
    says: /could not be unpacked/,
  },
  { at: 3, message: failures.copyNotExtracted(2), class: 'copy', line: 6, says: /could not be unpacked/ },
  { at: 3, message: failures.copyNotMoved(1), class: 'copy', line: 6, says: /makeDir\(\)/ },
  {
    at: 5,
    message: 'failed to create user: exit status 1',
    class: 'user',
    line: 8,
    says: /lower-case letters/,
  },
  { at: 5, message: 'failed to add user to sudo group: exit status 1', class: 'user', line: 8, says: /sudo/ },
  {
    at: 4,
    message: 'failed to create workdir: exit status 1',
    class: 'workdir',
    line: 7,
    says: /is not a file/,
  },
  {
    at: 1,
    message: 'failed to evaluate environment variable PORT: exit status 2',
    class: 'environment',
    line: 5,
    says: /expanded by a shell/,
  },
  { at: 1, message: failures.envIncomplete(), class: 'environment', line: 5, says: /Give each name a value/ },
  {
    at: 7,
    message: failures.unknownStepType('VOLUME'),
    class: 'step-type',
    line: 10,
    says: /the steps that the SDK/,
  },
  { at: 8, message: failures.runFailed('echo', 1), class: 'run', line: 5, says: /exit status 1/ },
  {
    at: 'finalize',
    message: 'configuration script failed: error running configuration script: exit status 127',
    class: 'configuration-script',
    line: 12,
    says: /PATH that lacks/,
  },
  {
    at: 'start',
    message: failures.startFailed(1),
    class: 'start-command',
    line: 12,
    says: /exited with status 1/,
  },
  {
    at: 'start',
    message: failures.startFailed(127),
    class: 'start-command',
    line: 12,
    says: /absolute path/,
  },
  { at: 'start', message: failures.startFailed(126), class: 'start-command', line: 12, says: /chmod \+x/ },
  {
    at: 'ready',
    message: failures.readyTimedOut(),
    class: 'ready-timeout',
    line: 16,
    says: /10 minutes.*\n.*same port/,
  },
  {
    at: 'ready',
    message: 'ready command failed: error running ready command: no such user',
    class: 'ready-command',
    line: 16,
    says: /by hand/,
  },
  { at: 7, step: null, message: failures.cancelled(), class: 'superseded', says: /newer build decides/ },
  { at: 7, step: null, message: failures.superseded(), class: 'superseded', says: /newer build/ },
  { at: 7, step: null, message: 'cancelled by admin', class: 'cancelled', says: /support of the service/ },
  { at: 7, step: null, message: 'build was cancelled by admin', class: 'cancelled', says: /administrator/ },
  { at: 7, step: null, message: 'build timed out', class: 'build-timeout', line: 10, says: /one hour/ },
  {
    at: 7,
    step: null,
    message: failures.tookTooLong('1h0m0s'),
    class: 'build-timeout',
    line: 10,
    says: /fromTemplate/,
  },
  { at: 7, step: null, message: failures.neverStarted(), class: 'waiting-timeout', says: /40 minutes/ },
  {
    at: 7,
    step: null,
    message: 'polling received unrecoverable error: rpc error',
    class: 'node-lost',
    says: /not at fault/,
    retry: 'new-build',
  },
  {
    at: 7,
    step: null,
    message: failures.internal(),
    class: 'internal',
    says: /naming the build/,
    retry: 'new-build',
  },
  {
    at: 7,
    message: 'flux capacitor empty',
    class: 'unknown',
    line: 10,
    says: /Read the log.*image or Dockerfile and reduce/,
  },
  { at: 7, step: null, message: 'flux capacitor empty', class: 'unknown', says: /The service says: flux/ },
  {
    at: 7,
    step: 'resize-disk',
    message: failures.internal(),
    class: 'internal',
    says: /internal error/,
    retry: 'new-build',
  },
  // No step where there should be one, and words around the known ones.
  {
    at: base,
    step: null,
    message: `build: ${failures.imageNotFound(image)}!`,
    class: 'image-not-found',
    says: /tag/,
  },
];

test.each(catalogue)('$message ($at) is $class', async (row) => {
  const { plan } = plans();
  const fail = { message: row.message, ...(row.step !== undefined && { step: row.step }) };
  const outcome = await outcomeOf([{ at: row.at, fail }], plan);
  const { kind, place, text } = annotationOf(outcome, plan);
  expect(outcome.diagnosis).toMatchObject({ class: row.class, retry: row.retry ?? 'never' });
  expect(outcome.status).toBe(row.class === 'superseded' ? 'superseded' : 'error');
  expect(kind).toBe(row.class === 'superseded' ? 'notice' : 'error');
  expect(place).toBe(row.line === undefined ? undefined : `template.ts:${row.line}`);
  expect(text).toMatch(row.says);
  expect(text).toContain('The service says: ');
  expect(outcome.diagnosis?.what).toMatch(/[.!]$/);
  expect(outcome.diagnosis?.advice).toMatch(/\.$/);
});

test.each([
  ["env: 'bash\\r': No such file or directory", /exited with status 127.*\n.*LF/],
  ['bash: line 1: ./app: cannot execute binary file: Exec format error', /"\.\/app" cannot be run here/],
  [
    'bash: line 1: ./run.sh: cannot execute: required file not found',
    /"\.\/run\.sh" cannot start: a file that it needs is missing\..*CRLF/,
  ],
])('a start command that ends with %j says what is wrong with its script', async (text, says) => {
  const { plan } = plans();
  const lines = [{ text, stream: 'stderr' as const }];
  const outcome = await outcomeOf(
    [{ at: 'start', lines, fail: { message: failures.startFailed(127) } }],
    plan,
  );
  expect(outcome.diagnosis?.class).toBe('start-command');
  expect(annotationOf(outcome, plan).text).toMatch(says);
});

describe('one more build without the cache', () => {
  const rule = { at: 7, fail: { message: failures.runFailed('make', 2) } } as const;

  test('may help a step that failed on layers from the cache', async () => {
    const cached = [{ at: 6, cached: true } as const, { at: 'base', cached: true } as const];
    const { diagnosis } = await outcomeOf([...cached, { at: 'user', cached: true }, rule], plans().plan);
    expect(diagnosis?.retry).toBe('without-cache');
    expect(diagnosis?.next).toContain('skip-cache: true');
  });

  test.each(['flux capacitor empty', ''])(
    'is advised for reason %j where a cache was used',
    async (message) => {
      const failing = { at: 7, fail: { message } } as const;
      const [with_, without] = await Promise.all([
        outcomeOf([{ at: 'base', cached: true }, { at: 'user', cached: true }, failing], plans().plan),
        outcomeOf([failing], plans().plan),
      ]);
      expect(with_.diagnosis?.advice).toMatch(/Dockerfile, build once with skip-cache: true, and reduce/);
      expect(without.diagnosis?.advice).toMatch(/Dockerfile and reduce/);
    },
  );

  test('is advised for package lists that are too old where a cache was used', async () => {
    const failing = {
      at: 7,
      lines: ['E: Failed to fetch http://deb.example.org/a.deb  404  Not Found'],
      fail: { message: failures.runFailed('apt-get install -y x', 100) },
    } as const;
    const cached = [{ at: 6, cached: true } as const, { at: 'base', cached: true } as const];
    const of = async (script: Parameters<typeof outcomeOf>[0]) =>
      (await outcomeOf(script, plans().plan)).diagnosis;
    expect((await of([...cached, { at: 'user', cached: true }, failing]))?.advice).toContain(
      'skip-cache: true',
    );
    expect(await of([failing])).toMatchObject({
      class: 'package-not-found',
      advice: expect.not.stringContaining('skip-cache'),
    });
  });

  test.each([
    ['nothing below was cached', [rule], undefined],
    [
      'memory ran out',
      [
        { at: 'base', cached: true },
        { ...rule, fail: { message: failures.runKilled('make') } },
      ],
      undefined,
    ],
    ['the whole cache was left out', [{ at: 'base', cached: true }, rule], true],
  ] as const)('is no use where %s', async (_, script, force) => {
    const { plan } = plans();
    const wire = { ...plan.wire, ...(force && { force }) };
    const { diagnosis } = await outcomeOf(script, { ...plan, wire });
    expect(diagnosis?.retry).toBe('never');
    expect(diagnosis).not.toHaveProperty('next');
  });
});

test.each([
  [3, 'Dockerfile:3', 'package-not-found'],
  ['base', 'Dockerfile:2', 'image-not-found'],
  [4, 'Dockerfile:5', 'copy'],
] as const)('a failure at %s points into the Dockerfile: %s', async (at, place, failureClass) => {
  const { dockerPlan } = plans();
  const message = { 'package-not-found': failures.runFailed('x', 100), copy: failures.copyNotMoved(1) }[
    failureClass as string
  ];
  const lines = ['E: Unable to locate package nothing'];
  const fail = { message: message ?? failures.imageNotFound('debian:12') };
  const outcome = await outcomeOf([{ at, lines, fail }], dockerPlan);
  expect(outcome.diagnosis?.class).toBe(failureClass);
  expect(annotationOf(outcome, dockerPlan).place).toBe(place);
});
