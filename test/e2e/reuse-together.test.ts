import { describe, expect } from 'vitest';
import { sendReply } from '../../src/local/http.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { groupsOf } from '../support/runner.ts';
import { gate } from '../support/service-client.ts';
import { commits, pushOf, statuses, testTogether as test, when } from './reuse-kit.ts';

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

describe('two runs of the same content at the same time', () => {
  test('the second follows the first, shows its steps and gets the same build', async ({
    service,
    build,
  }) => {
    const door = gate();
    service.script = [{ at: 2, until: door.passed }];
    const building = gate();
    const first = build(
      pushOf(commits.first, { onOutput: when('::group::[2/2] RUN pip install', building.open) }),
    );
    await building.passed;
    const second = await build({
      inputs: { tags: 'pr-12' },
      env: { GITHUB_SHA: commits.second },
      onOutput: when('::group::[2/2] RUN pip install', door.open),
    });
    const made = await first;
    expect([made.exitCode, second.exitCode], second.log).toEqual([0, 0]);
    expect(statuses(service)).toEqual(['ready']);
    const { buildId } = made.outputs;
    expect(made.outputs).toMatchObject({
      status: 'ready',
      reused: 'false',
      tags: 'latest,sha-a1a1a1a,default',
    });
    expect(second.outputs).toMatchObject({ status: 'ready', reused: 'true', buildId, tags: 'pr-12' });
    for (const tag of ['latest', 'pr-12']) expect(service.inspect.resolve('my-agent', tag)).toBe(buildId);

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
        `Another run was building the same content, so this one waited and used build ${buildId}\\. It has been ready since .* and was made from commit a1a1a1a1a1a1\\.`,
      ),
    );
    expect(second.log).toContain('Tag pr-12: new');
    expect(second.summary).toContain(`so this one waited and used build \`${buildId}\`.`);
    expect(second.summary).toContain('| Steps | 2 steps, 0 cached |');
    expect(second.result).toMatchObject({ reused: { how: 'followed', commit: commits.first } });
  });

  test('that both look before either registers end with one build', async ({ service, build }) => {
    // Neither is told anything before both have asked: not what there is, and not which build is theirs.
    const looked = meeting(4);
    const registered = meeting(2);
    service.intercept = async (request, response, next) => {
      const [method, url] = [request.method ?? '', request.url ?? ''];
      const reply = await next();
      // A run asks for the identifier of the template and for its tags.
      if (method === 'GET' && /^\/templates\/(aliases\/my-agent|my-agent\/tags)$/.test(url)) await looked();
      if (method === 'POST' && url === '/v3/templates') await registered();
      sendReply(response, reply);
    };
    const runs = await Promise.all([commits.first, commits.second].map((sha) => build(pushOf(sha))));
    const logs = runs.map(({ log }) => log).join('\n');
    expect(runs.map(({ exitCode, outputs }) => [exitCode, outputs['status']])).toEqual([
      [0, 'ready'],
      [0, 'ready'],
    ]);
    for (const { log } of runs) groupsOf(log);
    const [one, other] = runs.map(({ outputs }) => outputs['buildId']);
    expect(one, logs).toBe(other);
    expect(
      statuses(service).filter((status) => status === 'ready'),
      logs,
    ).toHaveLength(1);
    for (const tag of ['latest', 'sha-a1a1a1a', 'sha-b2b2b2b', 'default']) {
      expect(service.inspect.resolve('my-agent', tag), tag).toBe(one);
    }
  });

  test('with require the second waits for the first and is green', async ({ service, build }) => {
    const door = gate();
    service.script = [{ at: 1, until: door.passed }];
    const building = gate();
    const first = build(pushOf(commits.first, { onOutput: when('Build started', building.open) }));
    await building.passed;
    const second = await build({
      inputs: { reuse: 'require' },
      env: { GITHUB_SHA: commits.first },
      onOutput: when('following build', door.open),
    });
    expect(second.exitCode, second.log).toBe(0);
    expect(second.outputs).toMatchObject({ buildId: (await first).outputs['buildId'], reused: 'true' });
    expect(statuses(service)).toEqual(['ready']);
  });

  test('a failure of the first is told, and the second builds by itself', async ({ service, build }) => {
    const door = gate();
    const fail = { message: "failed to run command 'pip install': exit status 1" };
    const script: SimulationScript = ({ ordinal }) =>
      ordinal === 1 ? [{ at: 2, until: door.passed, fail }] : [];
    service.script = script;
    const building = gate();
    const first = build(pushOf(commits.first, { onOutput: when('Build started', building.open) }));
    await building.passed;
    const second = await build(pushOf(commits.second, { onOutput: when('following build', door.open) }));
    expect((await first).outputs['status']).toBe('error');
    expect(second.outputs, second.log).toMatchObject({ status: 'ready', reused: 'false' });
    expect(second.log).toMatch(/Build [\w-]+ of the other run did not get ready: failed to run command/);
    expect(second.log).not.toContain('::error');
    groupsOf(second.log);
    expect(statuses(service)).toEqual(['error', 'ready']);
  });

  test('wait: false follows nobody, and starts a build of its own', async ({ service, build }) => {
    const door = gate();
    service.script = [{ at: 1, until: door.passed }];
    const building = gate();
    const first = build(pushOf(commits.first, { onOutput: when('Build started', building.open) }));
    await building.passed;
    const second = await build(pushOf(commits.second, { inputs: { wait: 'false' } }));
    expect(second.outputs, second.log).toMatchObject({ status: 'building', reused: 'false' });
    door.open();
    // Its build was cancelled by the newer one, which it follows then.
    const { outputs, log } = await first;
    expect(outputs, log).toMatchObject({ status: 'ready', buildId: second.outputs['buildId'] });
  });
});
