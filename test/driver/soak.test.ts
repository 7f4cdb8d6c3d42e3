/** A long build over a bad network. */

import { expect, test } from 'vitest';
import type { Fault } from '../../src/local/fault-plan.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { runBuild, temporaryPlan } from '../support/build-run.ts';
import { fastBudget } from '../support/fast-client.ts';
import { collectGarbage } from '../support/held-bytes.ts';
import { serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();
const lines = 80_000;

function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('80,000 lines with a fault at every tenth request come once and in order, and are not remembered', {
  timeout: 300_000,
}, async () => {
  const faults: Fault[] = [
    { kind: 'answer', status: 502, body: '<h1>Bad gateway</h1>' },
    { kind: 'answer', status: 503, body: '' },
    { kind: 'answer', status: 429, headers: { 'retry-after': '0' } },
    { kind: 'reset' },
    { kind: 'truncate' },
    { kind: 'html' },
    { kind: 'empty' },
    { kind: 'slow', pauseMs: 1, pieces: 2 },
  ];
  const service = await startService({
    keepRequests: 100,
    executor: createSimulatedExecutor({
      script: [
        {
          type: 'RUN',
          *lines() {
            for (let line = 0; line < lines; line++) yield `line ${line} of a build that prints a lot`;
          },
        },
      ],
    }),
    // Of each kind so many that together they hit one in ten.
    faults: {
      seed: 20_260_101,
      rules: faults.map((fault, index) => ({
        endpoint: '*',
        probability: 0.1 / (faults.length - 0.1 * index),
        effect: index % 2 === 0 ? 'before' : 'after',
        fault,
      })),
    },
  });
  await using plan = await temporaryPlan();

  let next = 0;
  let disorder = 0;
  const held: number[] = [];
  const { outcome, notices: told } = await runBuild(service, plan, {
    transport: { budget: { ...fastBudget, attempts: 20 } },
    keepsEvents: false,
    onEvent: (event) => {
      if (event.type !== 'line') return;
      const number = /^line (\d+) of/.exec(event.line.text)?.[1];
      if (number === undefined) return;
      if (Number(number) !== next) disorder += 1;
      next += 1;
      // The service has printed everything by the first of these; it is in this process too.
      if (next % (lines / 4) === 0) held.push(heldBytes());
    },
  });
  expect(outcome.status).toBe('ready');
  expect({ next, disorder }).toEqual({ next: lines, disorder: 0 });
  const [build, ...others] = service.inspect.builds('app');
  expect(others).toEqual([]);
  expect(build?.lines.length).toBeGreaterThan(lines);
  // A quarter of the lines alone would be about 4 MB of text and objects.
  const [, second = 0, , last = 0] = held;
  expect((last - second) / 1e6).toBeLessThan(2);
  // The bad network is not hushed up, and not made a second log of.
  expect(told.length).toBeGreaterThan(5);
  expect(told.length).toBeLessThan(60);
});
