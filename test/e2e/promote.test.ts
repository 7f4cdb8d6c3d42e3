import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passThrough } from '../../src/local/server.ts';
import { type LocalService, startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { groupsOf, type RunOptions, type RunResult, runAction } from '../support/runner.ts';
import { ask, build, register, start } from '../support/service-client.ts';
import {
  publishedAction,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../support/temporary-directory.ts';

const action = publishedAction();
let workspace: TemporaryDirectory;
beforeAll(async () => {
  workspace = await temporaryDirectory();
});
afterAll(async () => {
  await workspace[Symbol.asyncDispose]();
});

function promote(
  service: LocalService,
  inputs: Record<string, string>,
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  return runAction({
    action: join(action.path, 'promote'),
    workspace: workspace.path,
    inputs: { name: 'my-agent', tags: 'latest', ...inputs },
    ...options,
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url, ...options.env },
  });
}

const changes = (service: LocalService) =>
  service.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => ({ method, path, body }));

/** A service with two ready builds of my-agent: `v1` with `latest`, and `sha-2`. */
async function twoBuilds() {
  const service = await startLocalService();
  const first = await build(service, 'my-agent', {}, ['v1', 'latest']);
  const second = await build(service, 'my-agent', {}, ['sha-2']);
  const before = changes(service).length;
  return {
    service,
    first: first.buildID,
    second: second.buildID,
    templateId: first.templateID,
    changesSince: () => changes(service).slice(before),
  };
}

describe('a promotion', () => {
  test.each(['tag', 'build', 'reference'] as const)('by %s moves all tags in one request', async (form) => {
    const { service, first, second, templateId, changesSince } = await twoBuilds();
    const from = { tag: 'sha-2', build: second.toUpperCase(), reference: `my-agent:${second}` }[form];
    const { exitCode, log, outputs, summary } = await promote(service, {
      from,
      tags: 'latest\ndefault, sha-2',
    });
    await service.close();

    expect(exitCode, log).toBe(0);
    expect(changesSince()).toEqual([
      {
        method: 'POST',
        path: '/templates/tags',
        body: { target: `my-agent:${second}`, tags: ['latest', 'default', 'sha-2'] },
      },
    ]);
    expect(outputs).toEqual({
      templateId,
      buildId: second,
      reference: `my-agent:${second}`,
      tags: 'latest,default,sha-2',
      previous: JSON.stringify({ latest: first, default: null, 'sha-2': second }),
    });
    const none = '(none)'.padEnd(36);
    expect(groupsOf(log).at(-1)).toEqual({
      title: 'Tags of my-agent',
      lines: [
        `tag      ${'before'.padEnd(36)}  after`,
        `latest   ${first}  ${second}`,
        `default  ${none}  ${second}`,
        `sha-2    ${second}  ${second} (as before)`,
      ],
    });
    expect(log).toContain(`\n2 tags moved to build ${second}\n`);
    expect(summary).toContain(`| \`latest\` | \`${first}\` | \`${second}\` |`);
    expect(service.inspect.resolve('my-agent')).toBe(second);
  });

  test('of what stands there already is green and changes nothing', async () => {
    const { service, first, changesSince } = await twoBuilds();
    const { exitCode, log, outputs } = await promote(service, { from: 'v1', tags: 'latest, v1' });
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(changesSince()).toEqual([]);
    expect(outputs).toMatchObject({ buildId: first, previous: JSON.stringify({ latest: first, v1: first }) });
    expect(log).toContain(`Nothing to change: all tags stand on build ${first} already.`);
  });

  test('is rolled back by another to an older tag', async () => {
    const { service, first } = await twoBuilds();
    await promote(service, { from: 'sha-2' });
    const { exitCode, outputs } = await promote(service, { from: 'v1' });
    await service.close();
    expect(exitCode).toBe(0);
    expect(outputs['buildId']).toBe(first);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(first);
  });

  test('on a release moves the version and what stands for it', async () => {
    const { service, second } = await twoBuilds();
    const payload = {
      action: 'published',
      release: { tag_name: 'v2.1.0', prerelease: false, draft: false },
      repository: { full_name: 'octo-org/agent', default_branch: 'main' },
    };
    const { exitCode, log, outputs } = await promote(
      service,
      { from: 'sha-2', tags: '' },
      { event: { name: 'release', payload }, env: { GITHUB_REF: 'refs/tags/v2.1.0' } },
    );
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']?.split(',')).toEqual(['2.1.0', '2.1', '2', 'latest', 'default']);
    expect(outputs['buildId']).toBe(second);
  });

  test('from a pull request does not move latest', async () => {
    const { service, changesSince } = await twoBuilds();
    const payload = { number: 7, pull_request: { number: 7, head: { sha: 'abc' } } };
    const { exitCode, log } = await promote(
      service,
      { from: 'sha-2' },
      { event: { name: 'pull_request', payload } },
    );
    await service.close();
    expect(exitCode).toBe(1);
    expect(log).toContain('allow-production-tags');
    expect(changesSince()).toEqual([]);
  });

  test('whose answer is lost is sent again', async () => {
    let posts = 0;
    const service = await startLocalService({
      intercept: async (request, response, next) => {
        if (request.method !== 'POST' || request.url !== '/templates/tags' || ++posts > 1) {
          return passThrough(request, response, next);
        }
        await next();
        response.destroy();
      },
    });
    const { buildID } = await build(service, 'my-agent', {}, ['sha-1']);
    const { exitCode, log } = await promote(service, { from: 'sha-1' });
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(posts).toBe(2);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(buildID);
  });

  test('says when somebody else moved a tag at the same time', async () => {
    let rival = '';
    const service = await startLocalService({
      intercept: async (request, response, next) => {
        const fromAction = String(request.headers['user-agent']).startsWith('novita-template-action');
        const reply = await next();
        if (fromAction && request.method === 'POST') {
          await ask(service, 'POST', '/templates/tags', { target: `my-agent:${rival}`, tags: ['latest'] });
        }
        return passThrough(request, response, async () => reply);
      },
    });
    rival = (await build(service, 'my-agent', {}, ['v1'])).buildID;
    await build(service, 'my-agent', {}, ['v2']);
    const { exitCode, log } = await promote(service, { from: 'v2', tags: 'latest, default' });
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(
      /::warning title=Tag latest moved again::Tag latest moved again: my-agent:latest was put on build .*somebody else/,
    );
    expect(log).toContain('1 tag moved to build');
  });
});

describe('tags that tell where a build was made', () => {
  const sha = '0123456789abcdef0123456789abcdef01234567';
  const repository = { full_name: 'octo-org/agent', default_branch: 'main' };
  const dispatch = (ref = 'refs/heads/main') => ({
    event: { name: 'workflow_dispatch', payload: { ref, repository } },
    env: { GITHUB_REF: ref },
  });

  /** Versions 1.3.2 and, of the newest commit, sha-0123456. */
  async function released() {
    const service = await startLocalService();
    const old = await build(service, 'my-agent', {}, ['1.3.2', 'latest']);
    const head = await build(service, 'my-agent', {}, ['sha-0123456', 'main']);
    return { service, old: old.buildID, head: head.buildID };
  }

  test('do not go on another by a rollback, so that the next release gets what its commit says', async () => {
    const { service, old, head } = await released();
    const back = await promote(service, { from: '1.3.2', tags: '' }, dispatch());
    expect(back.exitCode, back.log).toBe(0);
    expect(back.outputs['tags']).toBe('latest,default');
    expect(back.log).toMatch(/type=sha +- +nothing says that the build was made from this commit/);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(old);
    expect(service.inspect.resolve('my-agent', 'sha-0123456')).toBe(head);

    const forward = await promote(service, { from: 'sha-0123456', tags: '' }, dispatch());
    await service.close();
    expect(forward.outputs['tags']).toBe('latest,sha-0123456,default');
    expect(forward.outputs['buildId']).toBe(head);
  });

  test.each([
    'type=sha',
    'type=sha,format=long',
    'type=ref,event=branch',
    'type=edge',
    'sha-{{sha}}',
    'type=raw,value={{branch}}',
  ])('are left out with a warning when %s asks for them', async (rule) => {
    const { service, old, head } = await released();
    const { exitCode, log, outputs } = await promote(
      service,
      { from: '1.3.2', tags: `${rule}\nlatest` },
      dispatch(),
    );
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('latest');
    expect(log).toMatch(/^::warning title=Tag \S+ left out::/m);
    expect(service.inspect.resolve('my-agent', 'main')).toBe(head);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(old);
  });

  test.each([
    ['another branch', dispatch('refs/heads/topic')],
    ['a schedule', { event: { name: 'schedule', payload: { repository } }, env: {} }],
  ])('leave nothing to promote on %s, which is a mistake', async (_, options) => {
    const { service, head } = await released();
    const before = changes(service).length;
    const { exitCode, log } = await promote(service, { from: '1.3.2', tags: '' }, options);
    expect(exitCode, log).toBe(1);
    expect(log).toContain('Set tags to what the build shall be, such as `tags: latest, default`.');
    expect(changes(service)).toHaveLength(before);
    // In so many words it is done, with a warning where a commit is named.
    const plain = await promote(service, { from: '1.3.2', tags: 'nightly, sha-0123456' }, options);
    await service.close();
    expect(plain.exitCode, plain.log).toBe(0);
    expect(plain.log).toMatch(
      new RegExp(`^::warning title=Tag sha-0123456 taken from another build::.*${head}`, 'm'),
    );
  });

  test('go on a build that was made from the commit of the run', async () => {
    const service = await startLocalService();
    const content = `content-${'ab'.repeat(32)}`;
    const made = await build(service, 'my-agent', {}, ['x', content, `${content}.${sha}`]);
    const { exitCode, log, outputs } = await promote(
      service,
      { from: made.buildID, tags: '' },
      dispatch('refs/heads/topic'),
    );
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('topic');
  });

  test('that move from version to version do not go back by rules', async () => {
    const service = await startLocalService();
    await build(service, 'my-agent', {}, ['1.9.5', '1', 'latest']);
    await build(service, 'my-agent', {}, ['sha-0123456']);
    const tags = ['{{version}}', '{{major}}.{{minor}}', '{{major}}', '{{version}}-slim']
      .map((pattern) => `type=semver,pattern=${pattern}`)
      .join('\n');
    const payload = { action: 'published', release: { tag_name: 'v1.8.7' }, repository };
    const { exitCode, log, outputs } = await promote(
      service,
      { from: 'sha-0123456', tags },
      { event: { name: 'release', payload }, env: { GITHUB_REF: 'refs/tags/v1.8.7' } },
    );
    await service.close();
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('1.8.7,1.8,1.8.7-slim,latest-slim');
    expect(log).toMatch(/type=semver,pattern=\{\{major\}\} +- +1\.9\.5 is higher than 1\.8\.7/);
  });
});

describe('what cannot be promoted', () => {
  test('is told with what there is, and nothing is changed', async () => {
    const executor = createSimulatedExecutor({
      script: ({ tags }) => {
        if (tags.includes('v2')) return [{ at: 1, fail: { message: 'failed to run command' } }];
        return tags.includes('v3') ? [{ at: 1, durationMs: Number.POSITIVE_INFINITY }] : undefined;
      },
    });
    const service = await startLocalService({ executor });
    const recipe = { steps: [{ type: 'RUN', args: ['make'] }] };
    await build(service, 'my-agent', {}, ['v1']);
    await build(service, 'my-agent', recipe, ['v2']);
    const hanging = await register(service, 'my-agent', ['v3']);
    await start(service, hanging, recipe);
    const before = changes(service).length;

    const rows: [Record<string, string>, RegExp][] = [
      [{ from: 'v9' }, /Nothing was promoted: my-agent has no tag v9\. It has the tags v3, v2, v1\./],
      [
        { from: '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b' },
        /Build 0b0b4d6e-\S+ is none of my-agent that still has a tag\. It has the tags/,
      ],
      [
        { from: 'v2' },
        /The newest build under the tag v2, \S+, failed: failed to run command\. An older build that my-agent:v2 still means can/,
      ],
      [{ from: hanging.buildID }, /Build \S+ is not ready yet \(building\)\./],
      [
        { name: 'my-agnt', from: 'v1' },
        /There is no template "my-agnt" for this API key\. Check the input name/,
      ],
      [{ name: 'others/my-agent', from: 'v1' }, /There is no template "others\/my-agent"/],
      [{ from: '' }, /Input from: is empty, expected a tag, the identifier of a build/],
      [
        { from: 'other:v1' },
        /Input from: found "other:v1", which does not belong to the template "my-agent"/,
      ],
      [{ from: 'v1', tags: 'Latest Greatest!' }, /Input tags/],
      [
        { from: 'v1', tags: `content-${'ab'.repeat(32)}` },
        /Input tags::.*which has the form of a tag that says what a build holds/,
      ],
      [{ from: 'v1', 'api-key': 'wrong-key-0123' }, /The service does not know the API key/],
    ];
    for (const [inputs, says] of rows) {
      const { exitCode, log } = await promote(service, inputs);
      expect(log, JSON.stringify(inputs)).toMatch(says);
      expect(exitCode).toBe(1);
      expect(log).not.toMatch(/\n\s+at .*:\d+:\d+/);
    }
    expect(changes(service)).toHaveLength(before);
    await service.close();
  });
});
