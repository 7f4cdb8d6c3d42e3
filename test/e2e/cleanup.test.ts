import { describe, expect } from 'vitest';
import { commentMarker, readCommentMarker } from '../../src/github/comment-marker.ts';
import { passThrough } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { forbidden } from '../support/github-server.ts';
import { groupsOf } from '../support/runner.ts';
import { build, register, start } from '../support/service-client.ts';

/** As GitHub sends it; after a merge the ref names the base branch. */
const closed = (number: number, name = 'pull_request') => ({
  name,
  payload: {
    action: 'closed',
    number,
    pull_request: {
      number,
      state: 'closed',
      merged: true,
      head: { sha: 'c'.repeat(40), ref: 'feature', repo: { full_name: 'octo-org/agent' } },
      base: { ref: 'main', repo: { full_name: 'octo-org/agent' } },
    },
    repository: { full_name: 'octo-org/agent', default_branch: 'main' },
  },
});
const schedule = { name: 'schedule', payload: { schedule: '17 3 * * *' } };

const token = { 'github-token': 'ghs_0123456789' };

const test = testWith({
  defaults: { action: 'cleanup', ownProcess: true, event: closed(12), inputs: { name: 'my-agent' } },
});

const tagsOf = (service: LocalService, name = 'my-agent') =>
  [...new Set(service.inspect.tagHistory(name).map(({ tag }) => tag))].sort();

/** Nothing but the removal of tags may ever be sent. */
function changesOf(service: LocalService): unknown[] {
  const sent = service.requests.filter(
    ({ method, headers }) => method !== 'GET' && headers['user-agent']?.startsWith('novita-template-action'),
  );
  expect(sent.filter(({ method, path }) => `${method} ${path}` !== 'DELETE /templates/tags')).toEqual([]);
  return sent.map(({ body }) => body);
}

describe('a pull request that closes', () => {
  test.for(['pull_request', 'pull_request_target'])(
    'loses its tags and no others (%s)',
    async (name, { service, run }) => {
      const released = await build(service, 'my-agent', {}, ['latest', 'pr-12', '12', 'v12', '1.12.0']);
      const arm = await build(service, 'my-agent', {}, [
        'pr-12-arm',
        'pr-1',
        'pr-120',
        'pr-012',
        'pr-12a',
        'xpr-12',
      ]);
      const { exitCode, log, outputs, summary } = await run({ event: closed(12, name) });

      expect(exitCode, log).toBe(0);
      expect(JSON.parse(outputs['removed'] ?? '').sort()).toEqual(['my-agent:pr-12', 'my-agent:pr-12-arm']);
      expect(tagsOf(service)).toEqual(
        ['1.12.0', '12', 'latest', 'pr-012', 'pr-1', 'pr-120', 'pr-12a', 'v12', 'xpr-12'].sort(),
      );
      expect(changesOf(service)).toHaveLength(1);
      // The builds are there and found by their other tags.
      expect(service.inspect.resolve('my-agent', 'latest')).toBe(released.buildID);
      expect(service.inspect.resolve('my-agent', 'pr-1')).toBe(arm.buildID);
      const [group] = groupsOf(log);
      expect(group?.title).toBe('Preview tags');
      expect(group?.lines).toHaveLength(3);
      expect(log).toMatch(
        /my-agent {2}pr-12 +\S+ {2}removed: pull request 12 is closed; its build keeps .*latest/,
      );
      expect(summary).toContain('| `my-agent:pr-12-arm` |');
    },
  );

  test('is cleaned up once more without harm, for several templates', async ({ service, run }) => {
    await build(service, 'my-agent', {}, ['pr-12', 'pr-13']);
    await build(service, 'my-worker', {}, ['pr-12']);
    const inputs = { name: 'my-agent\nmy-worker, gone' };
    const first = await run({ inputs });
    const second = await run({ inputs });
    expect([first.exitCode, second.exitCode], first.log + second.log).toEqual([0, 0]);
    expect(JSON.parse(first.outputs['removed'] ?? '')).toEqual(['my-agent:pr-12', 'my-worker:pr-12']);
    expect(second.outputs['removed']).toBe('[]');
    expect(second.log).toContain('\nNothing to remove\n');
    expect(first.log).toMatch(/::warning title=No such template::.*"gone"/);
    expect(changesOf(service)).toHaveLength(2);
    expect(service.inspect.templates().map(({ alias }) => alias)).toEqual(['my-agent', 'my-worker']);
  });

  test('loses its tag while its build still runs', async ({ service, run }) => {
    service.script = [{ at: 1, durationMs: Number.POSITIVE_INFINITY }];
    const running = await register(service, 'my-agent', ['pr-12']);
    await start(service, running, { steps: [{ type: 'RUN', args: ['make'] }] });
    const { exitCode, outputs } = await run();
    expect(exitCode).toBe(0);
    expect(outputs['removed']).toBe('["my-agent:pr-12"]');
    expect(service.inspect.builds().at(-1)?.status).toBe('building');
  });

  test('has its comment edited, that of a stranger left alone', async ({ service, run, github }) => {
    await build(service, 'my-agent', {}, ['pr-12']);
    const header = { name: 'my-agent', key: '', state: 'ready', run: 1, attempt: 1 } as const;
    const body = `${commentMarker(header)}\nready`;
    const strangers = github.addComment(12, body, 'mallory');
    for (let index = 0; index < 150; index += 1) github.addComment(12, 'talk', 'someone');
    const ours = github.addComment(12, body);
    const { exitCode, log } = await run({ inputs: token });
    expect(exitCode, log).toBe(0);
    expect(log).toContain('1 comment edited to say that the preview is gone');
    expect(strangers.body).toBe(body);
    expect(ours.body).toContain('is gone');
    expect(readCommentMarker(ours.body)).toMatchObject({ state: 'removed', run: 42 });
  });

  test('and is open again by now keeps its preview and its comment', async ({ service, run, github }) => {
    github.pullRequests.set(12, { number: 12, state: 'open', headSha: 'c'.repeat(40) });
    await build(service, 'my-agent', {}, ['pr-12', 'pr-12-arm', 'queue-12']);
    const header = { name: 'my-agent', key: '', state: 'ready', run: 43, attempt: 1 } as const;
    const comment = github.addComment(12, `${commentMarker(header)}\nready`);
    const { exitCode, log, outputs } = await run({ inputs: token });
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(/^::notice title=A preview stays::.*Pull request 12 is open again/m);
    expect(log).toContain('kept: pull request 12 is open again');
    expect(outputs['removed']).toBe('[]');
    expect(changesOf(service)).toEqual([]);
    expect(comment.body).toContain('\nready');
    expect(github.requests.filter(({ method }) => method !== 'GET' && method !== 'POST')).toEqual([]);
  });

  test('leaves a comment alone that a newer run wrote', async ({ service, run, github }) => {
    github.pullRequests.set(12, { number: 12, state: 'closed' });
    await build(service, 'my-agent', {}, ['pr-12']);
    const header = { name: 'my-agent', key: '', state: 'building', run: 43, attempt: 1 } as const;
    const comment = github.addComment(12, `${commentMarker(header)}\nbuilding`);
    const { exitCode, log, outputs } = await run({ inputs: token });
    expect(exitCode, log).toBe(0);
    expect(outputs['removed']).toBe('["my-agent:pr-12"]');
    expect(comment.body).toContain('\nbuilding');
  });

  test('loses the tags of its merge group too', async ({ service, run }) => {
    await build(service, 'my-agent', {}, ['queue-12', 'queue-13', 'queue-12a', 'v1']);
    const { exitCode, log, outputs } = await run({ inputs: { 'tag-prefix': 'preview-' } });
    expect(exitCode, log).toBe(0);
    expect(outputs['removed']).toBe('["my-agent:queue-12"]');
    expect(tagsOf(service)).toEqual(['queue-12a', 'queue-13', 'v1']);
  });

  test('is green with a warning when the comment may not be edited', async ({ service, run, github }) => {
    github.intercept = () => forbidden('issues=write; pull_requests=write');
    await build(service, 'my-agent', {}, ['pr-12']);
    const { exitCode, log, outputs } = await run({ inputs: token });
    expect(exitCode, log).toBe(0);
    expect(outputs['removed']).toBe('["my-agent:pr-12"]');
    expect(log).toMatch(/::warning title=A comment was not edited::.*pull-requests: write/);
  });

  test('of a fork, which gets no secrets, is green with a notice', async ({ run }) => {
    const event = closed(12);
    event.payload.pull_request.head.repo.full_name = 'mallory/agent';
    const { exitCode, log, outputs } = await run({ event, env: { NOVITA_API_KEY: '' } });
    expect(exitCode, log).toBe(0);
    expect(log).toContain('::notice::This run gets no secrets');
    expect(outputs['removed']).toBe('[]');
  });

  test('keeps everything in a dry run', async ({ service, run }) => {
    await build(service, 'my-agent', {}, ['pr-12']);
    const { exitCode, log, outputs } = await run({ inputs: { 'dry-run': 'true' } });
    expect(exitCode).toBe(0);
    expect(log).toContain('would be removed: pull request 12 is closed');
    expect(log).toContain('Dry run: 1 tag would be removed');
    expect(outputs['removed']).toBe('[]');
    expect(changesOf(service)).toEqual([]);
  });

  test('is told as not cleaned up when the service refuses, the other templates are', async ({
    service,
    run,
  }) => {
    service.intercept = async (request, response, next) => {
      const reply = await next();
      const refuse = request.method === 'GET' && request.url?.startsWith('/templates/aliases/my-agent');
      await passThrough(request, response, async () =>
        refuse
          ? { ...reply, status: 403, body: '{"code":403,"message":"no access to this template"}' }
          : reply,
      );
    };
    await build(service, 'my-worker', {}, ['pr-12']);
    const { exitCode, log, outputs } = await run({ inputs: { name: 'my-agent, my-worker' } });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/::error::Not everything was removed: my-agent: .*no access to this template/);
    expect(outputs['removed']).toBe('["my-worker:pr-12"]');
  });
});

describe('a sweep', () => {
  test.beforeEach(async ({ service, github }) => {
    await build(service, 'my-agent', {}, ['latest', 'pr-1', 'pr-2', 'pr-2-arm', 'pr-3', 'pr-4']);
    await build(service, 'my-worker', {}, ['pr-2', 'pr-3']);
    github.pullRequests.set(1, { number: 1, state: 'open' });
    github.pullRequests.set(2, { number: 2, state: 'closed' });
    github.pullRequests.set(3, { number: 3, state: 'closed' });
  });
  const sweep = { name: 'my-agent, my-worker', mode: 'sweep' };

  test('removes what closed pull requests left, each with a warning', async ({ service, run, github }) => {
    const header = { name: 'my-agent', key: '', state: 'ready', run: 1, attempt: 1 } as const;
    const comment = github.addComment(3, `${commentMarker(header)}\nready`);
    const { exitCode, log, outputs } = await run({ event: schedule, inputs: { ...token, ...sweep } });

    expect(exitCode, log).toBe(0);
    expect(JSON.parse(outputs['removed'] ?? '').sort()).toEqual([
      'my-agent:pr-2',
      'my-agent:pr-2-arm',
      'my-agent:pr-3',
      'my-worker:pr-2',
      'my-worker:pr-3',
    ]);
    expect(tagsOf(service)).toEqual(['latest', 'pr-1', 'pr-4']);
    expect(log.match(/::warning title=A preview of a closed pull request::/g)).toHaveLength(5);
    expect(log).toMatch(/pr-1 +\S+ {2}kept: pull request 1 is open/);
    expect(log).toMatch(/pr-4 +\S+ {2}kept: pull request 4 is unknown to GitHub in this repository/);
    expect(comment.body).toContain('is gone');
    const asked = github.requests.filter(({ path }) => path.includes('/pulls/'));
    expect(asked.map(({ path }) => path).sort()).toEqual(
      [1, 2, 3, 4].map((n) => `/repos/octo-org/agent/pulls/${n}`),
    );
    expect(changesOf(service)).toHaveLength(2);
  });

  test('says which permission is missing, and removes nothing', async ({ service, run, github }) => {
    github.intercept = () => forbidden('pull_requests=read');
    const { exitCode, log, outputs } = await run({ event: schedule, inputs: { ...token, ...sweep } });
    expect(exitCode).toBe(1);
    expect(log).toMatch(
      /::error::Not everything was removed: GitHub answered 403 .*permissions: pull-requests: read/,
    );
    expect(outputs['removed']).toBe('[]');
    expect(changesOf(service)).toEqual([]);
  });

  test('bears an outage of GitHub and its limits', async ({ service, run, github }) => {
    github.intercept = (_, earlier) =>
      [{ status: 500 }, { status: 429, headers: { 'retry-after': '0' } }][earlier];
    const { exitCode, log } = await run({ event: schedule, inputs: { ...token, ...sweep } });
    expect(exitCode, log).toBe(0);
    expect(tagsOf(service)).toEqual(['latest', 'pr-1', 'pr-4']);
  });
});

describe('what is refused before the first request', () => {
  const opened = { name: 'pull_request', payload: { ...closed(12).payload, action: 'synchronize' } };

  test.for<[string, Record<string, string>, RunChanges, RegExp]>([
    ['a push', {}, { event: { name: 'push', payload: {} } }, /Input mode::.*found push\./],
    [
      'an open pull request',
      {},
      { event: opened },
      /found pull_request \(synchronize\)\. Run this job on pull_request/,
    ],
    [
      'a sweep without a token',
      { mode: 'sweep' },
      {},
      /Input github-token::.*is empty; mode: sweep asks GitHub/,
    ],
    ['no prefix to speak of', { 'tag-prefix': 'pr' }, {}, /Input tag-prefix::.*found "pr", expected/],
    ['a prefix of versions', { 'tag-prefix': '1.' }, {}, /Input tag-prefix::.*found "1\."/],
    ['no name', { name: ' , ' }, {}, /Input name::.*is empty/],
    ['a name with a tag', { name: 'my-agent:pr-12' }, {}, /Input name::.*a name has no tag/],
    ['an unknown mode', { mode: 'all' }, {}, /Input mode::.*found "all", expected one of event, sweep/],
  ])('%s', async ([_, inputs, options, says], { service, run }) => {
    const { exitCode, log } = await run({ ...options, inputs });
    expect(log).toMatch(says);
    expect(exitCode).toBe(1);
    expect(service.requests).toEqual([]);
  });
});
