/** Every endpoint of a build × every fault, alone and in bursts, before and after the effect. */

import { describe, expect, test } from 'vitest';
import type { Fault, FaultRule } from '../../src/local/fault-plan.ts';
import type { LocalServiceOptions } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { type RunChanges, runBuild, shownLog, temporaryPlan, wholeLog } from '../support/build-run.ts';
import { fastBudget } from '../support/fast-client.ts';
import { serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

const faults: Record<string, Fault> = {
  '408': { kind: 'answer', status: 408 },
  '425': { kind: 'answer', status: 425 },
  '429': { kind: 'answer', status: 429, headers: { 'retry-after': '0' } },
  '500': { kind: 'answer', status: 500 },
  '502 page': { kind: 'answer', status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad</h1>' },
  '503 empty': { kind: 'answer', status: 503, body: '' },
  reset: { kind: 'reset' },
  stall: { kind: 'stall' },
  page: { kind: 'html' },
};
/** These spoil the real answer, so the effect is there in any case. */
const spoiling: Record<string, Fault> = {
  empty: { kind: 'empty' },
  truncate: { kind: 'truncate' },
  slow: { kind: 'slow', pauseMs: 2, pieces: 3 },
};

/** More than a page of log, so that its reading can be disturbed in the middle. */
const executor = () =>
  createSimulatedExecutor({
    stepMs: 5,
    script: [{ type: 'RUN', lines: () => Array.from({ length: 250 }, (_, line) => `line ${line}`) }],
  });

const patient: RunChanges = {
  // Stalls end soon; an honest answer that is late on a busy machine is one more fault to get over.
  transport: {
    requestTimeoutMs: 250,
    changeTimeoutMs: 250,
    uploadStallMs: 250,
    budget: { ...fastBudget, attempts: 12 },
  },
};

/** Builds against a service with these faults; the log must be whole and nothing be built twice. */
async function survives(rules: FaultRule[], service: LocalServiceOptions = {}, changes: RunChanges = {}) {
  const local = await startService({ executor: executor(), faults: { rules }, ...service });
  await using plan = await temporaryPlan({ files: { 'a.txt': 'a', 'b.txt': 'b' } });
  const run = await runBuild(local, plan, { ...patient, ...changes });
  const builds = local.inspect.builds('app');
  const build = builds.find(({ id }) => id === run.outcome.buildId);
  return { ...run, builds, log: shownLog(run.events), whole: wholeLog(build, plan), local };
}

const endpoints = ['register', 'link', 'upload', 'start', 'status'];
const bursts: Record<string, number[]> = { once: [1], 'three in a row': [1, 2, 3], 'later twice': [2, 3] };

/** "Too early" and "too many" say that nothing was done, so after the effect they would be a lie. */
const isLie = (endpoint: string, name: string, effect: string) =>
  endpoint === 'register' && effect === 'after' && (name === '425' || name === '429');

const rows = endpoints.flatMap((endpoint) =>
  Object.entries(bursts).flatMap(([burst, at]) => [
    ...Object.entries(faults).flatMap(([name, fault]) =>
      (['before', 'after'] as const)
        .filter((effect) => !isLie(endpoint, name, effect))
        .map((effect) => ({ endpoint, burst, at, name, effect, fault })),
    ),
    ...Object.entries(spoiling).map(([name, fault]) => ({
      ...{ endpoint, burst, at, name, fault },
      effect: 'after' as const,
    })),
  ]),
);

describe('a build goes through', () => {
  test.each(rows)('$endpoint: $name $effect the effect, $burst', async ({ endpoint, at, effect, fault }) => {
    const { outcome, builds, log, whole } = await survives([{ endpoint, at, effect, fault }]);
    expect(outcome.failure).toBeUndefined();
    expect(outcome.status).toBe('ready');
    expect(builds).toHaveLength(1);
    expect(log).toEqual(whole);
    expect(log.length).toBeGreaterThan(250);
  });
});
