import { sendReply } from '../../src/local/http.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { watchUsage } from '../process-usage.ts';
import { type Build, planWithAction } from './means.ts';
import type { Scenario } from './scenarios.ts';
import { slowNetwork } from './slow-network.ts';

/** What one build took. */
export interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly requests: number;
  /** Requests that may change something at the service: all but GET. */
  readonly changingRequests: number;
  readonly requestsPerMinute: number;
  readonly linesShown: number;
  /** From the moment the service called the build ready to the end of the process; nothing was built: not a number. */
  readonly readyToEndSeconds: number;
  /** For what was built before: reading and planning alone, and all GET requests once more, one by one. */
  readonly planSeconds: number;
  readonly lookUpSeconds: number;
}

/** Builds once on a fresh service, or once more where the scenario says so. Rejects when nothing is ready. */
export async function measure(scenario: Scenario, directory: string, build: Build): Promise<Measured> {
  const { lines, stepSeconds = 0.05, builtBefore, planOnly, roundTripMs = 0 } = scenario;
  let url = '';
  const service = await startLocalService({
    // The upload links, too, lead through the slow network.
    intercept: async (_request, response, next) => {
      const reply = await next();
      sendReply(response, { ...reply, body: reply.body.replaceAll(service.url, url) });
    },
    executor: createSimulatedExecutor({
      stepMs: 50,
      script: [{ type: 'RUN', text: /make/, durationMs: stepSeconds * 1000, lines: () => numbered(lines) }],
    }),
  });
  const network = roundTripMs > 0 ? await slowNetwork(service.url, roundTripMs) : undefined;
  ({ url } = network ?? service);
  const reached = { url, apiKey: service.apiKey };
  try {
    if (builtBefore) await build(directory, reached, () => {});
    const earlierRequests = service.requests.length;
    const earlierBuilds = service.inspect.builds('bench').length;
    let usage: ReturnType<typeof watchUsage> | undefined;
    const startedAt = performance.now();
    const printed = await build(directory, reached, (processId) => {
      usage = watchUsage(processId);
    });
    const seconds = secondsSince(startedAt);
    const endedAt = Date.now();
    const { cpuSeconds = 0, peakBytes = 0 } = usage?.stop() ?? {};
    const builds = service.inspect.builds('bench');
    const newest = builds.at(-1);
    if (newest?.status !== 'ready' && !planOnly)
      throw new Error(`The build is not ready:\n${printed.slice(-2000)}`);
    const requests = service.requests.slice(earlierRequests);
    const lookUps = requests.filter(({ method }) => method === 'GET').map(({ path }) => path);
    const readyAt = builds.length > earlierBuilds ? newest?.lines.at(-1)?.at : undefined;
    return {
      seconds,
      cpuSeconds,
      peakMegabytes: peakBytes / 1e6,
      requests: requests.length,
      changingRequests: requests.length - lookUps.length,
      requestsPerMinute: (requests.length / seconds) * 60,
      linesShown: new Set(printed.match(/line-\d+/g)).size,
      readyToEndSeconds: (endedAt - (readyAt ?? Number.NaN)) / 1000,
      planSeconds: builtBefore ? await timed(() => planWithAction(directory, reached, () => {})) : Number.NaN,
      lookUpSeconds: builtBefore ? await timed(() => askAgain(reached, lookUps)) : Number.NaN,
    };
  } finally {
    network?.close();
    await service.close();
  }
}

async function askAgain(
  service: Pick<LocalService, 'url' | 'apiKey'>,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    const answer = await fetch(`${service.url}${path}`, { headers: { 'X-API-KEY': service.apiKey } });
    await answer.arrayBuffer();
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return secondsSince(startedAt);
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}

function* numbered(lines: number): Generator<string> {
  for (let index = 0; index < lines; index++) yield `line-${index} of a long build log, as people print them`;
}
