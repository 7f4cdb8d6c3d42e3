/** A limit of age, as a person sees it: what is too old is built anew, what is not is reused. */
import { describe, expect } from 'vitest';
import { sendReply } from '../../src/local/http.ts';
import type { Interceptor } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { daysAgo } from '../support/content-tags.ts';
import { testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';
import { namesIn, repository, whyIn } from './list-kit.ts';
import { pullRequestRun } from './pull-request-kit.ts';
import { commits, contentTagOf, pushOf, recipe, test } from './reuse-kit.ts';

const week = { inputs: { 'max-age': '7d' } };
const tooOld = (buildId = '') =>
  new RegExp(
    `Build ${buildId} of this content was registered on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC, longer ago than max-age allows \\(7 days\\)`,
  );
const forceOf = (service: LocalService) =>
  service.inspect.builds().map(({ template }) => template?.force === true);

describe('max-age', () => {
  test('reuses a build within the limit, and makes an older one anew without the cache', async ({
    service,
    build,
  }) => {
    const old = await daysAgo(8, () => build(pushOf(commits.first)));
    expect(old.outputs['status'], old.log).toBe('ready');
    // Without it, any age will do.
    expect((await build(pushOf(commits.first))).outputs['reused']).toBe('true');

    const anew = await build({ ...pushOf(commits.second), ...week });
    expect(anew.exitCode, anew.log).toBe(0);
    expect(anew.outputs).toMatchObject({ status: 'ready', reused: 'false' });
    expect(anew.log).toMatch(
      new RegExp(`^${tooOld(old.outputs['buildId']).source}\\. Building without the cache\\.$`, 'm'),
    );
    expect(
      groupsOf(anew.log)
        .find(({ title }) => title === 'Plan')
        ?.lines.at(-1),
    ).toBe('max-age: 7 days');
    expect(anew.log).toContain('Nothing changed in the recipe since the last build of main');
    expect(forceOf(service)).toEqual([false, true]);
    expect(contentTagOf(service, anew.outputs['buildId'])).toBe(
      contentTagOf(service, old.outputs['buildId']),
    );
    expect(service.inspect.resolve('my-agent')).toBe(anew.outputs['buildId']);

    for (const inputs of [week.inputs, {}]) {
      const again = await build({ ...pushOf(commits.second), inputs });
      expect(again.outputs).toMatchObject({ reused: 'true', buildId: anew.outputs['buildId'] });
    }
  });

  test('with reuse: require, a build that is too old is unpublished', async ({ service, github, build }) => {
    const old = await daysAgo(8, () => build(pushOf(commits.first)));
    const inputs = { 'max-age': '7d', reuse: 'require', 'github-token': 'ghs_0123456789' };
    const check = await build({ ...pullRequestRun('synchronize'), inputs });
    expect([check.exitCode, check.outputs['status'], check.outputs['failure']], check.log).toEqual([
      1,
      'unpublished',
      'unpublished',
    ]);
    expect(check.changes).toEqual([]);
    for (const text of [check.log.replaceAll('%3A', ':'), check.summary]) {
      expect(text).toMatch(tooOld(old.outputs['buildId']));
    }
    expect(check.log).toContain(
      'Template my-agent is not published as it stands in the repository (reuse: require, max-age: 7 days). A run with reuse: auto publishes it.',
    );
    expect(github.comments[0]?.body).toContain(
      'No build that may be reused has the content of this commit, and none was made (`reuse: require`).',
    );
    expect(service.inspect.builds()).toHaveLength(1);
  });

  test('dry-run says it, and changes nothing', async ({ build }) => {
    const old = await daysAgo(8, () => build(pushOf(commits.first)));
    const { exitCode, log, summary, changes } = await build({
      inputs: { ...week.inputs, 'dry-run': 'true' },
    });
    expect(exitCode, log).toBe(0);
    const said = new RegExp(
      `${tooOld(old.outputs['buildId']).source}, so it would be built without the cache\\.`,
    );
    for (const text of [log, summary]) expect(text).toMatch(said);
    expect(changes).toEqual([]);
  });

  test('that is no time is a mistake before anything is asked', async ({ service, build }) => {
    const { exitCode, log } = await build({ inputs: { 'max-age': 'a week' } });
    expect(exitCode).toBe(1);
    expect(log).toContain(
      'Input max-age: found "a week", expected a whole number of hours, days or weeks up to ten years, such as 12h, 7d or 2w.',
    );
    expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('does nothing for a local build, which says so', async ({ run }) => {
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock', NOVITA_API_KEY: '' };
    const said = 'max-age has no effect here: a local build is always made, and never reused.';
    const local = { 'build-on': 'local', tags: 'v1' };
    const ignored = await run({ inputs: { ...local, ...week.inputs }, env });
    expect(ignored.log).toMatch(new RegExp(`^${said}$`, 'm'));
    expect(ignored.log).not.toContain('max-age: 7 days');
    expect((await run({ inputs: local, env })).log).not.toContain(said);
  });

  test('and skip-cache go together: it is built anew at any age', async ({ service, build }) => {
    await build();
    const anew = await build({ inputs: { ...week.inputs, 'skip-cache': 'true' } });
    expect(anew.outputs['reused']).toBe('false');
    expect(forceOf(service)).toEqual([false, true]);
  });
});

describe('a parent of another team', () => {
  const child = `import { Template } from 'novita-sandbox';
export const template = Template().fromTemplate('code-interpreter-v1').runCmd('make');
`;
  /** The service's own template: it can be built on, and not looked up. */
  const foreign: Interceptor = async (request, response, next) => {
    if (!/code-interpreter-v1/.test(request.url ?? '')) return sendReply(response, await next());
    return sendReply(response, {
      status: 403,
      headers: { 'content-type': 'application/json' },
      body: '{"code":403,"message":"You don\'t have access to this template alias"}',
    });
  };

  test('is reused within max-age, and only there', async ({ service, workspace, build }) => {
    await workspace.write({ 'template.ts': child, 'base.ts': recipe() });
    const base = await build({
      inputs: { name: 'code-interpreter-v1', tags: 'default', template: 'base.ts' },
    });
    expect(base.outputs['status'], base.log).toBe('ready');
    service.intercept = foreign;

    for (const _ of [1, 2]) {
      const run = await build();
      expect(run.outputs).toMatchObject({ status: 'ready', reused: 'false' });
      expect(run.log).toContain(
        'Builds of this plan are not reused: template code-interpreter-v1 belongs to another team; max-age allows reuse for a time.\n',
      );
      expect(contentTagOf(service, run.outputs['buildId'])).toBeUndefined();
    }

    const first = await build(week);
    expect(first.outputs, first.log).toMatchObject({ status: 'ready', reused: 'false' });
    expect(first.log).toContain(
      '\nThe parent counts by its name only: template code-interpreter-v1 belongs to another team. Builds on it are reused within max-age.\n',
    );
    const sent = service.inspect.builds().find(({ id }) => id === first.outputs['buildId'])?.template;
    expect(sent).toMatchObject({ fromTemplate: 'code-interpreter-v1', force: false });
    expect((await build(week)).outputs).toMatchObject({ reused: 'true', buildId: first.outputs['buildId'] });
    expect((await build()).outputs['reused']).toBe('false');
    expect((await build({ inputs: { ...week.inputs, reuse: 'require' } })).outputs['status']).toBe('ready');
    expect((await build({ inputs: { reuse: 'require' } })).outputs['status']).toBe('unpublished');
  });
});

describe('a list', () => {
  const listed = testWith({ files: repository });

  listed('has a template whose published build is too old for it', async ({ run, workspace }) => {
    const publish = (name: string) =>
      run({ ...pushOf(commits.first), inputs: { name, template: `templates/${name}/template.ts` } });
    const agent = await daysAgo(8, () => publish('agent'));
    await publish('worker');
    await workspace.write({
      'novita-templates.yml':
        'defaults: { max-age: 7d }\ntemplates:\n  - { template: templates/agent/template.ts }\n  - { template: templates/worker/template.ts }\n',
    });
    const list = await run({ action: 'list', inputs: { name: '' }, ...pullRequestRun('synchronize') });
    expect(list.exitCode, list.log).toBe(0);
    expect(namesIn(list)).toEqual(['agent']);
    expect(whyIn(list, 'agent')).toMatch(/^yes build .* longer ago than max-age allows \(7 days\)$/);
    expect(whyIn(list, 'agent')).toContain(agent.outputs['buildId']);
    expect(list.outputs['matrix']).toContain('"max-age":"7d"');
  });
});
