/** Many runs at the same time, every request and answer delayed at random. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import type { Plan } from '../../src/plan/plan.ts';
import {
  changes,
  faultsOf,
  isOf,
  outcomeOf,
  planFor,
  quick,
  type ReuseRun,
  runReuse,
} from '../support/reuse-run.ts';
import { gate } from '../support/service-client.ts';

/** Pseudo-random numbers from 0 to 1, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function delayed(next: () => number, mostMs: number): Interceptor {
  // Some take much longer than the others.
  const wait = () => sleep(next() ** 3 * mostMs);
  return async (_request, response, answer) => {
    await wait();
    const reply = await answer();
    await wait();
    await sendReply(response, reply);
  };
}

interface Round {
  readonly service: LocalService;
  readonly plans: readonly Plan[];
  readonly runs: readonly ReuseRun[];
}

async function round(
  seed: number,
  plans: readonly Plan[],
  { mostMs = 8, spreadMs = 0 }: { mostMs?: number; spreadMs?: number } = {},
): Promise<Round & AsyncDisposable> {
  const next = numbers(seed);
  const everyone = gate();
  const service = await startLocalService({
    // No build ends before every run has looked, as in life, where a build takes much longer than a look.
    executor: quick([{ type: 'RUN', until: everyone.passed, durationMs: 10 * mostMs, cached: false }]),
    intercept: delayed(next, mostMs),
    // Some services take no build's identifier as the target of tags.
    ...(seed % 2 === 0 && { refuseBuildTargets: seed % 4 === 0 ? 404 : 400 }),
  });
  const starts = plans.map(() => next() * spreadMs);
  const waiting = new Set(plans.keys());
  const runs = await Promise.all(
    plans.map(async (plan, index) => {
      await sleep(starts[index]);
      return runReuse(service, plan, {
        onEvent({ type }) {
          if (type !== 'registered' && type !== 'joined') return;
          waiting.delete(index);
          if (waiting.size === 0) everyone.open();
        },
      });
    }),
  );
  return { service, plans, runs, [Symbol.asyncDispose]: () => service.close() };
}

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index * 7919 + 1);

describe('runs of the same content with tags of their own', () => {
  test.each([
    [2, 12],
    [3, 12],
    [8, 8],
  ])('%s together: one build, which all of them end with', async (count, rounds) => {
    const plans = await Promise.all(
      Array.from({ length: count }, (_, index) => planFor({ tags: [`v${index}`], copies: true })),
    );
    for (const seed of seeds(rounds)) {
      await using ended = await round(seed, plans, { spreadMs: seed % 3 === 0 ? 20 : 0 });
      const { service, runs } = ended;
      expect(
        runs.flatMap((run) => faultsOf(service, plans[0] as Plan, run)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(runs.map((run) => outcomeOf(run).tags)).toEqual(plans.map(({ tags }) => tags));
      const builds = service.inspect.builds('app');
      const living = builds.filter(({ status }) => status !== 'error');
      expect(
        living.map(({ status }) => status),
        `seed ${seed}`,
      ).toEqual(['ready']);
      for (const [index] of plans.entries()) {
        expect(service.inspect.resolve('app', `v${index}`)).toBe(living[0]?.id);
      }
      expect(changes(service).length).toBeLessThan(count * 12);
    }
  });

  test('and one that they share: it means that content', async () => {
    const plans = await Promise.all(['a', 'b', 'c', 'd'].map((tag) => planFor({ tags: [tag, 'latest'] })));
    for (const seed of seeds(8)) {
      await using ended = await round(seed, plans);
      const { service, runs } = ended;
      const ready = service.inspect.builds('app').filter(({ status }) => status === 'ready');
      expect(ready, `seed ${seed}`).toHaveLength(1);
      expect(service.inspect.resolve('app', 'latest'), `seed ${seed}`).toBe(ready[0]?.id);
      for (const [index, run] of runs.entries()) {
        expect(faultsOf(service, plans[index] as Plan, run), `seed ${seed}`).toEqual([]);
        expect(outcomeOf(run).buildId).toBe(ready[0]?.id);
      }
    }
  });
});

describe('runs of two contents that share a tag', () => {
  test('end with builds of their own content, and the tag means the newest claim', async () => {
    const contents = ['make', 'make', 'other', 'make', 'other'];
    const plans = await Promise.all(
      contents.map((run, index) => planFor({ run, tags: [`v${index}`, 'latest'] })),
    );
    for (const seed of seeds(12)) {
      await using ended = await round(seed, plans, { spreadMs: seed % 2 === 0 ? 0 : 60 });
      const { service, runs } = ended;
      const where = `seed ${seed}`;
      const latest = service.inspect
        .builds('app')
        .find(({ id }) => id === service.inspect.resolve('app', 'latest'));
      // Somebody has it, and knows.
      const claims = plans.filter((plan, index) => {
        const run = runs[index] as ReuseRun;
        return (
          latest &&
          isOf(latest, plan) &&
          outcomeOf(run).status === 'ready' &&
          outcomeOf(run).tags.includes('latest')
        );
      });
      expect(claims.length, where).toBeGreaterThan(0);
      for (const [index, run] of runs.entries()) {
        const plan = plans[index] as Plan;
        const outcome = outcomeOf(run);
        expect(['ready', 'superseded'], where).toContain(outcome.status);
        if (outcome.status !== 'ready') continue;
        const build = service.inspect.builds('app').find(({ id }) => id === outcome.buildId);
        expect(build && isOf(build, plan), where).toBe(true);
        const own = service.inspect
          .builds('app')
          .find(({ id }) => id === service.inspect.resolve('app', `v${index}`));
        expect(own && isOf(own, plan), where).toBe(true);
      }
      expect(changes(service).length, where).toBeLessThan(plans.length * 12);
    }
  });
});
