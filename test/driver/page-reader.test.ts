/** Pages that are requested ahead change neither what is read of a log nor its order. */

import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BuildStatus, LogEntry } from '../../src/api/schemas.ts';
import { createPageReader } from '../../src/driver/page-reader.ts';
import { sendReply } from '../../src/local/http.ts';
import { startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { runBuild, shownLog, temporaryPlan, wholeLog } from '../support/build-run.ts';

const logOf = (length: number): LogEntry[] =>
  Array.from({ length }, (_, index) => ({ timestamp: '', level: 'info', message: `line ${index}` }));

const statusOf = (logEntries: LogEntry[]): BuildStatus => ({ status: 'building', logEntries });

describe('the reader of pages', () => {
  /** Reads a log to its end; gives the offsets that each page took. */
  async function offsetsByPage(log: readonly LogEntry[], size = 100): Promise<number[][]> {
    const pages: number[][] = [];
    const readPage = createPageReader(async (offset) => {
      pages.at(-1)?.push(offset);
      return statusOf(log.slice(offset, offset + size));
    });
    for (let offset = 0; offset < log.length; ) {
      pages.push([]);
      offset += (await readPage(offset)).logEntries.length;
    }
    return pages;
  }

  test('requests a quiet log page by page', async () => {
    expect(await offsetsByPage(logOf(250), 99)).toEqual([[0], [99], [198]]);
  });

  test('has twice as many requests under way after each full page, and at most eight', async () => {
    const offsets = (...hundreds: number[]) => hundreds.map((hundred) => hundred * 100);
    expect(await offsetsByPage(logOf(1_050))).toEqual([
      offsets(0),
      offsets(1, 2),
      offsets(3, 4, 5),
      offsets(6, 7, 8, 9, 10),
      ...Array.from({ length: 7 }, (_, index) => offsets(11 + index)),
    ]);
  });

  test('asks for what follows pages of another size', async () => {
    expect((await offsetsByPage(logOf(1_000), 250)).slice(0, 3)).toEqual([
      [0],
      [250, 500],
      [750, 1000, 1250],
    ]);
  });

  test('reads any log whole and in order, with pages, empty pages and failures in any order', async () => {
    const answers = fc.record({
      kind: fc.constantFrom('page', 'page', 'page', 'page', 'empty', 'failure'),
      /** Lines that the build prints before the answer is made. */
      lines: fc.integer({ min: 1, max: 1_500 }),
      size: fc.constantFrom(100, 100, 100, 130),
      /** Made when it is requested, and not when it arrives. */
      old: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.nat(2_500),
        fc.infiniteStream(answers),
        async (scheduler, length, drawn) => {
          const log = logOf(length);
          let printed = 0;
          let requests = 0;
          const readPage = createPageReader(async (offset) => {
            requests += 1;
            const { kind, lines, size, old } = drawn.next().value;
            const entries = () => {
              printed = Math.min(length, printed + lines);
              return kind === 'empty' ? [] : log.slice(0, printed).slice(offset, offset + size);
            };
            const made = old ? entries() : undefined;
            await scheduler.schedule(Promise.resolve());
            if (kind === 'failure') throw new Error(`no page ${offset}`);
            return statusOf(made ?? entries());
          });
          const readAll = async () => {
            const read: LogEntry[] = [];
            let isBehind = false;
            while (read.length < length) {
              const before = requests;
              const page = await readPage(read.length).catch((error: Error) => error.message);
              if (!isBehind) expect(requests).toBe(before + 1);
              expect(requests).toBeLessThanOrEqual(before + 8);
              if (typeof page === 'string') expect(page).toBe(`no page ${read.length}`);
              else read.push(...page.logEntries);
              isBehind = typeof page !== 'string' && page.logEntries.length >= 100;
            }
            return read;
          };
          expect(await scheduler.waitFor(readAll())).toEqual(log);
        },
      ),
    );
  });
});

test('a build shows each line once and in order, with late, empty and failed pages', async () => {
  const answer = fc.record({
    kind: fc.constantFrom('page', 'page', 'page', 'page', 'empty', 'failure', 'reset'),
    delayMs: fc.constantFrom(0, 0, 1, 2, 5),
  });
  const isStatus = ({ url = '' }: IncomingMessage) => /\/status(\?|$)/.test(url);
  // The route by time cannot get past a millisecond that fills a page.
  const lines = 60;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      fc.infiniteStream(answer),
      async (steps, isOver, drawn) => {
        const script = Array.from({ length: steps }, (_, step) => ({
          at: step + 1,
          durationMs: 1,
          lines: () => Array.from({ length: lines }, (_, line) => `step ${step + 1} line ${line % 7}`),
        }));
        let wasEmpty = false;
        await using plan = await temporaryPlan({
          files: {},
          steps: script.map(({ at }) => ({ type: 'RUN', args: [`step ${at}`] })),
        });
        const service = await startLocalService({
          executor: createSimulatedExecutor({ stepMs: 0, script }),
          intercept: async (request, response, next) => {
            if (!isStatus(request)) return sendReply(response, await next());
            const { kind, delayMs } = drawn.next().value;
            while (isOver && !service.inspect.builds('app')[0]?.finishedAt) await sleep(1);
            const reply = await next();
            await sleep(delayMs);
            if (kind === 'failure') return sendReply(response, { ...reply, status: 503 });
            if (kind === 'reset') return void response.socket?.resetAndDestroy();
            wasEmpty = kind === 'empty' && !wasEmpty;
            const body = wasEmpty ? { ...JSON.parse(reply.body), logEntries: [] } : JSON.parse(reply.body);
            sendReply(response, { ...reply, body: JSON.stringify(body) });
          },
        });
        try {
          const { outcome, events } = await runBuild(service, plan);
          expect(outcome.status).toBe('ready');
          expect(shownLog(events)).toEqual(wholeLog(service.inspect.builds('app')[0], plan));
        } finally {
          await service.close();
        }
      },
    ),
    { numRuns: 40 },
  );
});
