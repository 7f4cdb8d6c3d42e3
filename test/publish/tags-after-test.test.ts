/** With a test, tags are put on a build only after it has passed; a build that has not is withdrawn. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import { findReadyBuild } from '../../src/templates/find-build.ts';
import { findTemplate } from '../../src/templates/find-template.ts';
import { fastClient } from '../support/fast-client.ts';
import { publishedOf, runPublish, tagsNow, tagsOn } from '../support/publish-run.ts';
import { changes, faultsOf, isOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask, build, serviceStarter } from '../support/service-client.ts';
import { first, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();

async function world() {
  const wire = tamper();
  const service = await startService({ executor: quick(), intercept: wire.intercept });
  return { wire, service, plan: await planFor({ tags: ['v1', 'latest'], commit: 'a1'.repeat(20) }) };
}

const remove = (service: LocalService, tags: readonly string[]) =>
  ask(service, 'DELETE', '/templates/tags', { name: 'app', tags });
const otherBuild = (service: LocalService, tags: string[], run = 'other') =>
  build(service, 'app', { steps: [{ type: 'RUN', args: [run] }] }, tags);

describe('a build of this run', () => {
  test('has only the tags of the action until its test is green, then all tags by one request', async () => {
    const { service, plan } = await world();
    let during: unknown;
    const run = await runPublish(service, plan, {
      verdict: async (reference) => {
        during = [tagsNow(service), tagsOn(service, reference.split(':')[1] ?? '')];
        return 'green';
      },
    });
    const { buildId, status, tags } = publishedOf(run);
    expect(during).toEqual([{}, ['candidate', 'content', 'content']]);
    expect([status, tags]).toEqual(['ready', ['v1', 'latest']]);
    expect(tagsNow(service)).toEqual({ v1: buildId, latest: buildId });
    expect(tagsOn(service, buildId)).toEqual(['content', 'content', 'latest', 'passed', 'v1']);
    expect(changes(service)).toEqual([
      'POST /v3/templates',
      'POST /v2/templates/…/builds/…',
      'POST /templates/tags',
      'DELETE /templates/tags',
    ]);
    expect(service.requests.find(({ path }) => path === '/templates/tags')?.body).toMatchObject({
      target: `app:${run.candidateTag}`,
    });
    expect(run.events.filter(({ type }) => type === 'finished')).toHaveLength(1);
    expect(run.events.filter(({ type }) => type === 'tags-moved')).toEqual([
      expect.objectContaining({ buildId, moves: [expect.anything(), expect.anything()] }),
    ]);
    expect(publishedOf(run).test).toMatchObject({ passed: true });
    // Nobody sees the candidate tag.
    expect(run.events.find(({ type }) => type === 'registered')).toMatchObject({ tags: [] });
  });

  test('moves no tag when its test is red, and cannot be reached any more', async () => {
    const { service, plan } = await world();
    const old = await otherBuild(service, ['latest']);
    const run = await runPublish(service, plan, { verdict: 'red' });
    const { buildId, status, failure, diagnosis, tags } = publishedOf(run);
    expect([status, tags, diagnosis?.class]).toEqual(['error', [], 'smoke-test']);
    expect(failure?.message).toBe('true ended with exit code 1.');
    expect(tagsNow(service)).toEqual({ latest: old.buildID });
    expect(tagsOn(service, buildId)).toEqual([]);
    expect(diagnosis?.what).toBe(
      `The build is ready, and its test did not pass. Build ${buildId} is withdrawn: this run moved no tag to it, and no later run reuses it.`,
    );
    const promoted = await ask(service, 'POST', '/templates/tags', {
      target: `app:${buildId}`,
      tags: ['v2'],
    });
    expect(promoted.status).toBe(404);
    const next = await runPublish(service, plan);
    expect(publishedOf(next).buildId).not.toBe(buildId);
    expect(publishedOf(next).reused).toBeUndefined();
  });

  test('keeps its content tag when no sandbox could be started, and the next run tests it', async () => {
    const { service, plan } = await world();
    const run = await runPublish(service, plan, { verdict: 'no-sandbox' });
    const { buildId, status, tags } = publishedOf(run);
    expect([status, tags]).toEqual(['error', []]);
    expect(tagsOn(service, buildId)).toEqual(['candidate', 'content', 'content']);
    const next = await runPublish(service, plan);
    expect(publishedOf(next)).toMatchObject({ buildId, status: 'ready', tags: ['v1', 'latest'] });
    expect(next.tested).toEqual([buildId]);
    expect(tagsNow(service)).toEqual({ v1: buildId, latest: buildId });
  });

  test('without a fingerprint is tested too, and has no passed tag', async () => {
    const { service } = await world();
    const plan = await planFor({ tags: ['v1'], unknownBase: true });
    const run = await runPublish(service, plan);
    expect(tagsOn(service, publishedOf(run).buildId)).toEqual(['v1']);
    const red = await runPublish(service, plan, { verdict: 'red' });
    expect(tagsOn(service, publishedOf(red).buildId)).toEqual([]);
    expect(tagsNow(service)).toEqual({ v1: publishedOf(run).buildId });
  });

  test('that fails is not tested', async () => {
    const service = await startService({
      executor: quick([{ type: 'RUN', fail: { message: 'exit status 3' } }]),
    });
    const run = await runPublish(service, await planFor());
    expect([publishedOf(run).status, run.tested]).toEqual(['error', []]);
    expect(tagsNow(service)).toEqual({ v1: undefined });
  });

  test('is not stopped by a push that registers other content under the same tags', async () => {
    const { service, plan } = await world();
    const newer = await planFor({ tags: ['v1', 'latest'], run: 'make newer' });
    let second: ReturnType<typeof runPublish> | undefined;
    const started = await runPublish(service, plan, {
      onEvent: ({ type }) => {
        if (type === 'started') second = runPublish(service, newer);
      },
    });
    expect(publishedOf(started).status).not.toBe('error');
    const last = publishedOf((await second) ?? started);
    expect(tagsNow(service)).toEqual({ v1: last.buildId, latest: last.buildId });
  });
});

describe('an existing build', () => {
  test('that has passed this test is not tested again; another test is', async () => {
    const { service, plan } = await world();
    const one = await runPublish(service, plan);
    const again = await runPublish(service, { ...plan, tags: ['v2'] });
    expect(again.tested).toEqual([]);
    expect(again.notices).toContain(
      `Build ${publishedOf(one).buildId} has passed this test before, so it is not tested again.`,
    );
    const other = await runPublish(service, { ...plan, tags: ['v3'] }, { test: 'false' });
    expect(other.tested).toEqual([publishedOf(one).buildId]);
    const id = publishedOf(one).buildId;
    expect(tagsNow(service)).toEqual({ v1: id, latest: id, v2: id, v3: id });
    expect(tagsOn(service, id).filter((tag) => tag === 'passed')).toHaveLength(2);
  });

  test('with all tags and a passed test costs no change', async () => {
    const { service, plan } = await world();
    await runPublish(service, plan);
    const from = service.requests.length;
    expect(publishedOf(await runPublish(service, plan)).status).toBe('ready');
    expect(changes(service, from)).toEqual([]);
  });

  test('of a run without a test is held while it is tested', async () => {
    const { service, plan } = await world();
    const { buildId } = outcomeOf(await runReuse(service, { ...plan, tags: ['v0'] }));
    let during: string[] = [];
    const run = await runPublish(service, plan, {
      verdict: async () => {
        during = tagsOn(service, buildId);
        return 'green';
      },
    });
    expect(during).toEqual(['candidate', 'content', 'content', 'v0']);
    expect(run.tested).toEqual([buildId]);
    expect(tagsNow(service)).toEqual({ v0: buildId, v1: buildId, latest: buildId });
  });

  test('whose test is red keeps the tags that it had before, and is not reused', async () => {
    const { service, plan } = await world();
    const { buildId } = outcomeOf(await runReuse(service, { ...plan, tags: ['v0'] }));
    const run = await runPublish(service, plan, { verdict: 'red' });
    expect(publishedOf(run)).toMatchObject({ status: 'error', buildId, tags: [] });
    expect(tagsOn(service, buildId)).toEqual(['failed', 'v0']);
    expect(publishedOf(run).diagnosis?.what).toMatch(/It keeps v0, which another run gave it\.$/);
    expect(outcomeOf(await runReuse(service, plan)).buildId).not.toBe(buildId);
  });

  test('whose passed tag is on another build is tested', async () => {
    const { service, plan } = await world();
    const old = await runPublish(service, plan);
    const rebuilt = outcomeOf(await runReuse(service, plan, { options: { reuse: 'never' } }));
    const run = await runPublish(service, plan);
    expect(run.tested).toEqual([rebuilt.buildId]);
    expect(rebuilt.buildId).not.toBe(publishedOf(old).buildId);
  });

  test('that is made by another run is followed and tested', async () => {
    const { service, plan } = await world();
    const runs = await Promise.all([
      runPublish(service, plan),
      runPublish(service, { ...plan, tags: ['v2'] }, { run: 8 }),
    ]);
    expect(service.inspect.builds('app').filter(({ status }) => status === 'ready')).toHaveLength(1);
    const [id] = runs.map((run) => publishedOf(run).buildId);
    expect(runs.map((run) => publishedOf(run).status)).toEqual(['ready', 'ready']);
    expect(tagsNow(service)).toEqual({ v1: id, latest: id, v2: id });
    expect(tagsOn(service, id ?? '')).not.toContain('candidate');
  });

  test('is never built with reuse: require', async () => {
    const { service, plan } = await world();
    const none = await runPublish(service, plan, { options: { reuse: 'require' } });
    expect(none.outcome).toMatchObject({ ok: false });
    await runReuse(service, plan);
    const run = await runPublish(service, plan, { options: { reuse: 'require' } });
    expect([publishedOf(run).status, run.tested.length]).toEqual(['ready', 1]);
  });
});

describe('a red build that the service still finds', () => {
  const promoted = async (service: LocalService, from: string) => {
    const client = fastClient(service.url, {}, { apiKey: service.apiKey });
    const template = await findTemplate(client, 'app');
    return template && findReadyBuild(client, template, from);
  };

  test('by a tag that it had before is not promoted', async () => {
    const { service, plan } = await world();
    await runReuse(service, { ...plan, tags: ['v0'] });
    await runPublish(service, plan, { verdict: 'red' });
    expect(await promoted(service, 'v0')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/did not pass the test/),
    });
  });

  test('since a newer build of the content covers its content tag is not promoted', async () => {
    const { service, plan } = await world();
    let newer = '';
    const run = await runPublish(service, plan, {
      verdict: async () => {
        const rebuilt = await runReuse(service, { ...plan, tags: ['v0'] }, { options: { reuse: 'never' } });
        newer = outcomeOf(rebuilt).buildId;
        return 'red';
      },
    });
    const { buildId } = publishedOf(run);
    expect(tagsOn(service, buildId)).toEqual(['failed']);
    expect(tagsOn(service, newer)).toEqual(['content', 'content', 'v0']);
    expect(await promoted(service, buildId)).toMatchObject({ ok: false });
    expect(await promoted(service, newer)).toEqual({ ok: true, value: newer });
  });
});

describe('a build that loses its candidate tag during the test', () => {
  test.each<[string, (tags: readonly string[]) => readonly string[]]>([
    ['with all tags of the action, as by a red test of another run', (tags) => tags],
    ['alone', (tags) => tags.filter((tag) => tag.startsWith('candidate-'))],
  ])('%s gets no tags from a green test', async (_, which) => {
    const { service, plan } = await world();
    let lost = '';
    const run = await runPublish(service, plan, {
      verdict: async (reference) => {
        const id = reference.split(':')[1] ?? '';
        if (lost !== '') return 'green';
        lost = id;
        const on = service.inspect.tagHistory('app').filter(({ buildId }) => buildId === id);
        await remove(service, which(on.map(({ tag }) => tag)));
        return 'green';
      },
    });
    const { buildId, status } = publishedOf(run);
    expect(status).toBe('ready');
    expect(run.tested).toHaveLength(2);
    expect(run.notices).toContainEqual(
      expect.stringMatching(`^Build ${lost} was withdrawn before this run could give it its tags`),
    );
    expect(tagsNow(service)).toEqual({ v1: buildId, latest: buildId });
    expect(faultsOf(service, plan, { ...run, outcome: run.outcome })).toEqual([]);
  });

  test('each time ends red after a few builds, and no tag has moved', async () => {
    const { service, plan } = await world();
    const run = await runPublish(service, plan, {
      verdict: async (reference) => {
        const id = reference.split(':')[1] ?? '';
        const on = service.inspect.tagHistory('app').filter(({ buildId }) => buildId === id);
        await remove(
          service,
          on.map(({ tag }) => tag),
        );
        return 'green';
      },
    });
    expect(publishedOf(run).status).toBe('error');
    expect(run.tested).toHaveLength(4);
    expect(tagsNow(service)).toEqual({});
  });

  test('two runs with different tests on one build: the red one takes it from the green one', async () => {
    const { service, plan } = await world();
    const { buildId: shared } = outcomeOf(await runReuse(service, { ...plan, tags: ['v0'] }));
    const red = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    const green = runPublish(service, plan, {
      test: 'green',
      verdict: async (reference) => {
        holding.resolve();
        if (reference.endsWith(shared)) await red.promise;
        return 'green';
      },
    });
    await holding.promise;
    const other = await runPublish(service, { ...plan, tags: ['v9'] }, { test: 'red', verdict: 'red' });
    expect(publishedOf(other).buildId).toBe(shared);
    red.resolve();
    const run = await green;
    expect(publishedOf(run).buildId).not.toBe(shared);
    expect(tagsNow(service)).toEqual({
      v0: shared,
      v1: publishedOf(run).buildId,
      latest: publishedOf(run).buildId,
    });
  });
});

describe('the order of registration', () => {
  /** What another run does during the test, and where latest is in the end. */
  test.each<
    [string, (service: LocalService, older: string) => Promise<unknown>, 'ours' | 'theirs' | 'superseded']
  >([
    ['a build that was registered before ours', (service, older) => assign(service, older, 'latest'), 'ours'],
    ['a build that was registered after ours', (service) => otherBuild(service, ['latest']), 'theirs'],
    [
      'a build that was registered after ours and failed',
      (service) => build(service, 'app', { steps: [{ type: 'RUN', args: ['false'] }] }, ['latest']),
      'theirs',
    ],
    [
      'builds that were registered after ours, with all tags',
      (service) => otherBuild(service, ['latest', 'v1']),
      'superseded',
    ],
  ])('%s has the tag at the end of the test', async (_, meddle, expected) => {
    const { service, plan } = await world();
    const older = await otherBuild(service, ['v0'], 'older');
    await sleep(5);
    let theirs: string | undefined;
    const run = await runPublish(service, plan, {
      verdict: async () => {
        await sleep(5);
        await meddle(service, older.buildID);
        theirs = service.inspect.tagHistory('app').findLast(({ tag }) => tag === 'latest')?.buildId;
        return 'green';
      },
    });
    const { buildId, status, tags } = publishedOf(run);
    const latest = service.inspect.tagHistory('app').findLast(({ tag }) => tag === 'latest')?.buildId;
    if (expected === 'ours') expect([status, tags, latest]).toEqual(['ready', ['v1', 'latest'], buildId]);
    if (expected === 'theirs') {
      expect([status, tags, latest]).toEqual(['ready', ['v1'], theirs]);
      expect(run.notices).toContain('A newer run put latest on another build meanwhile, where it stays.');
    }
    if (expected === 'superseded') {
      expect([status, latest]).toEqual(['superseded', theirs]);
      // It has passed all the same.
      expect(tagsOn(service, buildId)).toContain('passed');
    }
    expect(tagsOn(service, buildId)).not.toContain('candidate');
  });

  test('a revert takes the tags of the newer build', async () => {
    const { service, plan } = await world();
    const one = await runPublish(service, plan);
    await sleep(5);
    await runPublish(service, await planFor({ tags: ['v1', 'latest'], run: 'make worse' }));
    await sleep(5);
    const revert = await runPublish(service, plan);
    expect(publishedOf(revert)).toMatchObject({ status: 'ready', tags: ['v1', 'latest'] });
    expect(tagsNow(service)['latest']).toBe(publishedOf(one).buildId);
  });

  test('the newer of two pushes has the tags, whichever test takes longer', async () => {
    for (const slow of ['older', 'newer'] as const) {
      const { service } = await world();
      const plans = {
        older: await planFor({ tags: ['latest'], run: 'make 1' }),
        newer: await planFor({ tags: ['latest'], run: 'make 2' }),
      };
      const fastIsDone = Promise.withResolvers<void>();
      const verdict = (which: 'older' | 'newer') => async () => {
        if (which === slow) await fastIsDone.promise;
        return 'green' as const;
      };
      const registered = Promise.withResolvers<void>();
      const older = runPublish(service, plans.older, {
        verdict: verdict('older'),
        onEvent: ({ type }) => type === 'registered' && registered.resolve(),
      });
      await registered.promise;
      await sleep(5);
      const newer = runPublish(service, plans.newer, { verdict: verdict('newer') });
      await (slow === 'older' ? newer : older);
      fastIsDone.resolve();
      await Promise.all([older, newer]);
      expect(tagsNow(service), slow).toEqual({ latest: publishedOf(await newer).buildId });
    }
  });
});

const assign = (service: LocalService, buildId: string, tag: string) =>
  ask(service, 'POST', '/templates/tags', { target: `app:${buildId}`, tags: [tag] });

describe('the way to the tags', () => {
  test('an outage of the tag route is waited out, and each try looks again', async () => {
    const { wire, service, plan } = await world();
    wire.on('assign', refuse(503), 2);
    const run = await runPublish(service, plan);
    expect(publishedOf(run)).toMatchObject({ status: 'ready', tags: ['v1', 'latest'] });
  });

  test('a lost answer is no harm', async () => {
    const { wire, service, plan } = await world();
    wire.on('assign', async (next) => void (await next()), 1);
    const run = await runPublish(service, plan);
    const { buildId } = publishedOf(run);
    expect(publishedOf(run)).toMatchObject({ status: 'ready', tags: ['v1', 'latest'] });
    expect(tagsOn(service, buildId)).toEqual(['content', 'content', 'latest', 'passed', 'v1']);
  });

  test('tags that have moved and cannot be read again are told as moved', async () => {
    const { wire, service, plan } = await world();
    wire.on('assign', async (next) => {
      const reply = await next();
      wire.on('tags', refuse(403));
      return reply;
    });
    const run = await runPublish(service, plan);
    expect(publishedOf(run)).toMatchObject({ status: 'ready', tags: ['v1', 'latest'] });
  });

  test('a lost answer, and tags that cannot be read again, leave it open whether they have moved', async () => {
    const { wire, service, plan } = await world();
    wire.on('assign', async (next) => {
      await next();
      wire.on('tags', refuse(403));
      return undefined;
    });
    const { status, diagnosis } = publishedOf(await runPublish(service, plan));
    expect(status).toBe('error');
    expect(diagnosis?.what).toMatch(
      /^The build is ready, and it is not known whether its tags were moved\. /,
    );
  });

  test('a refusal ends red, says that no tag moved, and keeps what was built', async () => {
    const { wire, service, plan } = await world();
    wire.on('assign', refuse(403, 'not allowed'));
    const run = await runPublish(service, plan);
    const { status, diagnosis, buildId, tags } = publishedOf(run);
    expect([status, tags]).toEqual(['error', []]);
    expect(diagnosis?.title).toBe('The tags could not be moved');
    expect(diagnosis?.what).toMatch(/^The build is ready, and its tags were not moved\. /);
    expect(tagsOn(service, buildId)).toEqual(['candidate', 'content', 'content']);
    wire.clear();
    expect(publishedOf(await runPublish(service, plan))).toMatchObject({ status: 'ready', buildId });
  });

  test('a candidate tag that cannot be removed stays, and is told', async () => {
    const { wire, service, plan } = await world();
    const run = await runPublish(service, plan, {
      onEvent: ({ type }) => {
        if (type === 'tags-moved') wire.on('remove', refuse(403));
      },
    });
    expect(publishedOf(run).status).toBe('ready');
    expect(run.notices.at(-1)).toMatch(/^The tag candidate-7-1-[0-9a-f]{12} could not be removed/);
  });

  test('a build that cannot be withdrawn is told, and stays red', async () => {
    const { wire, service, plan } = await world();
    wire.on('remove', refuse(403));
    const run = await runPublish(service, plan, { verdict: 'red' });
    const { status, diagnosis } = publishedOf(run);
    expect(status).toBe('error');
    expect(diagnosis?.what).toMatch(/could not be withdrawn/);
  });

  test.each<['timeout' | 'interrupted', 'test' | 'tags', RegExp]>([
    ['timeout', 'test', /over during the test of the build.*No tag has moved/],
    ['interrupted', 'test', /cancelled during the test.*No tag has moved/],
    ['interrupted', 'tags', /cancelled while the build got its tags.*not known/],
  ])('a %s during the %s says what is left', async (reason, during, words) => {
    const { wire, service, plan } = await world();
    const stop = new AbortController();
    wire.on(
      'assign',
      first(() => {
        if (during === 'tags') stop.abort(reason);
      }),
    );
    const run = await runPublish(service, plan, {
      signal: stop.signal,
      verdict: async () => {
        if (during === 'test') stop.abort(reason);
        return 'green';
      },
    });
    const { status, abortedBy, endedDuring, diagnosis, buildId } = publishedOf(run);
    expect([status, abortedBy, endedDuring]).toEqual(['error', reason, during]);
    expect(`${diagnosis?.what} ${diagnosis?.advice}`).toMatch(words);
    const next = await runPublish(service, plan);
    expect(publishedOf(next)).toMatchObject({ status: 'ready', buildId });
  });

  test.each(['timeout', 'interrupted'])('a red verdict outlasts a %s', async (reason) => {
    const { wire, service, plan } = await world();
    const stop = new AbortController();
    wire.on(
      'remove',
      first(() => stop.abort(reason)),
    );
    const run = await runPublish(service, plan, { signal: stop.signal, verdict: 'red' });
    const { buildId, abortedBy, diagnosis } = publishedOf(run);
    expect([abortedBy, diagnosis?.class]).toEqual([undefined, 'smoke-test']);
    expect(tagsOn(service, buildId)).toEqual([]);
    expect(diagnosis?.what).toMatch(/ is withdrawn: /);
  });
});

test('the build of the plan is what is tagged', async () => {
  const { service, plan } = await world();
  const run = await runPublish(service, plan);
  const found = service.inspect.builds('app').find(({ id }) => id === publishedOf(run).buildId);
  expect(found && isOf(found, plan)).toBe(true);
});
