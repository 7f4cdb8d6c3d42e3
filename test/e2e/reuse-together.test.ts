import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reply } from '../../src/local/http.ts';
import { sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { gate } from '../local/client.ts';
import { commits, type Place, place, type Run } from './reuse-kit.ts';
import { groupsOf, type RunOptions } from './runner.ts';
import { publishedAction, type TemporaryDirectory } from './setup.ts';

let action: TemporaryDirectory;
beforeAll(async () => {
  action = await publishedAction();
});
afterAll(() => action[Symbol.asyncDispose]());

interface Scene {
  readonly script?: SimulationScript;
  readonly intercept?: Interceptor;
}

async function withService({ script, intercept }: Scene, story: (at: Place, local: LocalService) => unknown) {
  const executor = createSimulatedExecutor({ stepMs: 1, ...(script && { script }) });
  const local = await startLocalService({ executor, ...(intercept && { intercept }) });
  try {
    await using at = await place(action, { service: local });
    await story(at, local);
  } finally {
    await local.close();
  }
}

/** Two runs at the same time share no cache of what was built before. */
const alone = { ACTIONS_CACHE_URL: '' };

const onMain = (sha: string, options: Partial<RunOptions> = {}): Partial<RunOptions> => ({
  ...options,
  env: { ...alone, GITHUB_SHA: sha },
});

const finished = (local: LocalService) => local.inspect.builds().map(({ status }) => status);

/** What the first so many wait for each other at; nobody after them waits. */
function meeting(size: number): () => Promise<void> {
  const door = gate();
  let there = 0;
  return () => {
    there += 1;
    if (there === size) door.open();
    return door.passed;
  };
}

/** Calls once when the run has printed this. */
function when(text: string, then: (kill: (signal: NodeJS.Signals) => void) => void) {
  let done = false;
  return (printed: string, kill: (signal: NodeJS.Signals) => void) => {
    if (done || !printed.includes(text)) return;
    done = true;
    then(kill);
  };
}

describe('two runs of the same content at the same time', () => {
  test('the second follows the first, shows its steps and gets the same build', async () => {
    const door = gate();
    await withService({ script: [{ at: 2, until: door.passed }] }, async (at, local) => {
      const building = gate();
      const first = at.run(
        onMain(commits.first, { onOutput: when('::group::[2/2] RUN pip install', building.open) }),
      );
      await building.passed;
      const second = await at.run({
        inputs: { tags: 'pr-12' },
        env: { ...alone, GITHUB_SHA: commits.second },
        onOutput: when('::group::[2/2] RUN pip install', door.open),
      });
      const made = await first;
      expect([made.exitCode, second.exitCode], second.log).toEqual([0, 0]);
      expect(finished(local)).toEqual(['ready']);
      const { buildId } = made.outputs;
      expect(made.outputs).toMatchObject({
        status: 'ready',
        reused: 'false',
        tags: 'latest,sha-a1a1a1a,default',
      });
      expect(second.outputs).toMatchObject({ status: 'ready', reused: 'true', buildId, tags: 'pr-12' });
      for (const tag of ['latest', 'pr-12']) expect(local.inspect.resolve('my-agent', tag)).toBe(buildId);

      expect(second.log).toContain(`Another run is building the same content: following build ${buildId}`);
      const titles = groupsOf(second.log).map(({ title }) => title);
      expect(titles.filter((title) => /^(FROM|\[)/.test(title))).toEqual(
        groupsOf(made.log)
          .map(({ title }) => title)
          .filter((title) => /^(FROM|\[)/.test(title)),
      );
      expect(titles).not.toContain('Upload 1 file set (18 B)');
      expect(second.log).toContain('│ (simulated) pip install -r /app/requirements.txt');
      expect(second.log).toMatch(
        new RegExp(
          `Another run was building the same content, so this one waited and took build ${buildId}\\. It has been ready since .* and was made from commit a1a1a1a1a1a1\\.`,
        ),
      );
      expect(second.log).toContain('Tag pr-12: new');
      expect(second.summary).toContain(`so this one waited and took build \`${buildId}\`.`);
      expect(second.summary).toContain('| Steps | 2 steps, 0 cached |');
      expect(second.result).toMatchObject({ reused: { how: 'followed', commit: commits.first } });
    });
  });

  test('that both look before either registers end with one build', async () => {
    // Neither is told anything before both have asked: not what there is, and not which build is theirs.
    const looked = meeting(4);
    const registered = meeting(2);
    const intercept: Interceptor = async (request, response, next) => {
      const [method, url] = [request.method ?? '', request.url ?? ''];
      const reply = await next();
      // A run asks for the identifier of the template and for its tags.
      if (method === 'GET' && /^\/templates\/(aliases\/my-agent|my-agent\/tags)$/.test(url)) await looked();
      if (method === 'POST' && url === '/v3/templates') await registered();
      sendReply(response, reply);
    };
    await withService({ intercept }, async (at, local) => {
      const runs = await Promise.all([commits.first, commits.second].map((sha) => at.run(onMain(sha))));
      const logs = runs.map(({ log }) => log).join('\n');
      expect(runs.map(({ exitCode, outputs }) => [exitCode, outputs['status']])).toEqual([
        [0, 'ready'],
        [0, 'ready'],
      ]);
      for (const { log } of runs) groupsOf(log);
      const [one, other] = runs.map(({ outputs }) => outputs['buildId']);
      expect(one, logs).toBe(other);
      expect(
        finished(local).filter((status) => status === 'ready'),
        logs,
      ).toHaveLength(1);
      for (const tag of ['latest', 'sha-a1a1a1a', 'sha-b2b2b2b', 'default']) {
        expect(local.inspect.resolve('my-agent', tag), tag).toBe(one);
      }
    });
  });

  test('with require the second waits for the first and is green', async () => {
    const door = gate();
    await withService({ script: [{ at: 1, until: door.passed }] }, async (at, local) => {
      const building = gate();
      const first = at.run(onMain(commits.first, { onOutput: when('Build started', building.open) }));
      await building.passed;
      const second = await at.run({
        inputs: { reuse: 'require' },
        env: { ...alone, GITHUB_SHA: commits.first },
        onOutput: when('following build', door.open),
      });
      expect(second.exitCode, second.log).toBe(0);
      expect(second.outputs).toMatchObject({ buildId: (await first).outputs['buildId'], reused: 'true' });
      expect(finished(local)).toEqual(['ready']);
    });
  });

  test('a failure of the first is told, and the second builds by itself', async () => {
    const door = gate();
    const fail = { message: "failed to run command 'pip install': exit status 1" };
    const script: SimulationScript = ({ ordinal }) =>
      ordinal === 1 ? [{ at: 2, until: door.passed, fail }] : [];
    await withService({ script }, async (at, local) => {
      const building = gate();
      const first = at.run(onMain(commits.first, { onOutput: when('Build started', building.open) }));
      await building.passed;
      const second = await at.run(onMain(commits.second, { onOutput: when('following build', door.open) }));
      expect((await first).outputs['status']).toBe('error');
      expect(second.outputs, second.log).toMatchObject({ status: 'ready', reused: 'false' });
      expect(second.log).toMatch(/Build [\w-]+ of the other run did not get ready: failed to run command/);
      expect(second.log).not.toContain('::error');
      groupsOf(second.log);
      expect(finished(local)).toEqual(['error', 'ready']);
    });
  });

  test('wait: false follows nobody, and starts a build of its own', async () => {
    const door = gate();
    await withService({ script: [{ at: 1, until: door.passed }] }, async (at) => {
      const building = gate();
      const first = at.run(onMain(commits.first, { onOutput: when('Build started', building.open) }));
      await building.passed;
      const second = await at.run(onMain(commits.second, { inputs: { wait: 'false' } }));
      expect(second.outputs, second.log).toMatchObject({ status: 'building', reused: 'false' });
      door.open();
      // Its build was cancelled by the newer one, which it follows then.
      const { outputs, log } = await first;
      expect(outputs, log).toMatchObject({ status: 'ready', buildId: second.outputs['buildId'] });
    });
  });
});

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
    await withService({ script: [{ at: 1, until: door.passed }] }, async (at, local) => {
      const killed = at.run(
        onMain(commits.first, { onOutput: when('::group::[1/2]', (kill) => kill('SIGKILL')) }),
      );
      void killed.then(door.open);
      expect((await killed).post.log).toContain('When it is ready, its tags mean it.');
      const second = await afterKill(at, killed);
      expect(second.outputs).toMatchObject({ reused: 'true' });
      expect(second.log).toContain('was made from commit a1a1a1a1a1a1.');
      expect(finished(local)).toEqual(['ready']);
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
      sendReply(response, ofTemplate ? elevenMinutesOlder(reply) : reply);
    };
    await withService({ intercept }, async (at, local) => {
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
      expect(second.log).toMatch(/Build [\w-]+ of the other run was not started within 10 minutes\./);
      expect(finished(local).at(-1)).toBe('ready');
    });
  });
});

test('a run that is killed while it follows another says that its tags are not put on', async () => {
  const door = gate();
  await withService({ script: [{ at: 2, until: door.passed }] }, async (at, local) => {
    const building = gate();
    const first = at.run(onMain(commits.first, { onOutput: when('::group::[2/2]', building.open) }));
    await building.passed;
    const killed = await at.run({
      inputs: { tags: 'pr-12' },
      env: alone,
      onOutput: when('::group::[2/2]', (kill) => kill('SIGKILL')),
    });
    door.open();
    const { outputs, exitCode } = await first;
    expect([exitCode, killed.exitCode]).toEqual([0, null]);
    const told = `Build ${outputs['reference']} goes on at the service, which has no way to cancel one. Another run started it, and the tags of this run are not on it: run this job again to put them there.`;
    expect(killed.post.log).toContain(told);
    expect(killed.post.summary).toContain('the tags of this run are not on it');
    expect(local.inspect.resolve('my-agent', 'pr-12')).toBeUndefined();
  });
});

/** As if the builds that still wait had been registered before. */
function elevenMinutesOlder(reply: Reply): Reply {
  const template = JSON.parse(reply.body);
  for (const build of template.builds ?? []) {
    if (build.status !== 'waiting') continue;
    build.createdAt = new Date(Date.parse(build.createdAt) - 11 * 60_000).toISOString();
  }
  return { ...reply, body: JSON.stringify(template) };
}
