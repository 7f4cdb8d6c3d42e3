import { describe, expect } from 'vitest';
import { passThrough } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';
import { ask, build, register, start } from '../support/service-client.ts';

const test = testWith({
  defaults: { action: 'promote', ownProcess: true, inputs: { name: 'my-agent', tags: 'latest' } },
});

const changes = (service: LocalService) =>
  service.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => ({ method, path, body }));

/** A service with two ready builds of my-agent: `v1` with `latest`, and `sha-2`. */
async function twoBuilds(service: LocalService) {
  const first = await build(service, 'my-agent', {}, ['v1', 'latest']);
  const second = await build(service, 'my-agent', {}, ['sha-2']);
  const before = changes(service).length;
  return {
    first: first.buildID,
    second: second.buildID,
    templateId: first.templateID,
    changesSince: () => changes(service).slice(before),
  };
}

describe('a promotion', () => {
  test.for(['tag', 'build', 'reference'] as const)(
    'by %s moves all tags in one request',
    async (form, { service, run }) => {
      const { first, second, templateId, changesSince } = await twoBuilds(service);
      const from = { tag: 'sha-2', build: second.toUpperCase(), reference: `my-agent:${second}` }[form];
      const { exitCode, log, outputs, summary } = await run({
        inputs: {
          from,
          tags: 'latest\ndefault, sha-2',
        },
      });

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
    },
  );

  test('of what stands there already is green and changes nothing', async ({ service, run }) => {
    const { first, changesSince } = await twoBuilds(service);
    const { exitCode, log, outputs } = await run({ inputs: { from: 'v1', tags: 'latest, v1' } });
    expect(exitCode, log).toBe(0);
    expect(changesSince()).toEqual([]);
    expect(outputs).toMatchObject({ buildId: first, previous: JSON.stringify({ latest: first, v1: first }) });
    expect(log).toContain(`Nothing to change: all tags are on build ${first} already.`);
  });

  test('is rolled back by another to an older tag', async ({ service, run }) => {
    const { first } = await twoBuilds(service);
    await run({ inputs: { from: 'sha-2' } });
    const { exitCode, outputs } = await run({ inputs: { from: 'v1' } });
    expect(exitCode).toBe(0);
    expect(outputs['buildId']).toBe(first);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(first);
  });

  test('on a release moves the version and what stands for it', async ({ service, run }) => {
    const { second } = await twoBuilds(service);
    const payload = {
      action: 'published',
      release: { tag_name: 'v2.1.0', prerelease: false, draft: false },
      repository: { full_name: 'octo-org/agent', default_branch: 'main' },
    };
    const { exitCode, log, outputs } = await run({
      event: { name: 'release', payload },
      env: { GITHUB_REF: 'refs/tags/v2.1.0' },
      inputs: { from: 'sha-2', tags: '' },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']?.split(',')).toEqual(['2.1.0', '2.1', '2', 'latest', 'default']);
    expect(outputs['buildId']).toBe(second);
  });

  test('from a pull request does not move latest', async ({ service, run }) => {
    const { changesSince } = await twoBuilds(service);
    const payload = { number: 7, pull_request: { number: 7, head: { sha: 'abc' } } };
    const { exitCode, log } = await run({
      event: { name: 'pull_request', payload },
      inputs: { from: 'sha-2' },
    });
    expect(exitCode).toBe(1);
    expect(log).toContain('allow-production-tags');
    expect(changesSince()).toEqual([]);
  });

  test('whose answer is lost is sent again', async ({ service, run }) => {
    let posts = 0;
    service.intercept = async (request, response, next) => {
      if (request.method !== 'POST' || request.url !== '/templates/tags' || ++posts > 1) {
        return passThrough(request, response, next);
      }
      await next();
      response.destroy();
    };
    const { buildID } = await build(service, 'my-agent', {}, ['sha-1']);
    const { exitCode, log } = await run({ inputs: { from: 'sha-1' } });
    expect(exitCode, log).toBe(0);
    expect(posts).toBe(2);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(buildID);
  });

  test('says when somebody else moved a tag at the same time', async ({ service, run }) => {
    let rival = '';
    service.intercept = async (request, response, next) => {
      const fromAction = String(request.headers['user-agent']).startsWith('novita-template-action');
      const reply = await next();
      if (fromAction && request.method === 'POST') {
        await ask(service, 'POST', '/templates/tags', { target: `my-agent:${rival}`, tags: ['latest'] });
      }
      return passThrough(request, response, async () => reply);
    };
    rival = (await build(service, 'my-agent', {}, ['v1'])).buildID;
    await build(service, 'my-agent', {}, ['v2']);
    const { exitCode, log } = await run({ inputs: { from: 'v2', tags: 'latest, default' } });
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(
      /::warning title=Tag latest moved again::Tag latest moved again: my-agent:latest was put on build .*another run moved it/,
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
  async function released(service: LocalService) {
    const old = await build(service, 'my-agent', {}, ['1.3.2', 'latest']);
    const head = await build(service, 'my-agent', {}, ['sha-0123456', 'main']);
    return { old: old.buildID, head: head.buildID };
  }

  test('do not go on another by a rollback, so that the next release gets what its commit says', async ({
    service,
    run,
  }) => {
    const { old, head } = await released(service);
    const back = await run({ ...dispatch(), inputs: { from: '1.3.2', tags: '' } });
    expect(back.exitCode, back.log).toBe(0);
    expect(back.outputs['tags']).toBe('latest,default');
    expect(back.log).toMatch(/type=sha +- +nothing says that the build was made from this commit/);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(old);
    expect(service.inspect.resolve('my-agent', 'sha-0123456')).toBe(head);

    const forward = await run({ ...dispatch(), inputs: { from: 'sha-0123456', tags: '' } });
    expect(forward.outputs['tags']).toBe('latest,sha-0123456,default');
    expect(forward.outputs['buildId']).toBe(head);
  });

  test.for([
    'type=sha',
    'type=sha,format=long',
    'type=ref,event=branch',
    'type=edge',
    'sha-{{sha}}',
    'type=raw,value={{branch}}',
  ])('are left out with a warning when %s asks for them', async (rule, { service, run }) => {
    const { old, head } = await released(service);
    const { exitCode, log, outputs } = await run({
      ...dispatch(),
      inputs: { from: '1.3.2', tags: `${rule}\nlatest` },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('latest');
    expect(log).toMatch(/^::warning title=Tag \S+ left out::/m);
    expect(service.inspect.resolve('my-agent', 'main')).toBe(head);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(old);
  });

  test.for<[string, RunChanges]>([
    ['another branch', dispatch('refs/heads/topic')],
    ['a schedule', { event: { name: 'schedule', payload: { repository } }, env: {} }],
  ])('leave nothing to promote on %s, which is a mistake', async ([_, options], { service, run }) => {
    const { head } = await released(service);
    const before = changes(service).length;
    const { exitCode, log } = await run({ ...options, inputs: { from: '1.3.2', tags: '' } });
    expect(exitCode, log).toBe(1);
    expect(log).toContain('Set tags, such as `tags: latest, default`.');
    expect(changes(service)).toHaveLength(before);
    // In so many words it is done, with a warning where a commit is named.
    const plain = await run({ ...options, inputs: { from: '1.3.2', tags: 'nightly, sha-0123456' } });
    expect(plain.exitCode, plain.log).toBe(0);
    expect(plain.log).toMatch(
      new RegExp(`^::warning title=Tag sha-0123456 moved from another build::.*${head}`, 'm'),
    );
  });

  test('go on a build that was made from the commit of the run', async ({ service, run }) => {
    const content = `content-${'ab'.repeat(32)}`;
    const made = await build(service, 'my-agent', {}, ['x', content, `${content}.${sha}`]);
    const { exitCode, log, outputs } = await run({
      ...dispatch('refs/heads/topic'),
      inputs: { from: made.buildID, tags: '' },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('topic');
  });

  test('that move from version to version do not go back by rules', async ({ service, run }) => {
    await build(service, 'my-agent', {}, ['1.9.5', '1', 'latest']);
    await build(service, 'my-agent', {}, ['sha-0123456']);
    const tags = ['{{version}}', '{{major}}.{{minor}}', '{{major}}', '{{version}}-slim']
      .map((pattern) => `type=semver,pattern=${pattern}`)
      .join('\n');
    const payload = { action: 'published', release: { tag_name: 'v1.8.7' }, repository };
    const { exitCode, log, outputs } = await run({
      event: { name: 'release', payload },
      env: { GITHUB_REF: 'refs/tags/v1.8.7' },
      inputs: { from: 'sha-0123456', tags },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs['tags']).toBe('1.8.7,1.8,1.8.7-slim,latest-slim');
    expect(log).toMatch(/type=semver,pattern=\{\{major\}\} +- +1\.9\.5 is higher than 1\.8\.7/);
  });
});

test.for([
  ['has passed another test', [`passed-${'ab'.repeat(32)}`]],
  ['people use already', ['v1']],
] as const)('a build that %s is promoted while a run tests it', async ([, others], { service, run }) => {
  const tags = ['candidate-12-1-0123456789ab', `content-${'cd'.repeat(32)}`, ...others];
  const { buildID } = await build(service, 'my-agent', {}, tags);
  const { exitCode, log } = await run({ inputs: { from: buildID, tags: 'latest' } });
  expect(exitCode, log).toBe(0);
  expect(service.inspect.resolve('my-agent', 'latest')).toBe(buildID);
});

describe.each([400, 404] as const)(
  'where a build as the target is answered with %i',
  (refuseBuildTargets) => {
    test.override({ serviceOptions: { refuseBuildTargets } });
    const content = `content-${'ab'.repeat(32)}`;

    test('the content tag of the build takes its place', async ({ service, run }) => {
      const { buildID } = await build(service, 'my-agent', {}, ['v1', content]);
      await build(service, 'my-agent', {}, ['latest']);
      const before = changes(service).length;
      for (const from of [buildID, 'v1']) {
        const tags = `latest, ${from === 'v1' ? 'v2' : 'v3'}`;
        const { exitCode, log, outputs } = await run({ inputs: { from, tags } });
        expect(exitCode, log).toBe(0);
        expect(outputs['buildId']).toBe(buildID);
      }
      const targets = changes(service)
        .slice(before)
        .map(({ body }) => (body as { target: string }).target);
      expect(targets).toEqual([buildID, content, buildID, content].map((target) => `my-agent:${target}`));
      for (const tag of ['latest', 'v2', 'v3'])
        expect(service.inspect.resolve('my-agent', tag)).toBe(buildID);
    });

    test('a build without one is told, and no tag moves', async ({ service, run }) => {
      const { second, first } = await twoBuilds(service);
      const { exitCode, log } = await run({ inputs: { from: 'sha-2' } });
      expect(exitCode).toBe(1);
      expect(log).toContain(
        `The service takes no build as the target of tags, and build ${second} has no content tag that could take its place`,
      );
      expect(service.inspect.resolve('my-agent', 'latest')).toBe(first);
    });

    test('a content tag that moves just then is red, and says where the tags are', async ({
      service,
      run,
    }) => {
      const { buildID } = await build(service, 'my-agent', {}, ['v1', content]);
      let newer = '';
      let posts = 0;
      service.intercept = async (request, response, next) => {
        if (request.method === 'POST' && request.url === '/templates/tags') posts += 1;
        if (posts === 2 && newer === '') {
          newer = 'on its way';
          newer = (await build(service, 'my-agent', {}, [content])).buildID;
        }
        return passThrough(request, response, next);
      };
      const { exitCode, log } = await run({ inputs: { from: buildID } });
      expect(exitCode).toBe(1);
      expect(log).toContain(
        `the tags for build ${buildID} were put on what ${content} names. It moved to build ${newer} just before, and they are there now`,
      );
      expect(service.inspect.resolve('my-agent', 'latest')).toBe(newer);
    });
  },
);

describe('what cannot be promoted', () => {
  test('is told with what there is, and nothing is changed', async ({ service, run }) => {
    service.script = ({ tags }) => {
      if (tags.includes('v2')) return [{ at: 1, fail: { message: 'failed to run command' } }];
      return tags.includes('v3') ? [{ at: 1, durationMs: Number.POSITIVE_INFINITY }] : undefined;
    };
    const recipe = { steps: [{ type: 'RUN', args: ['make'] }] };
    await build(service, 'my-agent', {}, ['v1']);
    await build(service, 'my-agent', recipe, ['v2']);
    const hanging = await register(service, 'my-agent', ['v3']);
    await start(service, hanging, recipe);
    const candidate = 'candidate-12-1-0123456789ab';
    const tested = await build(service, 'my-agent', {}, [candidate, `content-${'cd'.repeat(32)}`]);
    const before = changes(service).length;

    const rows: [Record<string, string>, RegExp][] = [
      [
        { from: tested.buildID },
        /Build \S+ has not passed its test: a run is testing it now, or ended before/,
      ],
      [{ from: candidate }, /under the tag candidate-12-1-\S+, \S+, has not passed its test/],
      [{ from: `content-${'cd'.repeat(32)}` }, /has not passed its test/],
      [{ from: 'v9' }, /Nothing was promoted: my-agent has no tag v9\. It has the tags v3, v2, v1\./],
      [
        { from: '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b' },
        /Build 0b0b4d6e-\S+ is not a build of my-agent that has a tag\. It has the tags/,
      ],
      [
        { from: 'v2' },
        /The newest build under the tag v2, \S+, failed: failed to run command\. my-agent:v2 still means an older build; give that one by its identifier\./,
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
        /Input tags::.*which has the form of a tag that the action keeps for itself/,
      ],
      [{ from: 'v1', 'api-key': 'wrong-key-0123' }, /The service does not know the API key/],
    ];
    for (const [inputs, says] of rows) {
      const { exitCode, log } = await run({ inputs });
      expect(log, JSON.stringify(inputs)).toMatch(says);
      expect(exitCode).toBe(1);
      expect(log).not.toMatch(/\n\s+at .*:\d+:\d+/);
    }
    expect(changes(service)).toHaveLength(before);
  });
});
