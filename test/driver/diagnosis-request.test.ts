/** Failures that are not the service's verdict on a build: requests that did not work out, and builds given up. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/driver/diagnosis/diagnose.ts';
import type { FailureClass } from '../../src/driver/diagnosis/failure-classes.ts';
import { diagnoseRequest } from '../../src/driver/diagnosis/request-rules.ts';
import type { BuildEvent } from '../../src/driver/events.ts';
import type { RequestFailure } from '../../src/http/errors.ts';
import { passThrough } from '../../src/local/server.ts';
import { startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { runBuild, temporaryPlan } from '../support/build-run.ts';
import { failure } from '../support/fast-client.ts';
import { hostileText } from '../support/hostile-text.ts';
import { logLine, sampleOutcome, samplePlan } from '../support/sample-build.ts';

const register = 'POST /v3/templates';

test.each<[Partial<RequestFailure>, FailureClass, RegExp]>([
  [{ status: 401, said: 'Invalid API key, please visit x' }, 'api-key', /whole key.*\(api\.example\)/],
  [{ status: 403, said: 'Team is blocked' }, 'forbidden', /team is not blocked/],
  [{ status: 403, said: "Alias 'x' already used" }, 'name-taken', /another name/],
  [{ status: 409, said: "Alias 'x' is already used" }, 'name-taken', /another name/],
  [
    { status: 404, said: 'validation error: no matching operation was found' },
    'wrong-region',
    /domain and api-url/,
  ],
  [
    { status: 404, said: "Template 'x' has been deleted and cannot be rebuilt" },
    'template-deleted',
    /another name/,
  ],
  [{ status: 400, said: 'Invalid name: invalid template ID: X' }, 'name-invalid', /inputs name and tags/],
  [{ status: 400, said: "namespace 'x' must match your team 'y'" }, 'name-invalid', /team\/name/],
  [{ status: 400, said: "Invalid tag: invalid tag 'X'" }, 'name-invalid', /tags/],
  [{ status: 400, said: 'CPU count must be 1 or an even number' }, 'resource-limits', /cpu-count: 2/],
  [{ status: 400, said: "CPU count can't be higher than 8 (contact support)" }, 'resource-limits', /maximum/],
  [{ status: 400, said: 'Memory must be divisible by 2' }, 'resource-limits', /512 MiB/],
  [{ status: 400, said: "Memory can't be higher than 8192 MiB" }, 'resource-limits', /your team/],
  [{ status: 422, said: 'memory per vCPU out of range' }, 'resource-limits', /for each CPU/],
  [
    {
      status: 400,
      said: 'validation error: error in openapi3filter.RequestError: … "memoryMB": number must be at least 128',
    },
    'resource-limits',
    /memory-mb: 1024/,
  ],
  [
    { status: 429, said: 'you have reached the maximum number of concurrent template builds (20).' },
    'concurrency-limit',
    /concurrency:/,
  ],
  [{ status: 429, said: 'Rate limit exceeded' }, 'rate-limit', /later/],
  [
    { status: 400, said: "Build '6f9c' not found", request: 'GET build status' },
    'build-not-found',
    /tag that nothing removes/,
  ],
  [{ status: 400, said: 'something new' }, 'request-refused', /Its message/],
  [{ status: 400 }, 'request-refused', /Its message/],
  [{ status: 500, said: 'Error when registering' }, 'service-error', /later/],
  [{ status: 503, said: '' }, 'service-error', /later/],
  [{ status: 403, said: '<Error>Request has expired</Error>', request: 'PUT upload' }, 'upload', /store/],
  [{ kind: 'unreachable', request: 'PUT upload' }, 'upload', /store/],
  [{ kind: 'unreachable' }, 'service-unreachable', /HTTPS_PROXY/],
  [{ kind: 'timeout' }, 'service-unreachable', /proxy/],
  [{ kind: 'unintelligible' }, 'service-answer', /names the service itself/],
])('%j is %s', (details, failureClass, advice) => {
  const request: RequestFailure = { kind: 'refused', request: register, host: 'api.example', ...details };
  const diagnosis = diagnoseRequest(request, samplePlan());
  expect(diagnosis).toMatchObject({ class: failureClass, retry: 'never' });
  expect(diagnosis.advice).toMatch(advice);
});

test.each([
  [2, 1000, 1024],
  [1, 8192, 4096],
  [4, 512, 2048],
  [2, 1024, undefined],
])('%i CPU with %i MiB: the nearest that is allowed is %j', (cpuCount, memoryMb, nearest) => {
  const request = { kind: 'refused', request: register, status: 400, said: 'memory rule' } as const;
  const { advice } = diagnoseRequest(request, samplePlan({ cpuCount, memoryMb }));
  expect(/The nearest such size is .*memory-mb: (\d+)\./.exec(advice)?.[1]).toBe(nearest && String(nearest));
});

describe('against the embedded service', () => {
  test.each<[string, Partial<Plan>, object, FailureClass]>([
    ['another key', {}, { apiKey: 'other' }, 'api-key'],
    ['too many CPUs', { cpuCount: 16 }, {}, 'resource-limits'],
    ['too much memory', { memoryMb: 99_998 }, {}, 'resource-limits'],
    ['another team', { name: 'other/app' }, {}, 'name-invalid'],
  ])('%s is refused at the registration', async (_, changes, connection, failureClass) => {
    const service = await startLocalService();
    await using plan = await temporaryPlan();
    const error = await failure(runBuild({ ...service, ...connection }, { ...plan, ...changes }));
    await service.close();
    expect(diagnoseRequest(error, plan).class).toBe(failureClass);
  });

  test('a file that changes during the build has its own failure class', async () => {
    const service = await startLocalService();
    await using plan = await temporaryPlan();
    await writeFile(join(plan.definition.contextDirectory, 'app.txt'), 'changed since');
    const { outcome } = await runBuild(service, plan);
    await service.close();
    expect(outcome).toMatchObject({ status: 'error', diagnosis: { class: 'files', retry: 'never' } });
  });

  test('a refused start is reported as a refused request', async () => {
    const service = await startLocalService({
      intercept: async (request, response, next) => {
        if (!request.url?.startsWith('/v2/templates/')) return passThrough(request, response, next);
        response.writeHead(403, { 'content-type': 'application/json' });
        response.end('{"code":403,"message":"User does not have access to the template"}');
      },
    });
    await using plan = await temporaryPlan();
    const { outcome } = await runBuild(service, plan);
    await service.close();
    expect(outcome).toMatchObject({ status: 'error', diagnosis: { class: 'forbidden' } });
    expect(outcome.failure?.request).toMatchObject({ kind: 'refused', status: 403 });
  });

  test('a service that falls silent during the build leaves it lost to sight', async () => {
    const service = await startLocalService({
      intercept: async (request, response, next) => {
        if (!request.url?.includes('/status') && !request.url?.includes('/logs')) {
          return passThrough(request, response, next);
        }
        request.socket.destroy();
      },
    });
    await using plan = await temporaryPlan();
    const polling = { attempts: 3, timeMs: 20_000, firstPauseMs: 1, longestPauseMs: 2 };
    const { outcome } = await runBuild(service, plan, { timing: { polling } });
    await service.close();
    expect(outcome).toMatchObject({ status: 'building', diagnosis: { class: 'lost-sight', retry: 'never' } });
  });

  test('a build that a newer one supersedes is superseded, not failed', async () => {
    const script = [{ at: 'base', durationMs: Number.POSITIVE_INFINITY } as const];
    const executor = createSimulatedExecutor({
      stepMs: 0,
      script: ({ ordinal }) => (ordinal === 1 ? script : undefined),
    });
    const service = await startLocalService({ executor });
    await using plan = await temporaryPlan();
    const started = Promise.withResolvers<void>();
    const onEvent = (event: BuildEvent) => {
      if (event.type === 'started') started.resolve();
    };
    const older = runBuild(service, plan, { onEvent });
    await started.promise;
    const newer = await runBuild(service, plan);
    const { outcome } = await older;
    await service.close();
    expect(newer.outcome.status).toBe('ready');
    expect(outcome).toMatchObject({
      status: 'superseded',
      diagnosis: { class: 'superseded', retry: 'never' },
    });
  });
});

test.each([
  ['timeout', 'building', 'timeout', /continues at the service/],
  ['interrupted', 'building', 'interrupted', /continues at the service/],
  ['interrupted', 'error', 'interrupted', /was not started/],
] as const)('a build given up by %s while %s is %s', (abortedBy, status, failureClass, advice) => {
  const diagnosis = diagnose(samplePlan(), sampleOutcome({ status, abortedBy }));
  expect(diagnosis).toMatchObject({ class: failureClass, advice: expect.stringMatching(advice) });
});

test.each(['ready', 'building'] as const)('a build that is %s has no diagnosis', (status) => {
  expect(diagnose(samplePlan(), sampleOutcome({ status }))).toBeUndefined();
});

test('a failure without a reason says so', () => {
  expect(diagnose(samplePlan(), sampleOutcome({ status: 'error' }))).toMatchObject({
    class: 'unknown',
    what: 'The service gave no reason.',
  });
});

test('any reason and any last lines get a class, a sentence and advice', () => {
  const known = fc.constantFrom(
    "failed to run command 'x': exit status 1",
    "failed to run command '",
    'access denied to',
    'No such file or directory',
    'E: Unable to locate package ',
    'npm error 404 ',
    ': command not found',
    'exit status 127',
  );
  const text = fc.array(fc.oneof(hostileText(), known), { maxLength: 4 }).map((parts) => parts.join(''));
  const stepId = fc.constantFrom(undefined, 'base', '1', '3', '4', '9', 'finalize', 'resize-disk', '-1');
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 5 }), stepId, text, (message, lines, id, said) => {
      const lastLines = lines.map((line) => logLine(id, line));
      const failure = { message, lastLines, ...(id !== undefined && { stepId: id }) };
      const request = { kind: 'refused', request: said, status: 400, said } as const;
      for (const each of [failure, { ...failure, request }]) {
        const diagnosis = diagnose(samplePlan(), sampleOutcome({ status: 'error', failure: each }));
        expect(diagnosis?.class).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect(diagnosis?.what.length).toBeGreaterThan(10);
        expect(diagnosis?.what.length).toBeLessThan(1000);
        expect(diagnosis?.advice).toMatch(/\.$/);
      }
    }),
    { numRuns: 500 },
  );
});
