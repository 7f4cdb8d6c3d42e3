/** A limit of age: what is too old is made anew without the cache, and nothing is made twice for it. */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { LocalService } from '../../src/local/service.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { tooOld } from '../../src/reuse/age-limit.ts';
import { foresee } from '../../src/reuse/foresee.ts';
import { dayMs } from '../support/content-tags.ts';
import { fastClient } from '../support/fast-client.ts';
import { publishedOf, runPublish } from '../support/publish-run.ts';
import {
  asked,
  changes,
  contentTag,
  earlyLookup,
  faultsOf,
  outcomeOf,
  planFor,
  quick,
  runReuse,
} from '../support/reuse-run.ts';
import { gate, register, serviceStarter } from '../support/service-client.ts';
import { edit, type Reaction, refuse, tamper } from '../support/tampered-service.ts';

const hourMs = dayMs / 24;
const startService = serviceStarter();
const week = { maxAgeMs: 7 * dayMs };

/** The clock of everyone. Its responses tell it, as those of the real service do. */
const clock = {
  offsetMs: 0,
  now: Date.now,
  advance: (days: number) => clock.set(clock.offsetMs + days * dayMs),
  set(ms: number) {
    clock.offsetMs = ms;
    vi.spyOn(Date, 'now').mockImplementation(() => clock.now() + ms);
  },
};
afterEach(() => {
  clock.offsetMs = 0;
  vi.restoreAllMocks();
});

interface World {
  readonly wire: ReturnType<typeof tamper>;
  readonly service: LocalService;
}

async function world(script?: Parameters<typeof quick>[0]): Promise<World> {
  const wire = tamper();
  const service = await startService({
    executor: quick(script),
    intercept: (request, response, next) =>
      wire.intercept(request, response, async () => {
        const reply = await next();
        return { ...reply, headers: { date: new Date(Date.now()).toUTCString(), ...reply.headers } };
      }),
  });
  return { wire, service };
}

const buildsOf = (service: LocalService) => service.inspect.builds('app');
const forced = (service: LocalService) => buildsOf(service).map(({ template }) => template?.force === true);
const ready = (service: LocalService) => buildsOf(service).filter(({ status }) => status === 'ready');

/** A service with a ready build of the content, made that many days ago. */
async function aged(days: number, script?: Parameters<typeof quick>[0]) {
  const made = await world(script);
  clock.advance(-days);
  const old = outcomeOf(await runReuse(made.service, await planFor({ tags: ['v1', 'latest'] })));
  clock.set(0);
  return { ...made, old, from: made.service.requests.length };
}

/** Shifts every time that the service tells, its clock among them unless it has none. */
function shiftTimes({ wire }: World, ms: number, tellsClock = true): void {
  const later = (time: unknown) => new Date(Date.parse(String(time)) + ms).toISOString();
  const moved =
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
      (change: (body: any) => unknown): Reaction =>
      async (next) => {
        const reply = await edit(change)(next, '');
        const date = new Date(Date.now() + ms).toUTCString();
        return reply && { ...reply, headers: { ...reply.headers, date: tellsClock ? date : 'unknown' } };
      };
  wire.on(
    'tags',
    moved((rows: { createdAt: string }[]) =>
      rows.map((each) => ({ ...each, createdAt: later(each.createdAt) })),
    ),
  );
  wire.on(
    'template',
    moved((body: { builds: { createdAt: string; finishedAt?: string }[] }) => ({
      ...body,
      builds: body.builds.map((each) => ({
        ...each,
        createdAt: later(each.createdAt),
        ...(each.finishedAt && { finishedAt: later(each.finishedAt) }),
      })),
    })),
  );
  wire.on(
    'alias',
    moved((body: object) => body),
  );
}

describe('the age of a build', () => {
  const since = Date.UTC(2026, 10, 28);
  const limit = { maxAgeMs: dayMs, since, aheadMs: () => 0 };
  const of = (createdAt: number) => ({ buildId: 'b', createdAt });

  test('may be exactly the limit, and no millisecond more', () => {
    expect(tooOld(of(since - dayMs), limit)).toBeUndefined();
    expect(tooOld(of(since - dayMs - 1), limit)).toBe(
      'Build b of this content was registered on 2026-11-26 23:59 UTC, longer ago than max-age allows (1 day)',
    );
  });

  test("goes by the service's clock", () => {
    expect(tooOld(of(since - dayMs), { ...limit, aheadMs: () => 1 })).toContain('longer ago');
    expect(tooOld(of(since - dayMs - 1), { ...limit, aheadMs: () => -1 })).toBeUndefined();
  });

  test('does not count for one that this run saw in the making', () => {
    expect(tooOld(of(0), { ...limit, seenInMaking: new Set(['b']) })).toBeUndefined();
    expect(tooOld(of(0), { ...limit, seenInMaking: new Set(['c']) })).toContain('longer ago');
  });

  test('is unknown for one from the future', () => {
    clock.set(since - clock.now());
    expect(tooOld(of(since + 60_000), limit)).toBeUndefined();
    expect(tooOld(of(since + hourMs), limit)).toMatch(
      /in the future, so its age is unknown \(max-age: 1 day\)$/,
    );
    // It was registered while this run waited for another.
    clock.set(since + 2 * hourMs - clock.now());
    expect(tooOld(of(since + hourMs), limit)).toBeUndefined();
  });
});

describe('a build within the limit', () => {
  test('is reused, without another request where it has the tags', async () => {
    const { service, old, from } = await aged(6.9);
    const run = await runReuse(service, await planFor({ tags: ['v1', 'latest'], ...week }));
    expect(outcomeOf(run).buildId).toBe(old.buildId);
    expect(changes(service, from)).toEqual([]);
  });

  test('is the same content without a limit and with any', async () => {
    const tags = [await planFor(), await planFor(week), await planFor({ maxAgeMs: hourMs })].map(contentTag);
    expect(new Set(tags).size).toBe(1);
  });

  test('of a new content is made with the cache', async () => {
    const { service } = await aged(30);
    const run = await runReuse(service, await planFor({ run: 'make new', ...week }));
    expect(run.notices).toEqual(['No build has this content. Building.']);
    expect(forced(service)).toEqual([false, false]);
  });
});

describe('a build that is too old', () => {
  test('is made anew without the cache, and takes the place of the old one for everyone', async () => {
    const { service, old } = await aged(8);
    const plan = await planFor({ tags: ['v2', 'latest'], ...week });
    const run = await runReuse(service, plan);
    const { buildId, reused, status } = outcomeOf(run);
    expect([status, reused, forced(service)]).toEqual(['ready', undefined, [false, true]]);
    expect(run.notices).toEqual([
      expect.stringMatching(
        new RegExp(
          `^Build ${old.buildId} of this content was registered on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC, longer ago than max-age allows \\(7 days\\)\\. Building without the cache\\.$`,
        ),
      ),
    ]);
    expect(faultsOf(service, plan, run)).toEqual([]);
    for (const tag of ['latest', 'v2', contentTag(plan)])
      expect(service.inspect.resolve('app', tag)).toBe(buildId);
    for (const limit of [{}, week, { maxAgeMs: hourMs }]) {
      expect(outcomeOf(await runReuse(service, await planFor({ tags: ['v1'], ...limit }))).buildId).toBe(
        buildId,
      );
    }
    expect(ready(service)).toHaveLength(2);
  });

  test('is reused by a run without a limit', async () => {
    const { service, old } = await aged(800);
    expect(outcomeOf(await runReuse(service, await planFor())).buildId).toBe(old.buildId);
  });

  test('is unpublished with require, and nothing changes', async () => {
    const { service, from } = await aged(8);
    for (const early of [undefined, await earlyLookup(service)]) {
      const run = await runReuse(service, await planFor(week), {
        options: { reuse: 'require' },
        ...(early && { early }),
      });
      expect(run.outcome).toEqual({
        ok: false,
        reason: expect.stringContaining('longer ago than max-age allows'),
      });
    }
    expect(changes(service, from)).toEqual([]);
  });

  test.each([
    ['auto', 'so it would be built without the cache.'],
    ['require', 'so this would fail (reuse: require).'],
    ['never', 'It would be built, since nothing is to be reused.'],
  ] as const)('is foreseen with %s', async (reuse, said) => {
    const { service } = await aged(8);
    const client = fastClient(service.url, {}, { apiKey: service.apiKey });
    expect(await foresee(await planFor(week), { reuse, isTested: false }, client)).toContain(said);
    expect(
      await foresee(await planFor({ run: 'new', ...week }), { reuse: 'auto', isTested: true }, client),
    ).toBe('No build has this content, so it would be built and tested.');
    expect(await foresee(await planFor(), { reuse: 'auto', isTested: false }, client)).toContain(
      'Nothing would be built',
    );
  });

  test('is judged by an early lookup as by a new one', async () => {
    const { service, old } = await aged(8);
    const early = await earlyLookup(service);
    const from = service.requests.length;
    const run = await runReuse(service, await planFor({ tags: ['v1', 'latest'], ...week }), { early });
    expect(outcomeOf(run).buildId).not.toBe(old.buildId);
    expect(asked(service, from)[0]).toBe('POST /v3/templates');
    expect(forced(service)).toEqual([false, true]);
    const again = await earlyLookup(service);
    const since = service.requests.length;
    const second = await runReuse(service, await planFor({ tags: ['v1', 'latest'], ...week }), {
      early: again,
    });
    expect(outcomeOf(second).buildId).toBe(outcomeOf(run).buildId);
    expect(asked(service, since)).toEqual([]);
  });

  test('and that failed when it was made anew is not made with the cache next', async () => {
    const { service } = await aged(8, ({ ordinal }) =>
      ordinal === 2 ? [{ type: 'RUN', cached: false, fail: { message: 'boom' } }] : [],
    );
    expect(outcomeOf(await runReuse(service, await planFor(week))).status).toBe('error');
    const run = await runReuse(service, await planFor(week));
    expect(run.notices.at(-1)).toMatch(
      /^The last build of this content, .* failed\. Building without the cache\.$/,
    );
    expect(forced(service)).toEqual([false, true, true]);
  });

  test('and cannot be looked up is not made with the cache', async () => {
    const { wire, service } = await aged(8);
    for (const request of ['alias', 'tags', 'template'] as const) wire.on(request, refuse(503), 4);
    const run = await runReuse(service, await planFor(week));
    expect(run.notices.at(-1)).toMatch(
      /^Builds of this content could not be looked up .*\. Building without the cache\.$/,
    );
    expect(forced(service)).toEqual([false, true]);
  });
});

describe('times', () => {
  test.each([
    ['far ahead', 30],
    ['far behind', -30],
  ])("go by the service's clock, which is %s", async (_, days) => {
    for (const [age, isReused] of [
      [6, true],
      [8, false],
    ] as const) {
      const made = await aged(age);
      shiftTimes(made, days * dayMs);
      const run = await runReuse(made.service, await planFor({ tags: ['v1'], ...week }));
      expect(outcomeOf(run).buildId === made.old.buildId, `${age} days`).toBe(isReused);
      vi.restoreAllMocks();
    }
  });

  test.each<[string, number]>([
    ['of a build from the future', 2],
    ['of a build that looks too old', -30],
  ])('that our clock contradicts, %s, cost a build where no response tells the time', async (_, days) => {
    const made = await aged(0);
    shiftTimes(made, days * dayMs, false);
    const run = await runReuse(made.service, await planFor({ tags: ['v1'], ...week }));
    expect(outcomeOf(run).buildId).not.toBe(made.old.buildId);
    expect(forced(made.service)).toEqual([false, true]);
  });

  test.each([
    ['createdAt', 'soon'],
    ['createdAt', undefined],
    ['createdAt', '+275761-01-01T00:00:00Z'],
    ['finishedAt', 'never'],
    ['finishedAt', undefined],
  ])('that are none (%s %s) are no reason to reuse', async (field, value) => {
    const { wire, service, old } = await aged(1);
    wire.on(
      'template',
      edit((body) => ({ ...body, builds: body.builds.map((each: object) => ({ ...each, [field]: value })) })),
    );
    const run = await runReuse(service, await planFor({ tags: ['v1'], ...week }));
    expect(outcomeOf(run).buildId).not.toBe(old.buildId);
    expect(forced(service)).toEqual([false, true]);
  });
});

describe('runs at the same time', () => {
  test('that both find it too old end with one new build', async () => {
    const { passed, open } = gate();
    const { service } = await aged(8, ({ ordinal }) =>
      ordinal === 1 ? [] : [{ type: 'RUN', until: passed, cached: false }],
    );
    const [one, other] = [
      await planFor({ tags: ['v1'], ...week }),
      await planFor({ tags: ['latest'], ...week }),
    ];
    const early = await earlyLookup(service);
    const running = runReuse(service, one, { early });
    await expect.poll(() => buildsOf(service)[1]?.status).toBe('building');
    const later = runReuse(service, other, { early, onEvent: ({ type }) => type === 'started' && open() });
    const runs = await Promise.all([running, later]);
    expect(outcomeOf(runs[0]).buildId).toBe(outcomeOf(runs[1]).buildId);
    expect([faultsOf(service, one, runs[0]), faultsOf(service, other, runs[1])]).toEqual([[], []]);
    expect(outcomeOf(runs[0]).reused?.source).toBe('joined');
    expect(ready(service)).toHaveLength(2);
    expect(forced(service)).toEqual([false, true, true]);
  });

  test('a run without a limit follows the new build', async () => {
    const { passed, open } = gate();
    const { service } = await aged(8, ({ ordinal }) =>
      ordinal === 1 ? [] : [{ type: 'RUN', until: passed, cached: false }],
    );
    const making = runReuse(service, await planFor({ tags: ['a'], ...week }));
    await expect.poll(() => buildsOf(service)[1]?.status).toBe('building');
    const run = await runReuse(service, await planFor({ tags: ['b'] }), {
      onEvent: ({ type }) => type === 'joined' && open(),
    });
    expect(outcomeOf(run).buildId).toBe(outcomeOf(await making).buildId);
    expect(buildsOf(service)).toHaveLength(2);
  });

  test('a build on its way is fresh, and stays so when it took longer than the limit', async () => {
    const { passed, open } = gate();
    const made = await world([{ type: 'RUN', until: passed }]);
    const { service } = made;
    const making = runReuse(service, await planFor({ tags: ['a'], maxAgeMs: hourMs }));
    await expect.poll(() => buildsOf(service)[0]?.status).toBe('building');
    // It was registered two hours ago, and its run is not ended.
    shiftTimes(made, -2 * hourMs, false);
    const run = runReuse(service, await planFor({ tags: ['b'], maxAgeMs: hourMs }), {
      onEvent: ({ type }) => type === 'joined' && open(),
    });
    expect(outcomeOf(await run).buildId).toBe(outcomeOf(await making).buildId);
    expect(buildsOf(service)).toHaveLength(1);
    // The next run did not see it in the making.
    expect(
      outcomeOf(await runReuse(service, await planFor({ tags: ['c'], maxAgeMs: hourMs }))).reused,
    ).toBeUndefined();
  });

  test('a rebuild that another run replaces follows that one', async () => {
    const { passed, open } = gate();
    const { service } = await aged(8, ({ ordinal }) =>
      ordinal === 1 ? [] : [{ type: 'RUN', until: passed, cached: false }],
    );
    const plan = await planFor({ tags: ['a', 'latest'], ...week });
    const running = runReuse(service, plan);
    await expect.poll(() => buildsOf(service)[1]?.status).toBe('building');
    const anew = await planFor({ tags: ['b'], skipCache: true });
    const other = await runReuse(service, anew, {
      options: { reuse: 'never' },
      onEvent: ({ type }) => type === 'started' && open(),
    });
    const run = await running;
    expect(outcomeOf(run)).toMatchObject({ buildId: outcomeOf(other).buildId, reused: { source: 'joined' } });
    expect(faultsOf(service, plan, run)).toEqual([]);
  });

  test('a build that never starts is replaced without the cache', async () => {
    const { service } = await aged(8);
    const plan = await planFor({ tags: ['a'], ...week });
    await register(service, 'app', [contentTag(plan)]);
    const run = await runReuse(service, plan, {
      timing: { start: { leastMs: 0, mostMs: 0, bytesPerMs: 1 } },
    });
    expect(outcomeOf(run).status).toBe('ready');
    expect(forced(service)).toEqual([false, false, true]);
  });
});

describe('a parent of another team', () => {
  const foreignParent = 'desktop';
  const child = (more: object = {}) => planFor({ foreignParent, ...more });
  /** The public template, which the embedded service keeps as one of its own. */
  async function withParent() {
    const made = await world();
    const parent = await planFor({ name: 'desktop', tags: ['default'] });
    await runReuse(made.service, parent);
    return made;
  }

  test('is reused within the limit, and not without one', async () => {
    const { service } = await withParent();
    const first = outcomeOf(await runReuse(service, await child(week)));
    expect(first.status).toBe('ready');
    const second = await child({ tags: ['v2'], maxAgeMs: 30 * dayMs });
    const run = await runReuse(service, second);
    expect(outcomeOf(run).buildId).toBe(first.buildId);
    expect(faultsOf(service, second, run)).toEqual([]);

    const unlimited = await child({ tags: ['v2'] });
    expect(unlimited.fingerprint).toEqual({
      unknown: 'template desktop belongs to another team; max-age allows reuse for a time',
    });
    const from = service.requests.length;
    const anew = outcomeOf(await runReuse(service, unlimited));
    expect(anew.buildId).not.toBe(first.buildId);
    expect(asked(service, from)[0]).toBe('POST /v3/templates');
    expect(buildsOf(service).at(-1)?.registeredTags).toEqual(['v2']);
    // That build proves nothing to anyone.
    expect(outcomeOf(await runReuse(service, await child({ tags: ['v3'], ...week }))).buildId).toBe(
      first.buildId,
    );
    clock.advance(8);
    expect(outcomeOf(await runReuse(service, await child({ tags: ['v3'], ...week }))).reused).toBeUndefined();
    expect(buildsOf(service).at(-1)?.template?.force).toBe(true);
  });

  test('counts by its name and its tag, as the service reads them', async () => {
    const tagOf = async (reference: string) =>
      contentTag(await planFor({ foreignParent: reference, ...week }));
    const own = await tagOf('desktop');
    for (const same of ['Desktop', 'desktop:default', 'DESKTOP:Default']) expect(await tagOf(same)).toBe(own);
    for (const other of ['desktop:v2', 'claude', 'team/desktop', 'desktop2'])
      expect(await tagOf(other)).not.toBe(own);
    expect(own).not.toBe(contentTag(await planFor(week)));
  });
});

describe('with a test', () => {
  test('a build that passed and is too old is made anew and tested again', async () => {
    const { service } = await world();
    clock.advance(-8);
    const old = publishedOf(await runPublish(service, await planFor({ tags: ['latest'] })));
    clock.set(0);
    const still = await runPublish(service, await planFor({ tags: ['v1'] }));
    expect([publishedOf(still).buildId, still.tested]).toEqual([old.buildId, []]);

    const red = await runPublish(service, await planFor({ tags: ['latest'], ...week }), { verdict: 'red' });
    expect(publishedOf(red).status).toBe('error');
    expect(service.inspect.resolve('app', 'latest')).toBe(old.buildId);

    const run = await runPublish(service, await planFor({ tags: ['latest'], ...week }));
    const { buildId } = publishedOf(run);
    expect([run.tested, buildId === old.buildId]).toEqual([[buildId], false]);
    expect(service.inspect.resolve('app', 'latest')).toBe(buildId);
    const again = await runPublish(service, await planFor({ tags: ['v2'], ...week }));
    expect([publishedOf(again).buildId, again.tested]).toEqual([buildId, []]);
  });
});

/** Any history: what a run with a limit ends with is within it, and never comes from the cache of an older build. */
test('any history of builds, failures and days', async () => {
  const event = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.constantFrom(0.5, 3, 8, 40) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('run' as const),
        days: fc.constantFrom(undefined, 1, 7),
        content: fc.constantFrom('make', 'other'),
        reuse: fc.constantFrom('auto', 'require', 'never'),
        fails: fc.boolean(),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 9 }), async (history) => {
      clock.set(0);
      let fails = false;
      const { service } = await world(() =>
        fails ? [{ type: 'RUN', cached: false, fail: { message: 'boom' } }] : [],
      );
      for (const each of history) {
        if (each.kind === 'wait') {
          clock.advance(each.days);
          continue;
        }
        fails = each.fails;
        const maxAgeMs = each.days === undefined ? {} : { maxAgeMs: each.days * dayMs };
        const plan: Plan = await planFor({ run: each.content, ...maxAgeMs });
        const earlier = buildsOf(service).filter(({ registeredTags }) =>
          registeredTags.includes(contentTag(plan)),
        );
        const run = await runReuse(service, plan, { options: { reuse: each.reuse } });
        const last = earlier.at(-1);
        const isFresh =
          last?.status === 'ready' &&
          (each.days === undefined || Date.now() - last.createdAt <= each.days * dayMs + 60_000);
        if (!run.outcome.ok) {
          expect([each.reuse, isFresh]).toEqual(['require', false]);
          continue;
        }
        const { buildId, reused } = outcomeOf(run);
        expect(reused !== undefined).toBe(isFresh && each.reuse !== 'never');
        if (reused) expect(buildId).toBe(last?.id);
        const built = buildsOf(service).find(({ id }) => id === buildId);
        const expectForce = each.reuse !== 'never' && each.days !== undefined && earlier.length > 0;
        if (!reused) expect(built?.template?.force ?? false).toBe(expectForce);
      }
    }),
    { numRuns: 25 },
  );
});
