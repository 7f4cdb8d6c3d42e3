import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { passThrough } from '../../src/local/server.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { groupsOf, repositoryRoot } from '../support/runner.ts';
import { eventContext } from '../support/webhook-events.ts';

const definition = `import { Template, waitForPort } from 'novita-sandbox';

export const template = Template()
  .fromImage('python:3.12', undefined, { inheritConfig: false })
  .copy('app', '/app')
  .runCmd('pip install -r /app/requirements.txt')
  .setEnvs({ PORT: '8000' })
  .setStartCmd('python /app/main.py', waitForPort(8000));
`;
const files = {
  'template.ts': definition,
  'app/main.py': 'print(1)\n',
  'app/requirements.txt': 'requests\n',
};

const test = testWith({ files, defaults: { ownProcess: true, inputs: { name: 'my-agent' } } });

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('a build', () => {
  test.override({ serviceOptions: { apiKey: 'sk_a_very_secret_key' } });

  test('runs from action.yml and dist alone, with a group for each step and every output', async ({
    service,
    run,
  }) => {
    const { exitCode, log, outputs, summary, result } = await run({
      inputs: { tags: 'v1.0.0, latest', 'cpu-count': '4', 'memory-mb': '2048' },
    });

    expect(exitCode, log).toBe(0);
    expect(groupsOf(log).map(({ title }) => title)).toEqual([
      'Tags',
      'Plan',
      'Upload 1 file set (18 B)',
      'FROM python:3.12',
      '[1/4] COPY app /app',
      '[2/4] RUN pip install -r /app/requirements.txt',
      '[3/4] ENV PORT',
      '[4/4] Write the environment for sandboxes (1 variable)',
      'Finalize: start and ready commands',
      'Optimize',
    ]);
    expect(log).toMatch(/SDK: novita-sandbox 2\.\d+\.\d+, bundled with the action/);
    expect(log).toMatch(/\n4 steps, 0 cached, /);

    expect(outputs).toEqual({
      templateId: expect.stringMatching(/^[a-z0-9]{20}$/),
      buildId: expect.stringMatching(uuid),
      name: 'my-agent',
      tags: 'v1.0.0,latest',
      reference: `my-agent:${outputs['buildId']}`,
      status: 'ready',
      reused: 'false',
      result: expect.stringMatching(/\.json$/),
    });
    expect(result).toMatchObject({
      schemaVersion: 1,
      name: 'my-agent',
      status: 'ready',
      reference: outputs['reference'],
      cpuCount: 4,
      memoryMb: 2048,
      definition: { file: 'template.ts', export: 'template' },
    });
    expect(summary).toContain('## Template `my-agent` is ready');
    expect(summary).toContain(`Sandbox.create('${outputs['reference']}')`);
    expect(summary).toContain('```mermaid');

    const registration = service.requests.find(({ path }) => path === '/v3/templates');
    expect(registration?.body).toEqual({
      name: 'my-agent',
      tags: ['v1.0.0', 'latest'],
      cpuCount: 4,
      memoryMB: 2048,
    });
  });

  test('finds every layer in the cache the second time, and sends no file again', async ({
    service,
    run,
  }) => {
    await run();
    const before = service.requests.length;
    const { log, outputs } = await run();
    expect(log).toMatch(/\n4 steps, 4 cached, /);
    expect(groupsOf(log).find(({ title }) => title.startsWith('[2/4]'))).toEqual({
      title: '[2/4] RUN pip install -r /app/requirements.txt (CACHED)',
      lines: ['Taken from the cache.'],
    });
    expect(outputs['status']).toBe('ready');
    expect(service.requests.slice(before).filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('skip-cache builds every layer anew', async ({ run }) => {
    await run();
    const { log } = await run({ inputs: { 'skip-cache': 'true' } });
    expect(log).toMatch(/\n4 steps, 0 cached, /);
  });

  test('shows 50,000 lines once each and in order', async ({ service, run }) => {
    const count = 50_000;
    const lines = function* () {
      for (let index = 0; index < count; index++) yield `line ${index}`;
    };
    service.script = [{ at: 2, lines }];
    const { exitCode, log } = await run();
    expect(exitCode).toBe(0);
    const shown = [...log.matchAll(/^│ line (\d+)$/gm)].map(([, index]) => Number(index));
    expect(shown).toHaveLength(count);
    expect(shown.every((index, position) => index === position)).toBe(true);
  });

  test('shares one upload between COPY steps of the same content', async ({ service, workspace, run }) => {
    await workspace.write({
      'template.ts': `import { Template } from 'novita-sandbox';
export default Template().fromImage('x', undefined, { inheritConfig: false }).copy('app', '/a').copy('app', '/b');`,
      'app/x': 'x',
    });
    const { exitCode, log } = await run();
    expect(exitCode, log).toBe(0);
    expect(service.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('wait: false ends once the build is started', async ({ service, run }) => {
    service.script = [{ at: 2, durationMs: Number.POSITIVE_INFINITY }];
    const { exitCode, outputs, result, summary } = await run({
      inputs: { wait: 'false' },
    });
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'building', buildId: expect.stringMatching(uuid) });
    expect(result).toMatchObject({ status: 'building' });
    expect(summary).toContain('is building');
    expect(service.requests.some(({ path }) => path.includes('/status'))).toBe(false);
  });

  test('summary: false writes none', async ({ run }) => {
    const { summary, outputs } = await run({ inputs: { summary: 'false' } });
    expect(summary).toBe('');
    expect(outputs['status']).toBe('ready');
  });

  test('never prints the key but to mask it', async ({ run }) => {
    const { log, summary, result } = await run({ env: { RUNNER_DEBUG: '1' } });
    expect(log.match(/sk_a_very_secret_key/g)).toHaveLength(1);
    expect(log).toContain('::add-mask::sk_a_very_secret_key\n');
    expect(summary + JSON.stringify(result)).not.toContain('sk_a_very_secret_key');
  });
});

/** What the runner sets for one of the events that are kept as files. */
function eventOptions(name: string): Pick<RunChanges, 'event' | 'env'> {
  const { eventName, payload, ref, sha, actor } = eventContext(name);
  return {
    event: { name: eventName, payload },
    env: { GITHUB_REF: ref, GITHUB_SHA: sha, GITHUB_ACTOR: actor },
  };
}

describe('tags', () => {
  test.for<[string, string]>([
    ['pull_request_opened', 'pr-12'],
    ['pull_request_fork', 'pr-13'],
    ['push_main', 'latest,sha-6dcb09b,default'],
    ['push_branch', 'feature-blue_car'],
    ['release', '1.2.3,1.2,1,latest,default'],
    ['release_prerelease', '2.0.0'],
    ['schedule', 'nightly'],
    ['merge_group', 'queue-12'],
  ])('of %s are %s when none are given', async ([name, expected], { run }) => {
    const { outputs, log } = await run(eventOptions(name));
    expect(outputs['tags'], log).toBe(expected);
  });

  test('outside of GitHub are those that are given', async ({ run }) => {
    const env = { GITHUB_EVENT_NAME: '', GITHUB_REF: '', GITHUB_SHA: '' };
    const { outputs } = await run({ env, inputs: { tags: 'v1, default' } });
    expect(outputs['tags']).toBe('v1,default');
  });

  test('come from rules, and a table says which and why', async ({ run }) => {
    const options = eventOptions('push_tag');
    await run({ ...options, inputs: { tags: '1.3.0' } });
    const tags = "type=ref,event=pr\ntype=semver,pattern={{version}}\ntype=sha,suffix=-{{date '[x]'}}";
    const { outputs, log } = await run({ ...options, inputs: { tags } });
    expect(outputs['tags']).toBe('1.2.3,sha-6dcb09b-x');
    expect(groupsOf(log)[0]).toEqual({
      title: 'Tags',
      lines: [
        'rule                             tag            why',
        'type=semver,pattern={{version}}  1.2.3          from v1.2.3',
        'type=ref,event=pr                -              a push of the tag v1.2.3 is not a pull request',
        "type=sha,suffix=-{{date '[x]'}}  sha-6dcb09b-x  the commit of a push of the tag v1.2.3",
        'latest                           -              1.3.0 is higher than 1.2.3',
      ],
    });
  });

  test('those that move are not given when the service does not tell the tags that there are', async ({
    service,
    run,
  }) => {
    service.intercept = async (request, response, next) => {
      if (!request.url?.endsWith('/tags')) return passThrough(request, response, next);
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end('{"code":403,"message":"not yours"}');
    };
    const { outputs, log } = await run(eventOptions('push_tag'));
    expect(outputs['tags'], log).toBe('1.2.3');
    expect(log).toMatch(/^::warning title=Tags that stay::.*answered 403\./m);
    expect(log).toMatch(/\nlatest +- +the tags of the template could not be read: answered 403\n/);
  });

  test('that users get are refused to a pull request, unless they are allowed', async ({ service, run }) => {
    const options = eventOptions('pull_request_opened');
    const inputs = { tags: 'latest, default, pr-12' };
    const refused = await run({ ...options, inputs });
    const none = await run({ ...options, inputs: { tags: 'latest' } });
    const before = service.requests.length;
    const allowed = await run({
      ...options,
      inputs: { ...inputs, 'allow-production-tags': 'true' },
    });
    expect(refused.outputs['tags']).toBe('pr-12');
    expect(none.exitCode).toBe(1);
    expect(none.log).toMatch(
      /::error title=Input tags::Input tags: no rule gives a tag for pull request 12: latest \(a pull request must not move latest/,
    );
    expect(none.outputs).toEqual({ status: 'error', failure: 'invalid-input' });
    expect(allowed.outputs['tags']).toBe('latest,default,pr-12');
    expect(service.requests.slice(before).find(({ method }) => method !== 'GET')?.path).toBe('/v3/templates');
  });
});

describe('a build that fails', () => {
  test('shows the last lines after the group, then one error at the line of the definition', async ({
    service,
    run,
  }) => {
    service.script = [
      {
        at: 2,
        lines: ['Collecting requests', { text: 'ERROR: No matching distribution found', stream: 'stderr' }],
        fail: { message: "failed to run command 'pip install -r /app/requirements.txt': exit status 1" },
      },
    ];
    const { exitCode, log, outputs, summary, result } = await run();

    expect(exitCode).toBe(1);
    expect(groupsOf(log).at(-1)?.title).toBe('[2/4] RUN pip install -r /app/requirements.txt');
    const afterGroups = log.slice(log.lastIndexOf('::endgroup::'));
    expect(afterGroups).toContain('│ Collecting requests\n┆ ERROR: No matching distribution found\n');
    const errors = log.split('\n').filter((line) => line.startsWith('::error'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^::error title=Step 2 of 4 failed.*file=template\.ts,line=6/);
    expect(log).toMatch(/^Build my-agent:[0-9a-f-]+ failed: failed to run command/m);
    expect(outputs).toMatchObject({ status: 'error', buildId: expect.stringMatching(uuid) });
    expect(result).toMatchObject({ status: 'error', failure: { step: '2', source: 'template.ts:6' } });
    expect(summary).toContain('failed to build');
  });

  test('past its time limit says where the build continues', async ({ service, run }) => {
    service.script = [{ at: 2, durationMs: Number.POSITIVE_INFINITY }];
    const { exitCode, log, outputs } = await run({
      inputs: { 'timeout-minutes': '0.05' },
    });
    expect(exitCode).toBe(1);
    expect(groupsOf(log).at(-1)?.title).toContain('[2/4]');
    expect(log).toMatch(
      /::error::Build my-agent:[0-9a-f-]+ did not end within 0\.05 minutes \(timeout-minutes\)\. It continues at the service/,
    );
    expect(outputs).toMatchObject({
      status: 'building',
      templateId: expect.any(String),
      reference: expect.any(String),
    });
  });

  test('when the job is cancelled, closes its groups, keeps its outputs and exits with 130', async ({
    service,
    run,
  }) => {
    service.script = [{ at: 2, durationMs: Number.POSITIVE_INFINITY }];
    const { exitCode, log, outputs, summary } = await run({
      onOutput: (printed, kill) => {
        if (/::group::\[2\/4\][^\n]*\n$/.test(printed)) kill('SIGINT');
      },
    });
    expect(exitCode).toBe(130);
    groupsOf(log);
    expect(log).toContain('The job was cancelled during build my-agent:');
    expect(outputs).toMatchObject({ status: 'building', buildId: expect.stringMatching(uuid) });
    expect(summary).toContain('my-agent');
  });

  test('when the service refuses the start, is told in the words of the service', async ({
    service,
    run,
  }) => {
    service.intercept = async (request, response, next) => {
      if (!request.url?.startsWith('/v2/templates/')) return passThrough(request, response, next);
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end('{"code":403,"message":"User does not have access to the template"}');
    };
    const { exitCode, log, outputs } = await run();
    expect(exitCode).toBe(1);
    expect(log).toContain('User does not have access to the template');
    expect(outputs).toMatchObject({ status: 'error', buildId: expect.stringMatching(uuid) });
  });
});

describe('the post step', () => {
  test('remembers a good build in the cache, apart for each template', async ({ run, cache }) => {
    const first = await run();
    expect(cache.keys()).toEqual([]);
    const post = await run({ state: first.state, ownProcess: true });
    expect(post.exitCode, post.log).toBe(0);
    expect(cache.keys()).toHaveLength(1);

    const second = await run();
    const other = await run({ inputs: { name: 'another' } });
    expect(second.log).toMatch(/\nThe last build of this template took \d/);
    expect(first.log + other.log).not.toContain('The last build of this template');
  });

  test.for([403, 500])('is green when the cache answers %i', async (status, { run, cache }) => {
    cache.fail(status);
    const main = await run();
    const post = await run({ state: main.state });
    expect([main.exitCode, post.exitCode], main.log + post.log).toEqual([0, 0]);
    groupsOf(main.log);
    groupsOf(post.log);
  });

  test('says what became of the build when the main step was killed', async ({ service, run }) => {
    service.script = [{ at: 2, durationMs: Number.POSITIVE_INFINITY }];
    const main = await run({
      onOutput: (printed, kill) => {
        if (/::group::\[2\/4\][^\n]*\n$/.test(printed)) kill('SIGKILL');
      },
    });
    const post = await run({ state: main.state, ownProcess: true });
    expect(main.exitCode).toBeNull();
    expect(main.outputs).toMatchObject({ buildId: expect.stringMatching(uuid) });
    expect(post.exitCode).toBe(0);
    expect(post.log).toContain(`my-agent:${main.outputs['buildId']} continues at the service`);
    expect(post.summary).toContain(`\`${main.outputs['reference']}\``);
  });
});

describe('examples', () => {
  test.override({ files: {} });

  test.for<[string, number]>([
    ['python-agent', 7],
    ['node-service', 7],
  ])('%s builds as it is', async ([example, steps], { workspace, run }) => {
    await cp(join(repositoryRoot, 'examples', example), workspace.path, { recursive: true });
    const { exitCode, log } = await run();
    expect(exitCode, log).toBe(0);
    expect(log).toContain(`\n${steps} steps, 0 cached, `);
  });
});
