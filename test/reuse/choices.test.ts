/** What the inputs change: never, require, and not waiting. */

import { describe, expect, test } from 'vitest';
import { failure } from '../support/fast-client.ts';
import { asked, changes, faultsOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask, gate, register, serviceStarter } from '../support/service-client.ts';
import { type Reaction, refuse, tamper } from '../support/tampered-service.ts';

const startService = serviceStarter();
const required = { options: { reuse: 'require' } } as const;

test('never: nothing is looked up, and the same content is built anew', async () => {
  const service = await startService({ executor: quick() });
  const plan = await planFor();
  const first = outcomeOf(await runReuse(service, plan));
  const from = service.requests.length;
  const second = await runReuse(service, plan, { options: { reuse: 'never' } });
  expect(outcomeOf(second).buildId).not.toBe(first.buildId);
  expect(asked(service, from)[0]).toBe('POST /v3/templates');
  expect(second.events.filter(({ type }) => type === 'finished')).toHaveLength(1);
});

test('a content that cannot be known is built, and has no content tag', async () => {
  const service = await startService({ executor: quick() });
  const plan = await planFor({ unknownBase: true });
  await runReuse(service, plan);
  const run = await runReuse(service, plan);
  expect(service.inspect.builds('app')).toHaveLength(2);
  expect(outcomeOf(run).status).toBe('ready');
  expect(service.inspect.tagHistory('app').map(({ tag }) => tag)).toEqual(['v1', 'v1']);
});

describe('require', () => {
  test('takes a build that is there', async () => {
    const service = await startService({ executor: quick() });
    const first = outcomeOf(await runReuse(service, await planFor()));
    const from = service.requests.length;
    const plan = await planFor({ tags: ['v2'] });
    const run = await runReuse(service, plan, required);
    expect(outcomeOf(run).buildId).toBe(first.buildId);
    expect(changes(service, from)).toEqual(['POST /templates/tags']);
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('takes a build that another run is making', async () => {
    const { passed, open } = gate();
    const service = await startService({ executor: quick([{ type: 'RUN', until: passed }]) });
    const making = runReuse(service, await planFor());
    await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
    const run = await runReuse(service, await planFor({ tags: ['v2'] }), {
      ...required,
      onEvent: ({ type }) => type === 'joined' && open(),
    });
    expect(outcomeOf(run).buildId).toBe(outcomeOf(await making).buildId);
    expect(service.inspect.builds('app')).toHaveLength(1);
  });

  test('says so where there is nothing, and changes nothing', async () => {
    const service = await startService();
    const run = await runReuse(service, await planFor({ copies: true }), required);
    expect(run.outcome).toEqual({ ok: false, reason: 'There is no template app yet' });
    expect(run.events).toEqual([]);
    expect(changes(service)).toEqual([]);
  });

  test('says so where the content cannot be known, and asks nothing', async () => {
    const service = await startService();
    const run = await runReuse(service, await planFor({ unknownBase: true }), required);
    expect(run.outcome).toEqual({
      ok: false,
      reason: 'It is unknown whether this template is published: nobody knows',
    });
    expect(service.requests).toEqual([]);
  });

  test.each([
    ['failed', { message: 'boom' }, /^The last build of this content, .*, failed$/],
    [
      'was superseded',
      { message: 'build was cancelled', step: null },
      /^The last build of this content, .*, failed$/,
    ],
  ])('says so where the build of another run %s', async (_, fail, why) => {
    const { passed, open } = gate();
    const service = await startService({ executor: quick([{ type: 'RUN', until: passed, fail }]) });
    const making = runReuse(service, await planFor());
    await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
    const from = service.requests.length;
    const run = await runReuse(service, await planFor({ tags: ['v2'] }), {
      ...required,
      onEvent: ({ type }) => type === 'joined' && open(),
    });
    expect(run.outcome).toEqual({ ok: false, reason: expect.stringMatching(why) });
    await making;
    const ours = service.requests.slice(from).filter(({ body }) => JSON.stringify(body ?? '').includes('v2'));
    expect(ours).toEqual([]);
  });

  test.each<['alias' | 'tags' | 'template', Reaction, RegExp]>([
    ['alias', refuse(403), /answered 403/],
    ['tags', refuse(500), /answered 500/],
    ['template', async () => undefined, /connection/],
  ])('rejects when nothing can be looked up (%s)', async (request, react, said) => {
    const wire = tamper();
    const service = await startService({ executor: quick(), intercept: wire.intercept });
    await runReuse(service, await planFor());
    wire.on(request, react);
    const from = service.requests.length;
    const error = await failure(runReuse(service, await planFor({ tags: ['v2'] }), required));
    expect(error.message).toMatch(said);
    expect(changes(service, from)).toEqual([]);
  });
});

describe('without waiting', () => {
  const hurried = { options: { wait: false } } as const;

  test('a build that is ready is used', async () => {
    const service = await startService({ executor: quick() });
    const first = outcomeOf(await runReuse(service, await planFor()));
    const run = await runReuse(service, await planFor({ tags: ['v2'] }), hurried);
    expect(outcomeOf(run)).toMatchObject({ status: 'ready', buildId: first.buildId });
  });

  test('a build of another run is not followed: ours takes its place, and the other run takes ours', async () => {
    const { passed, open } = gate();
    const service = await startService({ executor: quick([{ type: 'RUN', until: passed }]) });
    const plan = await planFor();
    const making = runReuse(service, plan);
    await expect.poll(() => service.inspect.builds('app')[0]?.status).toBe('building');
    const run = await runReuse(service, await planFor({ tags: ['v2'] }), hurried);
    expect(outcomeOf(run).status).toBe('building');
    open();
    const other = await making;
    expect(outcomeOf(other)).toMatchObject({ status: 'ready', buildId: outcomeOf(run).buildId });
    expect(faultsOf(service, plan, other)).toEqual([]);
  });

  test('and with require, a build that is not ready does not count', async () => {
    const service = await startService({ executor: quick() });
    const plan = await planFor();
    const { content } = plan.contentTags ?? {};
    await register(service, 'app', [content ?? '']);
    const from = service.requests.length;
    const run = await runReuse(service, plan, { options: { wait: false, reuse: 'require' } });
    expect(run.outcome).toHaveProperty('ok', false);
    expect(changes(service, from)).toEqual([]);
    await ask(service, 'DELETE', '/templates/app');
  });
});
