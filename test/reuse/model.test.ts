/** Any history of a template: what a run ends with was started with exactly its recipe, and its tags mean it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { contentTag, faultsOf, isOf, outcomeOf, planFor, quick, runReuse } from '../support/reuse-run.ts';
import { ask } from '../support/service-client.ts';

interface Real {
  readonly service: LocalService;
  /** What every build that runs from now on ends with. */
  failing: boolean;
}

/** Nothing has to be known of the past to say what a run must end with. */
type Model = Record<string, never>;
type Step = fc.AsyncCommand<Model, Real>;

const tags = ['v1', 'v2', 'latest', 'default'] as const;

class Run implements Step {
  readonly #plan: Plan;
  readonly #reuse: 'auto' | 'never' | 'require';
  constructor(plan: Plan, reuse: 'auto' | 'never' | 'require') {
    this.#plan = plan;
    this.#reuse = reuse;
  }
  check = () => true;
  async run(_: Model, { service, failing }: Real) {
    const before = service.inspect.builds('app').length;
    const run = await runReuse(service, this.#plan, { options: { reuse: this.#reuse } });
    if (!run.outcome.ok) return expect(service.inspect.builds('app')).toHaveLength(before);
    const { status, buildId, reused } = outcomeOf(run);
    const added = service.inspect.builds('app').length - before;
    expect(added).toBe(reused ? 0 : 1);
    if (failing && !reused) return expect(status).toBe('error');
    expect(faultsOf(service, this.#plan, run)).toEqual([]);
    expect(outcomeOf(run).tags).toEqual(this.#plan.tags);
    for (const tag of this.#plan.tags) expect(service.inspect.resolve('app', tag)).toBe(buildId);
  }
  toString = () => `${this.#reuse} ${this.#plan.steps[0]?.title} as ${this.#plan.tags}`;
}

/** Puts tags on one of the builds, as a person or another tool would. */
class Move implements Step {
  readonly #build: number;
  readonly #tags: readonly string[];
  constructor(build: number, moved: readonly string[]) {
    this.#build = build;
    this.#tags = moved;
  }
  check = () => true;
  async run(_: Model, { service }: Real) {
    const builds = service.inspect.builds('app');
    const build = builds[this.#build % Math.max(1, builds.length)];
    if (!build) return;
    await ask(service, 'POST', '/templates/tags', { target: `app:${build.id}`, tags: this.#tags });
  }
  toString = () => `put ${this.#tags.map((tag) => tag.slice(0, 12))} on build ${this.#build}`;
}

class Remove implements Step {
  readonly #tags: readonly string[];
  constructor(unwanted: readonly string[]) {
    this.#tags = unwanted;
  }
  check = () => true;
  async run(_: Model, { service }: Real) {
    await ask(service, 'DELETE', '/templates/tags', { name: 'app', tags: this.#tags });
  }
  toString = () => `remove ${this.#tags.map((tag) => tag.slice(0, 12))}`;
}

class Delete implements Step {
  check = () => true;
  async run(_: Model, { service }: Real) {
    await ask(service, 'DELETE', '/templates/app');
  }
  toString = () => 'delete the template';
}

class Weather implements Step {
  readonly #failing: boolean;
  constructor(failing: boolean) {
    this.#failing = failing;
  }
  check = () => true;
  async run(_: Model, real: Real) {
    real.failing = this.#failing;
  }
  toString = () => (this.#failing ? 'builds fail' : 'builds work');
}

test('whatever was built, moved, removed and broken before', async () => {
  const plans: Plan[] = [];
  for (const run of ['make', 'other']) {
    for (const [index, tag] of tags.entries()) {
      plans.push(
        await planFor({ run, tags: index % 2 === 0 ? [tag] : [tag, 'latest'], skipCache: index === 3 }),
      );
    }
  }
  const contents = plans.map(contentTag);
  const plan = fc.constantFrom(...plans);
  const some = fc.uniqueArray(fc.constantFrom(...tags, ...contents), { minLength: 1, maxLength: 3 });
  const steps: fc.Arbitrary<Step>[] = [
    plan.map((each) => new Run(each, 'auto')),
    plan.map((each) => new Run(each, 'auto')),
    fc
      .tuple(plan, fc.constantFrom('never' as const, 'require' as const))
      .map(([each, how]) => new Run(each, how)),
    fc.tuple(fc.nat(9), some).map(([build, moved]) => new Move(build, moved)),
    some.map((unwanted) => new Remove(unwanted)),
    fc.boolean().map((failing) => new Weather(failing)),
    fc.constant(new Delete()),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 25 }), async (commands) => {
      const real = { failing: false } as { failing: boolean; service: LocalService };
      real.service = await startLocalService({
        executor: quick(() => (real.failing ? [{ type: 'RUN', fail: { message: 'boom' } }] : [])),
      });
      try {
        await fc.asyncModelRun(() => ({ model: {}, real }), commands);
        // Every build was made of a requested content.
        const made = real.service.inspect.builds('app');
        expect(made.every((build) => plans.some((each) => isOf(build, each)))).toBe(true);
      } finally {
        await real.service.close();
      }
    }),
    { numRuns: 60 },
  );
});
