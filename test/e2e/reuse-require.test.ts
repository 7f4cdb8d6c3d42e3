import { describe, expect } from 'vitest';
import { groupsOf } from '../support/runner.ts';
import { pullRequestRun, states } from './pull-request-kit.ts';
import { commits, project, pushOf, recipe, test } from './reuse-kit.ts';

const inputs = { reuse: 'require' };

describe('reuse: require', () => {
  test('is green when the template is published as it stands, and changes nothing', async ({ build }) => {
    const published = await build(pushOf(commits.first));
    const check = await build({ ...pushOf(commits.first), inputs });
    expect(check.exitCode, check.log).toBe(0);
    expect(check.changes).toEqual([]);
    expect(check.outputs).toMatchObject({
      buildId: published.outputs['buildId'],
      status: 'ready',
      reused: 'true',
    });
  });

  test('is green when only tags differ, and puts them on', async ({ build }) => {
    const { outputs } = await build(pushOf(commits.first));
    const check = await build({ inputs: { ...inputs, tags: 'checked, default' } });
    expect(check.exitCode, check.log).toBe(0);
    expect(check.changes).toEqual([
      {
        method: 'POST',
        path: '/templates/tags',
        body: { target: outputs['reference'], tags: ['checked', 'default'] },
      },
    ]);
  });

  test('is red with the difference, and changes nothing', async ({ workspace, build }) => {
    await build(pushOf(commits.first));
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const check = await build({ inputs: { ...inputs, 'memory-mb': '2048' } });
    expect(check.exitCode, check.log).toBe(1);
    groupsOf(check.log);
    expect(check.changes).toEqual([]);
    expect(check.outputs).toMatchObject({ name: 'my-agent', status: 'unpublished', reused: 'false' });
    for (const name of ['buildId', 'templateId', 'reference']) expect(check.outputs).not.toHaveProperty(name);

    const difference =
      'No build has this content. Changed since the last build of main: memory 1024 → 2048, COPY app/ /app changed.';
    const [annotation, ...others] = check.log.split('\n').filter((line) => line.startsWith('::error'));
    expect(annotation).toMatch(/^::error title=This template is not published,file=template\.ts,line=1/);
    expect(annotation).toContain(difference);
    expect(check.log).toContain(
      'Template my-agent is not published as it stands in the repository (reuse: require). A run with reuse: auto publishes it.',
    );
    expect(others).toEqual([]);
    expect(check.summary).toContain('## Template `my-agent` is not published');
    expect(check.summary).toContain(difference);
    expect(check.summary).toContain('A run with reuse: auto publishes it.');
    expect(check.summary).toContain('- **Memory**: `1024 MiB` → `2048 MiB`');
    expect(check.summary).toMatch(/^\| 1 \| .*`COPY app\/ \/app` \|$/m);
    expect(check.result).toMatchObject({
      status: 'unpublished',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      changes: { parts: [{ part: 'memory' }], steps: [{ kind: 'content' }] },
    });
    // Nothing that was not built is remembered.
    expect(JSON.parse(check.state['novitaTemplate'] ?? '{}')).toEqual({ ended: true, summary: true });
  });

  test('says so where there is no such template at all', async ({ service, build }) => {
    const check = await build({ inputs });
    expect([check.exitCode, check.outputs['status']], check.log).toEqual([1, 'unpublished']);
    expect(check.log).toContain('There is no template my-agent yet.');
    expect(service.inspect.templates()).toEqual([]);
  });

  test('tells the pull request what is not published', async ({ workspace, github, build }) => {
    await build(pushOf(commits.first));
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const check = await build({
      ...pullRequestRun('synchronize'),
      inputs: { ...inputs, 'github-token': 'ghs_0123456789' },
    });
    expect(check.exitCode).toBe(1);
    expect(states(github)).toEqual(['unpublished']);
    const body = github.comments[0]?.body ?? '';
    expect(body).toContain('### Template `my-agent` is not published');
    expect(body).toContain(
      'No build that may be reused has the content of this commit, and none was made (`reuse: require`).',
    );
    expect(body).toContain(
      '#### What changed against the last build of `main`\n\n- **Other files** in step 1',
    );
    expect(body).not.toContain('Sandbox.create');
  });

  test('is red with why where it cannot be known, and nobody is told that it is not published', async ({
    workspace,
    github,
    registry,
    build,
  }) => {
    registry.push('python', '3.12');
    await workspace.write(project(recipe(`${registry.host}/python:3.12`)));
    await build();
    registry.intercept = () => ({ status: 403 });
    const check = await build({
      ...pullRequestRun('synchronize'),
      inputs: { ...inputs, 'github-token': 'ghs_0123456789' },
    });
    expect([check.exitCode, check.outputs['status']], check.log).toEqual([1, 'unpublished']);
    expect(check.changes).toEqual([]);
    const why = `the digest of ${registry.host}/python:3.12 is not known: the registry ${registry.host} has no image python, or one that needs credentials (403)`;
    expect(check.log).toMatch(
      /^::error title=This template is not known to be published,file=template\.ts,line=/m,
    );
    expect(check.log.replaceAll('%3A', ':')).toContain(why);
    expect(check.log).toContain('The action cannot tell whether template my-agent is published as it stands');
    expect(check.summary).toContain('## Template `my-agent` is not known to be published');
    const body = github.comments[0]?.body ?? '';
    for (const text of [check.log, check.summary, body]) {
      expect(text).not.toMatch(/[Tt]emplate `?my-agent`? is not published/);
    }
    expect(body).toContain('The action cannot tell whether a build has the content of this commit');
  });

  test('is red where the service cannot be asked, and does not call that unpublished', async ({ build }) => {
    await build();
    const check = await build({ inputs, env: { NOVITA_API_KEY: 'a-wrong-key-0123456789' } });
    expect([check.exitCode, check.outputs['status']], check.log).toEqual([1, 'error']);
    expect(check.log).not.toContain('not published');
  });
});
