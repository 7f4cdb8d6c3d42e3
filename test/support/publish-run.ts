/** Runs of `publishTested` in process against the embedded service. What a test finds is decided by the caller. */

import { candidateTag, isReservedTag, passedTag } from '../../src/api/reserved-tags.ts';
import type { BuildOutcome } from '../../src/driver/events.ts';
import type { LocalService } from '../../src/local/service.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { publishTested } from '../../src/publish/publish-tested.ts';
import type { Result } from '../../src/result.ts';
import { lookUpEarly } from '../../src/reuse/early-lookup.ts';
import type { ReuseOptions } from '../../src/reuse/search.ts';
import type { SmokeTestFailure, SmokeTestOutcome } from '../../src/smoke-test/events.ts';
import { type ObserveOptions, observe, type Run } from './build-run.ts';
import { fastClient } from './fast-client.ts';

/** What a test finds: a verdict, or what happens during it, which may give one. */
export type Verdict = VerdictWord | ((reference: string) => Promise<VerdictWord | undefined>);
type VerdictWord = 'green' | 'red' | 'no-sandbox';

export interface PublishChanges extends ObserveOptions {
  readonly options?: Partial<ReuseOptions>;
  /** Green without one. */
  readonly verdict?: Verdict;
  /** What is tested; another text is another test. */
  readonly test?: string;
  readonly run?: number;
  /** Whether a lookup is sent before the run begins. */
  readonly early?: boolean;
}

export interface PublishRun extends Run<Result<BuildOutcome>> {
  /** The builds that were tested, by their identifiers. */
  readonly tested: readonly string[];
  readonly candidateTag: string;
}

const outcomes: Record<VerdictWord, SmokeTestOutcome> = {
  green: { passed: true, commands: [] },
  red: failed('command', 'true ended with exit code 1.'),
  'no-sandbox': failed('sandbox', 'No sandbox could be started: no room.'),
};

function failed(cause: SmokeTestFailure['cause'], message: string): SmokeTestOutcome {
  return { passed: false, commands: [], failure: { cause, message } };
}

/** The tag of a build of this plan that has passed this test. */
export function passedTagOf({ fingerprint }: Plan, test = 'true'): string | undefined {
  return 'hash' in fingerprint ? passedTag(fingerprint.hash, [test]) : undefined;
}

export async function runPublish(
  service: Pick<LocalService, 'url' | 'apiKey'>,
  plan: Plan,
  {
    options,
    verdict = 'green',
    test = 'true',
    run = 7,
    early = false,
    signal,
    ...observing
  }: PublishChanges = {},
): Promise<PublishRun> {
  const tested: string[] = [];
  const candidate = candidateTag({ run, attempt: 1 });
  const passed = passedTagOf(plan, test);
  const ended = await observe(service, { ...observing, ...(signal && { signal }) }, (context) =>
    publishTested(
      plan,
      {
        candidateTag: candidate,
        ...(passed && { passedTag: passed }),
        run: async (reference) => {
          tested.push(reference.split(':')[1] ?? '');
          const found = typeof verdict === 'string' ? verdict : await verdict(reference);
          signal?.throwIfAborted();
          return outcomes[found ?? 'green'];
        },
      },
      { wait: true, reuse: 'auto', ...options },
      {
        ...context,
        ...(early && { early: lookUpEarly(context.client, plan.name) }),
        connectToEnd: (ended) => fastClient(service.url, { signal: ended }, { apiKey: service.apiKey }),
      },
    ),
  );
  return { ...ended, tested, candidateTag: candidate };
}

export function publishedOf({ outcome }: PublishRun): BuildOutcome {
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.value;
}

/** What each tag means now, those of the action left out. */
export function tagsNow(service: LocalService, name = 'app'): Record<string, string | undefined> {
  const tags = new Set(service.inspect.tagHistory(name).map(({ tag }) => tag));
  return Object.fromEntries(
    [...tags].filter((tag) => !isReservedTag(tag)).map((tag) => [tag, service.inspect.resolve(name, tag)]),
  );
}

/** The tags that a build has, in words for the action's own. */
export function tagsOn(service: LocalService, buildId: string, name = 'app'): string[] {
  const newest = new Map(service.inspect.tagHistory(name).map(({ tag, buildId: id }) => [tag, id]));
  return [...newest]
    .filter(([, id]) => id === buildId)
    .map(([tag]) => (isReservedTag(tag) ? (tag.split('-')[0] ?? '') : tag))
    .sort();
}
