import { describe, expect, test } from 'vitest';
import { type Reply, sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import { groupsOf } from '../support/runner.ts';
import { gate } from '../support/service-client.ts';
import { publishedAction } from '../support/temporary-directory.ts';
import { commits, type Place, type Run } from './reuse-kit.ts';
import { onMain, statuses, when, withService } from './reuse-together-kit.ts';

const action = publishedAction();

describe('a first run that is killed', () => {
  /** Runs a second time when the first is dead. */
  async function afterKill(at: Place, killed: Promise<Run>): Promise<Run> {
    const first = await killed;
    expect(first.exitCode).toBeNull();
    const second = await at.run(onMain(commits.second));
    expect(second.exitCode, second.log).toBe(0);
    expect(second.outputs['status']).toBe('ready');
    expect(at.service.inspect.resolve('my-agent', 'latest')).toBe(second.outputs['buildId']);
    groupsOf(second.log);
    return second;
  }

  test('after the start: its build goes on, and the second has it', async () => {
    const door = gate();
    await withService(action, { script: [{ at: 1, until: door.passed }] }, async (at, local) => {
      const killed = at.run(
        onMain(commits.first, { onOutput: when('::group::[1/2]', (kill) => kill('SIGKILL')) }),
      );
      void killed.then(door.open);
      expect((await killed).post.log).toContain('When it is ready, its tags mean it.');
      const second = await afterKill(at, killed);
      expect(second.outputs).toMatchObject({ reused: 'true' });
      expect(second.log).toContain('was made from commit a1a1a1a1a1a1.');
      expect(statuses(local)).toEqual(['ready']);
    });
  });

  test.each([
    ['while it packs', (method: string, url: string) => method === 'GET' && url.includes('/files/')],
    [
      'before the start',
      (method: string, url: string) => method === 'POST' && url.startsWith('/v2/templates/'),
    ],
  ])('%s: the second waits no longer than a start may take, and builds', async (_title, holds) => {
    let kill: ((signal: NodeJS.Signals) => void) | undefined;
    let killed = false;
    const intercept: Interceptor = async (request, response, next) => {
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
    await withService(action, { intercept }, async (at, local) => {
      const first = at.run(
        onMain(commits.first, {
          onOutput: (_printed, end) => {
            kill = end;
          },
        }),
      );
      const second = await afterKill(at, first);
      expect(second.outputs).toMatchObject({ reused: 'false' });
      expect(second.log).toMatch(/Another run is building the same content: following build [\w-]+/);
      expect(second.log).toMatch(/Build [\w-]+ of the other run was not started within 6\d s\./);
      expect(statuses(local).at(-1)).toBe('ready');
    });
  });
});

test('a run that is killed while it follows another says that its tags are not put on', async () => {
  const door = gate();
  await withService(action, { script: [{ at: 2, until: door.passed }] }, async (at, local) => {
    const building = gate();
    const first = at.run(onMain(commits.first, { onOutput: when('::group::[2/2]', building.open) }));
    await building.passed;
    const killed = await at.run({
      inputs: { tags: 'pr-12' },
      onOutput: when('::group::[2/2]', (kill) => kill('SIGKILL')),
    });
    door.open();
    const { outputs, exitCode } = await first;
    expect([exitCode, killed.exitCode]).toEqual([0, null]);
    expect(killed.outputs).toMatchObject({ buildId: expect.any(String), tags: '' });
    const notice = `Build ${outputs['reference']} continues at the service, which has no way to cancel a build. Another run started it, and the tags of this run are not on it: run this job again to put them there.`;
    expect(killed.post.log).toContain(notice);
    expect(killed.post.summary).toContain('the tags of this run are not on it');
    expect(local.inspect.resolve('my-agent', 'pr-12')).toBeUndefined();
  });
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
