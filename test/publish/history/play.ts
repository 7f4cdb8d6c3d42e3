/** Plays a drawn history of one template, and judges it: which build has a tag, why, and what was said of it. */

import { candidateTag, isCandidateTag, isReservedTag, passedTag } from '../../../src/api/reserved-tags.ts';
import type { BuildOutcome } from '../../../src/driver/events.ts';
import { ServiceError } from '../../../src/http/errors.ts';
import type { LocalService } from '../../../src/local/service.ts';
import { startLocalService } from '../../../src/local/service.ts';
import { createSimulatedExecutor } from '../../../src/local/simulated.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { publishTested } from '../../../src/publish/publish-tested.ts';
import type { Result } from '../../../src/result.ts';
import { reuseOrBuild } from '../../../src/reuse/reuse-or-build.ts';
import { promote } from '../../../src/templates/assign-tags.ts';
import { findReadyBuild } from '../../../src/templates/find-build.ts';
import { findTemplate } from '../../../src/templates/find-template.ts';
import { sweepCandidates } from '../../../src/templates/sweep-candidate-tags.ts';
import { sweepContent } from '../../../src/templates/sweep-content-tags.ts';
import { fastTiming, observe } from '../../support/build-run.ts';
import { type Fault, Gate, type Request, settle } from './schedule.ts';

export interface Actor {
  /** `plain` is a run without a test. */
  readonly kind: 'tested' | 'plain' | 'promote' | 'sweep';
  /** Which plan, by what is built. */
  readonly content: number;
  readonly tags: readonly string[];
  readonly reuse: 'auto' | 'never' | 'require';
  readonly test: number;
  /** Of a promotion: a tag, or the number of a build. */
  readonly from: string | number;
  /** It begins after so many steps. */
  readonly after: number;
  /** It begins days after all that began before has ended. */
  readonly daysLater: boolean;
}

export interface History {
  readonly actors: readonly Actor[];
  /** Which of those that wait goes next: one by these numbers, and the first when there are no more. */
  readonly choices: readonly number[];
  /**
   * In place of that, where there are any, the one of the greatest rank: of the run with this number, or of the builds. A rank holds from its
   * step on. So a run can be left behind for long, at any place.
   */
  readonly ranks: readonly { readonly at: number; readonly run: number | 'builds'; readonly rank: number }[];
  /** What goes wrong, by the number of the step. */
  readonly faults: readonly { readonly at: number; readonly fault: Fault }[];
  /** Verdicts: by content and test, by build and test, or different each time. */
  readonly verdicts: 'by content' | 'by build' | 'flaky';
  /** Bits: which verdicts are red. */
  readonly red: number;
}

interface Run extends Actor {
  readonly agent: string;
  readonly stop: AbortController;
  readonly beganAt: number;
  readonly candidate: string;
  readonly beganStep: number;
  /** The step of its last look at the tags, and what they were. */
  looked?: { readonly step: number; readonly tags: ReadonlyMap<string, string> };
  /** What it moved: steps and builds by people's tags. */
  readonly moved: { readonly tag: string; readonly buildId: string; readonly step: number }[];
  readonly notices: string[];
  readonly greens: Set<string>;
  reds: string | undefined;
  troubled: boolean;
  ended: boolean;
  killed: boolean;
}

const mostSteps = 4000;
const tickMs = 700;
const dayMs = 24 * 60 * 60_000;
const slackMs = 2_500;

/** @returns what is wrong with what happened; empty when all is well */
export async function play(
  { actors, choices, ranks, faults, verdicts, red }: History,
  plansOf: (content: number, tags: readonly string[]) => Plan,
): Promise<{ readonly wrong: readonly string[]; readonly story: readonly string[] }> {
  const realNow = Date.now;
  let now = 1_800_000_000_000;
  Date.now = () => now;
  const wrong: string[] = [];
  const story: string[] = [];
  const runs: Run[] = [];
  const allTested = actors.every(({ kind }) => kind !== 'plain');
  let step = 0;
  const names = new Map<string, string>();
  const nameOf = (id: string | undefined) => (id === undefined ? '–' : (names.get(id) ?? id));
  const inWords = (tag: string) =>
    isReservedTag(tag) ? (/^[a-z]+/.exec(tag)?.[0] ?? tag) + (tag.includes('.') ? '.' : '') : tag;
  const fail = (text: string) => void wrong.push(`step ${step}: ${text}`);

  /** Builds that some run saw green, at which step, and those that a red run has withdrawn. */
  const greens: { readonly buildId: string; readonly test: number; readonly step: number }[] = [];
  const withdrawn = new Map<string, number>();
  const reds = new Set<string>();
  /** Where each tag was from which step on. */
  const places: { readonly tag: string; readonly buildId: string | undefined; readonly step: number }[] = [];
  let before: ReadonlyMap<string, string> = new Map();
  let verdictsGiven = 0;

  const newest = () => new Map(service.inspect.tagHistory('app').map(({ tag, buildId }) => [tag, buildId]));
  const createdAt = (id: string) =>
    service.inspect.builds('app').find((build) => build.id === id)?.createdAt ?? Number.NaN;

  const after = ({ agent, what, headers }: Request) => {
    const run = runs.find((each) => each.agent === agent);
    const record = service.requests.findLast((each) => each.headers === headers);
    const body = record?.body as { tags?: string[]; target?: string } | undefined;
    for (const { id } of service.inspect.builds('app')) if (!names.has(id)) names.set(id, `B${names.size}`);
    const tags = newest();
    const changed = [...new Set([...tags.keys(), ...before.keys()])].filter(
      (tag) => tags.get(tag) !== before.get(tag),
    );
    if (changed.length > 0)
      story.push(
        `${step} ${agent} ${what.slice(0, 24)}: ${changed.map((tag) => `${inWords(tag)} ${nameOf(before.get(tag))}→${nameOf(tags.get(tag))}`).join(', ')}`,
      );
    if (what.startsWith('DELETE')) judgeRemoval(run, body?.tags ?? [], tags);
    else if (run && what === 'POST /templates/tags') {
      for (const tag of (body?.tags ?? []).filter((each) => !isReservedTag(each))) judgeMove(run, tag, tags);
    }
    for (const tag of changed) places.push({ tag, buildId: tags.get(tag), step });
    before = tags;
    if (run && what.endsWith('/tags') && what.startsWith('GET')) run.looked = { step, tags };
  };

  const judgeMove = (run: Run, tag: string, tags: ReadonlyMap<string, string>) => {
    const buildId = tags.get(tag);
    if (buildId === undefined || before.get(tag) === buildId) return;
    const title = `${run.agent} moved ${tag} to ${nameOf(buildId)}`;
    run.moved.push({ tag, buildId, step });
    const since = withdrawn.get(buildId);
    const looked = run.looked?.step ?? 0;
    if (run.kind === 'plain') return;
    if (since !== undefined && (run.kind === 'tested' || looked >= since))
      fail(`${title}, which was withdrawn`);
    if (run.kind === 'promote') {
      if (allTested && !greens.some((green) => green.buildId === buildId))
        fail(`${title}, which no run saw green`);
      return;
    }
    const isPassed = greens.some((green) => green.buildId === buildId && green.test === run.test);
    if (!run.greens.has(buildId) && !isPassed) fail(`${title}, which has not passed its test`);
    const other = run.looked?.tags.get(tag);
    if (other === undefined || other !== before.get(tag)) return;
    const isOwn = service.inspect
      .builds('app')
      .find(({ id }) => id === buildId)
      ?.registeredTags.includes(run.candidate);
    const mine = isOwn ? createdAt(buildId) : run.beganAt + slackMs;
    if (createdAt(other) > mine) fail(`${title} from ${nameOf(other)}, which is newer`);
  };

  const judgeRemoval = (
    run: Run | undefined,
    removed: readonly string[],
    tags: ReadonlyMap<string, string>,
  ) => {
    const ofPeople = removed.filter((tag) => !isReservedTag(tag));
    if (ofPeople.length > 0) fail(`${run?.agent} removed ${ofPeople}`);
    if (run?.kind !== 'tested') return;
    for (const tag of removed.filter((each) => !isCandidateTag(each))) {
      const buildId = before.get(tag);
      const seen = run.looked?.tags.get(tag);
      if (buildId !== undefined && buildId !== run.reds && seen === buildId && !tags.has(tag))
        fail(`${run.agent} took ${inWords(tag)} from ${nameOf(buildId)}, whose test it did not see red`);
    }
  };

  const judgeEnd = (run: Run, outcome: BuildOutcome) => {
    const { status, buildId, tags, diagnosis } = outcome;
    const said = `${diagnosis?.what} ${diagnosis?.advice} ${run.notices.join(' ')}`;
    const title = `${run.agent} (${status} with ${nameOf(buildId)})`;
    const moved = run.moved.filter((move) => move.buildId === buildId);
    if (status !== 'ready' && run.moved.length > 0 && /tags were not moved|No tag has moved/.test(said))
      fail(
        `${title} says that no tag was moved: ${run.moved.map(({ tag, buildId: id }) => `${tag} ${nameOf(id)}`)}`,
      );
    if (status === 'ready') {
      for (const tag of tags) {
        const on = places.some((place) => place.tag === tag && place.buildId === buildId);
        if (!on && newest().get(tag) !== buildId) fail(`${title} says that it has ${tag}`);
      }
      if (newest().has(run.candidate) && !run.troubled) fail(`${title} left its candidate tag`);
    }
    if (status !== 'ready' && status !== 'superseded') return;
    // One that another registration of the content replaced before it was ready.
    if (service.inspect.builds('app').find(({ id }) => id === buildId)?.status !== 'ready') return;
    const isOwn = service.inspect
      .builds('app')
      .find(({ id }) => id === buildId)
      ?.registeredTags.includes(run.candidate);
    const mine = isOwn ? createdAt(buildId) : run.beganAt;
    for (const tag of run.tags) {
      if (status === 'ready' && tags.includes(tag)) continue;
      const from = places.findLast((place) => place.tag === tag && place.step <= run.beganStep);
      const holders = [
        ...(from ? [from] : []),
        ...places.filter((place) => place.tag === tag && place.step > run.beganStep),
      ];
      // Its own build had the tag, and another run took it between its last look and its end.
      const isFair = ({ buildId: id }: (typeof holders)[number]) =>
        id !== undefined && (id === buildId || createdAt(id) >= mine);
      const newer = moved.some((move) => move.tag === tag) || holders.some(isFair);
      if (!newer)
        fail(`${title} left ${tag} on ${holders.map(({ buildId: id }) => nameOf(id))}, which are older`);
    }
  };

  const gate: Gate = new Gate({ after, now: () => now });
  const service: LocalService = await startLocalService({
    executor: createSimulatedExecutor({
      stepMs: 0,
      script: () => [{ type: 'RUN', until: gate.wait('service', 'build') }],
    }),
    intercept: gate.intercept,
  });

  const verdictOf = (run: Run, buildId: string): 'green' | 'red' => {
    verdictsGiven += 1;
    const number = Number(nameOf(buildId).slice(1));
    const bit = {
      'by content': run.content * 2 + run.test,
      'by build': number * 2 + run.test,
      flaky: verdictsGiven,
    }[verdicts];
    return (red >> (bit % 30)) & 1 ? 'red' : 'green';
  };

  const begin = (actor: Actor) => {
    const agent = `${actor.kind}-${runs.length}`;
    const run: Run = {
      ...{
        ...actor,
        agent,
        stop: new AbortController(),
        beganAt: now,
        beganStep: step,
        moved: [],
        notices: [],
      },
      ...{ greens: new Set(), reds: undefined, troubled: false, ended: false, killed: false },
      candidate: candidateTag({ run: runs.length, attempt: 1 }),
    };
    runs.push(run);
    void act(run).then(
      (outcome) => {
        run.ended = true;
        if (run.killed) return;
        story.push(
          `${step} ${agent} ends ${outcome ? `${outcome.status} ${nameOf(outcome.buildId)} ${outcome.tags}` : ''}`,
        );
        if (outcome && run.kind === 'tested') judgeEnd(run, outcome);
      },
      (error: unknown) => {
        run.ended = true;
        if (run.killed) return;
        story.push(`${step} ${agent} rejects ${String(error)}`);
        if (!(error instanceof ServiceError) && !run.stop.signal.aborted)
          fail(`${agent} ended with ${(error as Error).stack}`);
      },
    );
  };

  const act = async (run: Run): Promise<BuildOutcome | undefined> => {
    const { kind, agent, stop, content, tags, reuse, test } = run;
    const plan = plansOf(content, tags);
    const { signal } = stop;
    const { outcome } = await observe(
      service,
      {
        agent,
        signal,
        timing,
        transport: { budget },
        onEvent: (event) => {
          if (event.type === 'notice') run.notices.push(event.message);
        },
      },
      async (context): Promise<Result<BuildOutcome> | undefined> => {
        const { client } = context;
        if (kind === 'promote') {
          const template = await findTemplate(client, 'app');
          const { from } = run;
          const id = typeof from === 'number' ? service.inspect.builds('app').at(from)?.id : from;
          const found = template && id !== undefined ? await findReadyBuild(client, template, id) : undefined;
          if (template && found?.ok) await promote(client, template, found.value, tags.slice(0, 1));
          return undefined;
        }
        if (kind === 'sweep') {
          await sweepCandidates(client, 'app', { dryRun: false }, { candidates: [], content: [] });
          if (test === 1)
            await sweepContent(client, 'app', { olderThanDays: 1, spared: new Set(), dryRun: false }, []);
          return undefined;
        }
        const options = { wait: true, reuse };
        if (kind === 'plain') return reuseOrBuild(plan, options, context);
        const passed = 'hash' in plan.fingerprint ? passedTag(plan.fingerprint.hash, [`${test}`]) : undefined;
        const runTest = async (reference: string) => {
          const buildId = reference.split(':')[1] ?? '';
          const fault = await gate.wait(agent, 'test');
          signal.throwIfAborted();
          const word = fault === 'no sandbox' ? fault : verdictOf(run, buildId);
          story.push(`${step} ${agent} sees ${nameOf(buildId)} ${word}`);
          if (word === 'green') {
            run.greens.add(buildId);
            greens.push({ buildId, test, step });
            return { passed: true, commands: [] };
          }
          const cause = word === 'red' ? ('command' as const) : ('sandbox' as const);
          if (word === 'red') {
            run.reds = buildId;
            reds.add(buildId);
          }
          return { passed: false, commands: [], failure: { cause, message: word } };
        };
        const ended = await publishTested(
          plan,
          { candidateTag: run.candidate, ...(passed && { passedTag: passed }), run: runTest },
          options,
          // What is killed sends nothing more.
          { ...context, connectToEnd: () => client },
        );
        if (run.reds !== undefined && ended.ok && / is withdrawn: /.test(ended.value.diagnosis?.what ?? ''))
          withdrawn.set(run.reds, step);
        return ended;
      },
    );
    return outcome?.ok ? outcome.value : undefined;
  };

  let last = '';
  let polls = 0;
  const next = (): number => {
    if (ranks.length === 0) return choices[step] ?? 0;
    const rankOf = (agent: string) => {
      const number = agent === 'service' ? 'builds' : runs.findIndex((run) => run.agent === agent);
      return ranks.findLast(({ at, run }) => run === number && at <= step)?.rank ?? 0;
    };
    // A run that waits for another lets it go on.
    const order = gate.held
      .map(({ agent, what }, index) => ({
        agent,
        what,
        index,
        rank: agent === last && polls > 6 ? -1 : rankOf(agent),
      }))
      .toSorted((one, other) => other.rank - one.rank);
    const [first] = order;
    polls = first?.agent === last && first.what.endsWith('/status') ? polls + 1 : 0;
    last = first?.agent ?? '';
    return first?.index ?? 0;
  };

  const live = () => runs.some((run) => !run.ended && !run.killed);
  const playAll = async (waiting: Actor[]) => {
    while (waiting.length > 0 || live()) {
      step += 1;
      if (step > mostSteps)
        return fail(`it goes on for ever: ${gate.held.map(({ agent, what }) => `${agent} ${what}`)}`);
      now += tickMs;
      const due = waiting.findIndex(({ after: least, kind, daysLater }) =>
        kind === 'sweep' && daysLater ? !live() : least <= step || !live(),
      );
      if (due >= 0) {
        const [actor] = waiting.splice(due, 1);
        if (actor?.kind === 'sweep' && actor.daysLater) now += 3 * dayMs;
        if (actor) begin(actor);
        await settle(
          () => gate.held.some(({ agent }) => agent === runs.at(-1)?.agent) || Boolean(runs.at(-1)?.ended),
        );
        continue;
      }
      const held = gate.take(next());
      if (!held) {
        await settle(() => gate.held.length > 0 || !live());
        continue;
      }
      const run = runs.find(({ agent }) => agent === held.agent);
      const fault = faults.find(({ at }) => at === step)?.fault;
      if (fault) story.push(`${step} ${held.agent} ${held.what.slice(0, 30)}: ${fault}`);
      if (run && fault) {
        run.troubled = true;
        if (fault.startsWith('killed')) {
          run.killed = true;
          gate.dead.add(run.agent);
        }
        if (fault === 'aborted') run.stop.abort('interrupted');
      }
      held.go(fault);
      await settle(
        () => !run || run.ended || run.killed || gate.held.some(({ agent }) => agent === run.agent),
      );
      if (run?.killed) run.stop.abort('killed');
    }
  };

  try {
    await playAll([...actors].sort((one, other) => one.after - other.after));
    // Whatever happened: the next run of each content ends, and has its tags if its test is green.
    const contents = [
      ...new Set(actors.filter(({ kind }) => kind === 'tested').map(({ content }) => content)),
    ];
    for (const content of contents) {
      now += 10_000;
      const from = runs.length;
      await playAll([
        {
          kind: 'tested',
          content,
          tags: ['latest'],
          reuse: 'auto',
          test: 0,
          from: 0,
          after: 0,
          daysLater: false,
        },
      ]);
      const [last] = runs.slice(from);
      if (last && !last.troubled && !last.reds && !last.ended) fail(`${last.agent} does not end`);
      const build = newest().get('latest');
      const isSeen =
        build !== undefined && greens.some(({ buildId, test }) => buildId === build && test === 0);
      if (last && !last.troubled && last.reds === undefined && !isSeen)
        fail(`latest is on ${nameOf(build)} after ${last.agent}`);
    }
    if (service.inspect.tagHistory('app').some(({ tag }) => tag === 'default')) fail('default was moved');
    return { wrong, story };
  } finally {
    for (const { stop } of runs) stop.abort('killed');
    for (;;) {
      const held = gate.take(0);
      if (!held) break;
      held.go('killed before');
    }
    await service.close();
    Date.now = realNow;
  }
}

const budget = { attempts: 6, timeMs: Number.POSITIVE_INFINITY, firstPauseMs: 1, longestPauseMs: 2 };
const timing = {
  ...fastTiming,
  pace: { firstMs: 1, growth: 1, busyMs: 1, longestMs: 1 },
  polling: { ...budget, attempts: Number.POSITIVE_INFINITY },
  refusals: budget,
  lookupDelaysMs: [1, 2],
  rereadDelaysMs: [1, 1],
  lookup: { ...budget, attempts: 4 },
  start: { leastMs: 30_000, mostMs: 30_000, bytesPerMs: 1 },
};
