import { expect, test } from 'vitest';
import { runBuild, shownLog, temporaryPlan, wholeLog } from '../support/build-run.ts';
import { serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();

test('a build shows its whole log in order and says how it ended', async () => {
  const service = await startService();
  await using plan = await temporaryPlan();
  const { outcome, events, notices: told } = await runBuild(service, plan);
  const [build, ...others] = service.inspect.builds('app');
  expect(others).toEqual([]);
  expect(outcome).toMatchObject({ status: 'ready', buildId: build?.id, tags: ['v1', 'default'] });
  expect(shownLog(events)).toEqual(wholeLog(build, plan));
  expect(shownLog(events).length).toBeGreaterThan(10);
  expect(told).toEqual([]);
  expect(
    events.map(({ type }) => type).filter((type) => type !== 'line' && !type.startsWith('step-')),
  ).toEqual(['registered', 'upload-started', 'upload-finished', 'started', 'finished']);
});
