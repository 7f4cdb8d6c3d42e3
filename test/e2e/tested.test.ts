/** A build with the input test: its tags move after the test, and a red test moves none. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { json, sendReply } from '../../src/local/http.ts';
import type { LocalService } from '../../src/local/service.ts';
import type { SimulationRule } from '../../src/local/simulation-script.ts';
import { type Run, type TestService, testWith } from '../support/fixtures.ts';
import { tagsNow, tagsOn } from '../support/publish-run.ts';
import { groupsOf } from '../support/runner.ts';
import { build } from '../support/service-client.ts';
import { changesSince, pinned, when } from './reuse-kit.ts';

const recipe = `import { Template, waitForPort } from 'novita-sandbox';
export default Template()
  .fromImage('${pinned}', undefined, { inheritConfig: false })
  .runCmd('make')
  .setStartCmd('serve --port 8080', waitForPort(8080));
`;

const test = testWith({
  files: { 'template.ts': recipe },
  defaults: { inputs: { name: 'my-agent', tags: 'v1, latest', test: 'agent --version\nagent check' } },
});

const command = (text: RegExp, rest: Partial<SimulationRule>): SimulationRule => ({
  at: 'command',
  text,
  ...rest,
});
const red = command(/check/, { exitCode: 3, lines: ['looking', { text: 'no key file', stream: 'stderr' }] });

/** Each build with what the service was asked to change, in short. */
const asked = (service: LocalService, since = 0) =>
  changesSince(service, since).map(({ method, path }) =>
    `${method} ${path}`.replace(/\/[\w-]{16,}/g, '/…').replace(/process\.Process\/.*/, 'process'),
  );

const tags = (service: LocalService) => tagsNow(service, 'my-agent');

describe('a green test', () => {
  test('comes before the tags, and the log shows each command, its time and where the tags were', async ({
    service,
    run,
  }) => {
    service.script = [command(/version/, { lines: ['agent 4.2'] })];
    const old = await build(service, 'my-agent', {}, ['latest']);
    const since = service.requests.length;
    let during: unknown;
    const { exitCode, log, outputs, summary, result } = await run({
      onOutput: when('agent check', () => {
        during = tags(service);
      }),
    });
    expect(exitCode, log).toBe(0);
    const { buildId = '' } = outputs;
    expect(during).toEqual({ latest: old.buildID });
    expect(outputs).toMatchObject({ status: 'ready', tags: 'v1,latest', reused: 'false' });
    expect(tags(service)).toEqual({ v1: buildId, latest: buildId });
    expect(tagsOn(service, buildId, 'my-agent')).toEqual(['content', 'content', 'latest', 'passed', 'v1']);
    expect(service.inspect.sandboxes()).toEqual([]);
    expect(asked(service, since)).toEqual([
      'POST /v3/templates',
      'POST /v2/templates/…/builds/…',
      'POST /sandboxes',
      ...Array(3).fill(expect.stringMatching(/process/)),
      'DELETE /sandboxes/…',
      'POST /templates/tags',
      'DELETE /templates/tags',
    ]);
    const groups = groupsOf(log);
    expect(groups.find(({ title }) => title.includes('agent --version'))?.lines).toContain('│ agent 4.2');
    expect(log).toContain(`\nTag v1: new\nTag latest: moved here from build ${old.buildID}\n`);
    expect(log).not.toContain('candidate-');
    expect(summary).toContain('agent --version');
    expect(summary).toContain(`| Tags before | \`latest\` on \`${old.buildID}\` |`);
    expect(result).toMatchObject({ previous: { v1: null, latest: old.buildID } });
  });

  test('whose tag a newer build has by then says where that stays', async ({ service, run }) => {
    let isNewer = false;
    service.intercept = async (request, response, next) => {
      const reply = await next();
      if (!isNewer && request.method === 'DELETE' && request.url?.startsWith('/sandboxes/')) {
        isNewer = true;
        await build(service, 'my-agent', {}, ['latest']);
      }
      sendReply(response, reply);
    };
    const { exitCode, log, outputs, summary, result } = await run();
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('v1');
    expect(log).toContain('A newer run put latest on another build meanwhile, where it stays.');
    expect(summary).toContain('A newer run put `latest` on another build meanwhile, where it stays.');
    expect(result).toMatchObject({ tags: ['v1'], previous: { v1: null }, elsewhere: ['latest'] });
  });

  test('whose tags the service refuses is no red test', async ({ service, run }) => {
    service.intercept = async (request, response, next) => {
      const isTagged = request.method === 'POST' && request.url === '/templates/tags';
      sendReply(response, isTagged ? json(403, { code: 403, message: 'no tags' }) : await next());
    };
    const { exitCode, log, outputs, summary, result } = await run();
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'forbidden', tags: '' });
    expect(log).toMatch(/^::error title=The tags could not be moved::/m);
    expect(log).toMatch(/^Built, and its test passed, and its tags were not moved: /m);
    expect(log).toContain(`Build my-agent:${outputs['buildId']} did not get its tags: `);
    expect(summary).toContain('## Template `my-agent` passed its test, and its tags did not move\n');
    expect(result).toMatchObject({ test: { passed: true }, failure: { during: 'test' } });
  });

  test('is not asked for again, unless the test has changed', async ({ service, run }) => {
    const first = await run();
    const since = service.requests.length;
    const again = await run({ inputs: { tags: 'v2' } });
    expect(again.exitCode, again.log).toBe(0);
    expect(again.outputs).toMatchObject({ buildId: first.outputs['buildId'], reused: 'true', tags: 'v2' });
    expect(again.log).toContain('has passed this test before, so it is not tested again.');
    expect(again.summary).toContain('It has passed this test before, so it was not tested again.');
    expect(again.result).toMatchObject({ testedBefore: true, previous: { v2: null } });
    expect(asked(service, since)).toEqual(['POST /templates/tags']);
    const other = await run({ inputs: { tags: 'v3', test: 'agent check' } });
    expect(other.exitCode, other.log).toBe(0);
    expect(service.requests.filter(({ path }) => path === '/sandboxes')).toHaveLength(2);
    expect(service.inspect.builds()).toHaveLength(1);
  });

  test('of a build without a test before: the existing build is tested, not built anew', async ({
    service,
    run,
  }) => {
    const untested = await run({ inputs: { test: '', tags: 'v0' } });
    const tested = await run();
    expect(tested.exitCode, tested.log).toBe(0);
    expect(tested.outputs).toMatchObject({ buildId: untested.outputs['buildId'], reused: 'true' });
    expect(service.inspect.builds()).toHaveLength(1);
    expect(tested.outputs['tags']).toBe('v1,latest');
  });
});

describe('a red test', () => {
  test('moves no tag, fails the step with its last lines, and the build is not reused', async ({
    service,
    run,
  }) => {
    const old = await build(service, 'my-agent', {}, ['latest']);
    service.script = [red];
    const { exitCode, log, outputs, summary, result } = await run();
    expect(exitCode).toBe(1);
    const { buildId = '' } = outputs;
    expect(outputs).toMatchObject({ status: 'error', failure: 'smoke-test', tags: '' });
    expect(tags(service)).toEqual({ latest: old.buildID });
    expect(tagsOn(service, buildId, 'my-agent')).toEqual([]);
    expect(service.inspect.sandboxes()).toEqual([]);
    expect(log.match(/^::error/gm)).toHaveLength(1);
    expect(log).toMatch(/┆ no key file/);
    expect(log).toContain('agent check ended with exit code 3');
    expect(log).toContain(
      `Build ${buildId} is withdrawn: this run moved no tag to it, and no later run reuses it.`,
    );
    expect(log).toContain(`Build my-agent:${buildId} did not pass its test`);
    expect(summary).toContain('failed its test');
    for (const text of [summary, JSON.stringify(result)])
      expect(text).toContain(`Build ${buildId} is withdrawn: this run moved no tag to it`);

    service.script = [];
    const fixed = await run();
    expect(fixed.exitCode, fixed.log).toBe(0);
    expect(fixed.outputs['buildId']).not.toBe(buildId);
  });

  test('cannot be promoted', async ({ service, run }) => {
    service.script = [red];
    const { outputs } = await run();
    const promoted = await run({
      action: 'promote',
      inputs: { from: outputs['buildId'] ?? '', tags: 'stable', test: '' },
    });
    expect(promoted.exitCode).toBe(1);
    expect(tags(service)).toEqual({});
  });
});

test('without a sandbox nothing is decided: the next run tests the build that is there', async ({
  service,
  run,
}) => {
  service.script = [{ at: 'machine', fail: { message: 'no node has room' } }];
  const { exitCode, log, outputs } = await run();
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'error', failure: 'sandbox', tags: '' });
  expect(log).toContain('no node has room');
  expect(tags(service)).toEqual({});
  service.script = [];
  const again = await run();
  expect(again.exitCode, again.log).toBe(0);
  expect(again.outputs).toMatchObject({ buildId: outputs['buildId'], reused: 'true', tags: 'v1,latest' });
});

test('dry-run says that the build would be tested, and starts no sandbox', async ({ service, run }) => {
  const { exitCode, log } = await run({ inputs: { 'dry-run': 'true' } });
  expect(exitCode, log).toBe(0);
  expect(log).toContain('so it would be built and tested');
  expect(changesSince(service)).toEqual([]);
});

describe('a job that ends during the test', () => {
  test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'by %s leaves no sandbox and moves no tag, and the next run tests the same build',
    async (signal, { service, run }) => {
      service.script = [command(/check/, { durationMs: Number.POSITIVE_INFINITY })];
      const killed = await run({
        ownProcess: true,
        onOutput: when('agent check', (kill) => kill(signal)),
      });
      const post = await run({ ownProcess: true, state: killed.state });
      expect(post.exitCode).toBe(0);
      expect(service.inspect.sandboxes()).toEqual([]);
      expect(tags(service)).toEqual({});
      if (signal !== 'SIGKILL') {
        expect(killed.exitCode).toBe(130);
        expect(killed.outputs).toMatchObject({ status: 'error', failure: 'interrupted', tags: '' });
        expect(killed.log).toMatch(/cancelled during the test of the build.*No tag has moved/s);
        expect(killed.log.match(/^::error/gm)).toHaveLength(1);
        expect(killed.log).not.toContain('The service says');
        expect(killed.summary).toContain('## Template `my-agent` is built and not tested\n');
        expect(killed.summary).not.toContain('The service gave no reason');
      }
      expect(`${killed.log}${post.log}`).not.toMatch(/Its tags point to it when it is ready/);
      service.script = [];
      const next = await run();
      expect(next.exitCode, next.log).toBe(0);
      expect(service.inspect.builds()).toHaveLength(1);
      expect(next.outputs).toMatchObject({ reused: 'true', tags: 'v1,latest' });
    },
  );
});

describe('a job that is cancelled after the verdict', () => {
  interface Moment {
    /** The request that is held, as `METHOD path`. */
    readonly held: RegExp;
    /** The first one after this one. */
    readonly after?: RegExp;
  }
  const removal: Moment = { held: /^DELETE \/templates\/tags$/ };
  const look = /^GET \/templates\/[^/]+\/tags$/;
  const endOfSandbox = /^DELETE \/sandboxes\//;

  /** Sends SIGTERM while the service holds a request, which it answers a little later, or never. */
  const cancelledAt = (service: TestService, run: Run, { held, after }: Moment, isAnswered = true) => {
    let pid = 0;
    let isNear = after === undefined;
    let isOver = false;
    service.intercept = async (request, response, next) => {
      const line = `${request.method} ${request.url?.split('?')[0]}`;
      if (isNear && !isOver && held.test(line)) {
        isOver = true;
        process.kill(pid, 'SIGTERM');
        if (!isAnswered) return;
        await sleep(300);
      }
      isNear ||= after?.test(line) === true;
      sendReply(response, await next());
    };
    return run({
      onSpawn: (id) => {
        pid = id;
      },
    });
  };

  test.for<[string, Moment]>([
    ['its sandbox is ended', { held: endOfSandbox }],
    ['its tags are read', { after: endOfSandbox, held: look }],
    ['its tags are removed', removal],
  ])('a red build is withdrawn all the same, while %s', async ([, moment], { service, run }) => {
    service.script = [red];
    const { exitCode, log, outputs } = await cancelledAt(service, run, moment);
    const { buildId = '' } = outputs;
    expect(exitCode, log).toBe(1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'smoke-test', tags: '' });
    expect(log).toContain(`Build ${buildId} is withdrawn: `);
    expect(log).toContain(`Build my-agent:${buildId} did not pass its test`);
    expect(log.match(/^::error/gm)).toHaveLength(1);
    expect(tagsOn(service, buildId, 'my-agent')).toEqual([]);
    expect(service.inspect.sandboxes()).toEqual([]);
  });

  test('a red build is reported in time, also if the service does not answer', async ({ service, run }) => {
    service.script = [red];
    const { exitCode, log, outputs, result } = await cancelledAt(service, run, removal, false);
    expect(exitCode, log).toBe(1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'smoke-test', tags: '' });
    expect(log).toContain(
      `Build ${outputs['buildId']} could not be withdrawn (the step had to end before the service answered).`,
    );
    expect(result).toBeDefined();
  });

  test.for<[string, Moment]>([
    ['the moved tags are read again', { after: /^POST \/templates\/tags$/, held: look }],
    ['its candidate tag is removed', removal],
  ])('a green build keeps its tags and no other, while %s', async ([, moment], { service, run }) => {
    const { exitCode, log, outputs } = await cancelledAt(service, run, moment);
    const { buildId = '' } = outputs;
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ status: 'ready', tags: 'v1,latest' });
    expect(tagsOn(service, buildId, 'my-agent')).toEqual(['content', 'content', 'latest', 'passed', 'v1']);
  });

  test('a green build whose candidate tag cannot be removed in time is told so', async ({ service, run }) => {
    const { exitCode, log, outputs } = await cancelledAt(service, run, removal, false);
    expect(exitCode, log).toBe(0);
    expect(outputs).toMatchObject({ status: 'ready', tags: 'v1,latest' });
    expect(log).toMatch(
      /The tag candidate-\S+ could not be removed \(the step had to end before the service answered\)\. It does no harm/,
    );
  });
});
