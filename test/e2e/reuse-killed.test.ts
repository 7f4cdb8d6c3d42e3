import { describe, expect } from 'vitest';
import { type Reply, sendReply } from '../../src/local/http.ts';
import { groupsOf } from '../support/runner.ts';
import { gate } from '../support/service-client.ts';
import { commits, pushOf, type Run, statuses, testTogether, when } from './reuse-kit.ts';

/** Runs a second time when the first is dead. */
const test = testTogether.extend('afterKill', ({ service, build }) => async (killed: Promise<Run>) => {
  const first = await killed;
  expect(first.exitCode).toBeNull();
  const second = await build(pushOf(commits.second));
  expect(second.exitCode, second.log).toBe(0);
  expect(second.outputs['status']).toBe('ready');
  expect(service.inspect.resolve('my-agent', 'latest')).toBe(second.outputs['buildId']);
  groupsOf(second.log);
  return second;
});

describe('a first run that is killed', () => {
  test('after the start: its build goes on, and the second has it', async ({ service, build, afterKill }) => {
    const door = gate();
    service.script = [{ at: 1, until: door.passed }];
    const killed = build(
      pushOf(commits.first, { onOutput: when('::group::[1/2]', (kill) => kill('SIGKILL')) }),
    );
    void killed.then(door.open);
    expect((await killed).post.log).toContain('Its tags point to it when it is ready.');
    const second = await afterKill(killed);
    expect(second.outputs).toMatchObject({ reused: 'true' });
    expect(second.log).toContain('was made from commit a1a1a1a1a1a1.');
    expect(statuses(service)).toEqual(['ready']);
  });

  test.for([
    ['while it packs', (method: string, url: string) => method === 'GET' && url.includes('/files/')],
    [
      'before the start',
      (method: string, url: string) => method === 'POST' && url.startsWith('/v2/templates/'),
    ],
  ] as const)(
    '%s: the second waits no longer than a start may take, and builds',
    async ([_title, holds], { service, build, afterKill }) => {
      let kill: ((signal: NodeJS.Signals) => void) | undefined;
      let killed = false;
      service.intercept = async (request, response, next) => {
        const [method, url] = [request.method ?? '', request.url ?? ''];
        if (!killed && holds(method, url)) {
          killed = true;
          request.resume();
          kill?.('SIGKILL');
          return;
        }
        const reply = await next();
        const ofTemplate = method === 'GET' && /^\/templates\/[a-z0-9]{20}(\?|$)/.test(url);
        sendReply(response, ofTemplate ? aMinuteOlder(reply) : reply);
      };
      const first = build(
        pushOf(commits.first, {
          onOutput: (_printed, end) => {
            kill = end;
          },
        }),
      );
      const second = await afterKill(first);
      expect(second.outputs).toMatchObject({ reused: 'false' });
      expect(second.log).toMatch(/Another run is building the same content: following build [\w-]+/);
      expect(second.log).toMatch(/Build [\w-]+ of the other run was not started within \d+ s\./);
      expect(statuses(service).at(-1)).toBe('ready');
    },
  );
});

test('a run that is killed while it follows another says that its tags are not put on', async ({
  service,
  build,
}) => {
  const door = gate();
  service.script = [{ at: 2, until: door.passed }];
  const building = gate();
  const first = build(pushOf(commits.first, { onOutput: when('::group::[2/2]', building.open) }));
  await building.passed;
  const killed = await build({
    inputs: { tags: 'pr-12' },
    onOutput: when('::group::[2/2]', (kill) => kill('SIGKILL')),
  });
  door.open();
  const { outputs, exitCode } = await first;
  expect([exitCode, killed.exitCode]).toEqual([0, null]);
  expect(killed.outputs).toMatchObject({ buildId: expect.any(String), tags: '' });
  const notice = `Build ${outputs['reference']} continues at the service, which has no way to cancel a build. Another run started it, so it does not have the tags of this run. Run this job again to add them.`;
  expect(killed.post.log).toContain(notice);
  expect(killed.post.summary).toContain('it does not have the tags of this run');
  expect(service.inspect.resolve('my-agent', 'pr-12')).toBeUndefined();
});

/** As if the builds that still wait had been registered before. */
function aMinuteOlder(reply: Reply): Reply {
  const template = JSON.parse(reply.body);
  for (const build of template.builds ?? []) {
    if (build.status !== 'waiting') continue;
    build.createdAt = new Date(Date.parse(build.createdAt) - 60_000).toISOString();
  }
  return { ...reply, body: JSON.stringify(template) };
}
