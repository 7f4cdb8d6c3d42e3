import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { faultInterceptor } from '../../src/local/fault-plan.ts';
import { groupsOf } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { changesSince, commits, contentTagOf, project, pushOf, type Run, test } from './reuse-kit.ts';

/** What was asked of the service, as `METHOD /path` without identifiers. */
const kinds = ({ changes }: Pick<Run, 'changes'>) =>
  changes.map(
    ({ method, path }) => `${method} ${path.replace(/\/(builds|_uploads|templates)\/[\w-]{15,}/g, '/$1/*')}`,
  );
const aBuild = ['POST /v3/templates', 'PUT /_uploads/*', 'POST /v2/templates/*/builds/*'];

describe('an unchanged template', () => {
  test('with the same tags: no register, no upload, no start request, and every output', async ({
    service,
    build,
  }) => {
    const first = await build(pushOf(commits.first));
    expect(first.exitCode, first.log).toBe(0);
    expect(kinds(first)).toEqual(aBuild);
    expect(first.outputs['reused']).toBe('false');

    const second = await build(pushOf(commits.first));
    expect(second.exitCode, second.log).toBe(0);
    expect(second.changes).toEqual([]);
    const { result: _, 'predicate-file': __, 'checksums-file': ___, ...outputs } = second.outputs;
    expect(outputs).toEqual({
      digest: first.outputs['digest'],
      'subject-name': first.outputs['subject-name'],
      templateId: first.outputs['templateId'],
      buildId: first.outputs['buildId'],
      name: 'my-agent',
      tags: 'latest,sha-a1a1a1a,default',
      reference: `my-agent:${first.outputs['buildId']}`,
      status: 'ready',
      reused: 'true',
    });
    expect(second.result).toMatchObject({
      status: 'ready',
      reused: { how: 'found', commit: commits.first },
      fingerprint: contentTagOf(service, first.outputs['buildId'])?.slice('content-'.length),
      changes: { parts: [], steps: [] },
    });
  });

  test('with other tags: one request that carries all of them and names the build', async ({
    service,
    build,
  }) => {
    const first = await build(pushOf(commits.first));
    const { buildId } = first.outputs;
    const second = await build(pushOf(commits.second));
    expect(second.exitCode, second.log).toBe(0);
    expect(second.changes).toEqual([
      {
        method: 'POST',
        path: '/templates/tags',
        body: { target: `my-agent:${buildId}`, tags: ['latest', 'sha-b2b2b2b', 'default'] },
      },
    ]);
    expect(second.outputs).toMatchObject({
      buildId,
      tags: 'latest,sha-b2b2b2b,default',
      status: 'ready',
      reused: 'true',
    });
    expect(service.inspect.resolve('my-agent', 'sha-b2b2b2b')).toBe(buildId);
    expect(second.log).toMatch(/^Tag latest: on it already$/m);
    expect(second.log).toMatch(/^Tag sha-b2b2b2b: new$/m);
  });

  test('the log and the summary say which build it is, since when and from which commit', async ({
    service,
    build,
  }) => {
    const first = await build(pushOf(commits.first));
    const { buildId } = first.outputs;
    const { log, summary } = await build(pushOf(commits.second));
    groupsOf(log);
    const finishedAt = service.inspect.builds().at(0)?.finishedAt ?? 0;
    const since = new Date(finishedAt).toISOString().slice(0, 16).replace('T', ' ');
    const sentence = `It has been ready since ${since} UTC and was made from commit a1a1a1a1a1a1.`;
    expect(log).toContain(`Nothing was built: build ${buildId} has this content already. ${sentence}`);
    expect(log).toContain(`reference:  my-agent:${buildId}`);
    expect(log).toMatch(/^Nothing was built, /m);
    expect(log).not.toMatch(/^(Registered|Build started)/m);
    expect(summary).toContain('## Template `my-agent` is ready');
    expect(summary).toContain(
      `Nothing was built: build \`${buildId}\` has this content already. ${sentence}`,
    );
    expect(summary).toMatch(/^\| 1 \| .*`COPY app\/ \/app` \|$/m);
    expect(summary).toContain(`Sandbox.create('my-agent:${buildId}')`);
  });

  test('takes a tag from the build that had it, and says from which', async ({
    service,
    workspace,
    build,
  }) => {
    const first = await build();
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const second = await build();
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(second.outputs['buildId']);
    await workspace.write({ 'app/main.py': 'print(1)\n' });
    const third = await build();
    expect(third.outputs).toMatchObject({ buildId: first.outputs['buildId'], reused: 'true' });
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(first.outputs['buildId']);
    // Both are true: other than last time, and nothing new.
    expect(third.log).toMatch(/^Changed since the last build of main: COPY app\/ \/app changed$/m);
    expect(third.log).toContain(
      `Nothing was built: build ${third.outputs['buildId']} has this content already.`,
    );
    expect(third.log).toContain(`Tag latest: moved here from build ${second.outputs['buildId']}`);
  });

  test('is ready at once, also for who does not wait', async ({ build }) => {
    const first = await build();
    const second = await build({ inputs: { wait: 'false' } });
    expect(second.exitCode, second.log).toBe(0);
    expect(second.outputs).toMatchObject({
      buildId: first.outputs['buildId'],
      status: 'ready',
      reused: 'true',
    });
    expect(second.changes).toEqual([]);
  });

  test('that failed to build last time is built again', async ({ service, build }) => {
    const fail = { message: 'exit status 1' };
    service.script = ({ ordinal }) => (ordinal === 1 ? [{ at: 2, fail }] : []);
    const failed = await build();
    expect(failed.outputs).toMatchObject({ status: 'error', reused: 'false' });
    const second = await build();
    expect(second.outputs, second.log).toMatchObject({ status: 'ready', reused: 'false' });
    expect(second.log).toContain(`The last build of this content, ${failed.outputs['buildId']}, failed.`);
  });

  test('whose look-up the service refuses is built, and the log says why', async ({ service, build }) => {
    const refused = { kind: 'answer', status: 403 } as const;
    // Once while the recipe is evaluated, and once more for the reason.
    service.intercept = faultInterceptor({ rules: [{ endpoint: 'alias', at: [2, 3], fault: refused }] });
    await build();
    const second = await build();
    expect(second.outputs, second.log).toMatchObject({ status: 'ready', reused: 'false' });
    expect(second.log).toMatch(/^Builds of this content could not be looked up \(.*403.*\)\. Building\.$/m);
  });

  test('is built where the tag of its content was put on another build by hand', async ({
    service,
    workspace,
    build,
  }) => {
    const first = await build();
    const content = contentTagOf(service, first.outputs['buildId']) ?? '';
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const second = await build();
    await fetch(`${service.url}/templates/tags`, {
      method: 'POST',
      headers: { 'x-api-key': service.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ target: second.outputs['reference'], tags: [content] }),
    });
    await workspace.write({ 'app/main.py': 'print(1)\n' });
    const third = await build();
    expect(third.exitCode, third.log).toBe(0);
    expect(third.outputs['reused']).toBe('false');
    expect(third.log).toContain(`was put on build ${second.outputs['buildId']} by hand`);
  });
});

describe('files', () => {
  test('the same tree elsewhere, by another umask, is the same content; one byte more is not', async ({
    workspace,
    build,
  }) => {
    await build();
    await using places = await temporaryDirectory({ 'a b/Übung.txt': '' });
    const elsewhere = join(places.path, 'a b', 'checkout');
    const shell = 'umask 077; cp -R "$1" "$2"; find "$2" -type f -exec touch -t 200001010000 {} +';
    execFileSync('sh', ['-ec', shell, 'sh', workspace.path, elsewhere]);
    const moved = await build({ workspace: elsewhere });
    expect(moved.exitCode, moved.log).toBe(0);
    expect([moved.changes, moved.outputs['reused']]).toEqual([[], 'true']);

    await writeFile(join(elsewhere, 'app/main.py'), 'print(1)\n\n');
    const changed = await build({ workspace: elsewhere });
    expect(kinds(changed)).toEqual(aBuild);
    expect(changed.outputs['reused']).toBe('false');
  });

  test('that .dockerignore excludes are nobody’s content', async ({ workspace, build }) => {
    await workspace.write({ ...project(), '.dockerignore': 'app/*.log\n' });
    await build();
    await workspace.write({ 'app/debug.log': 'one' });
    expect((await build()).changes).toEqual([]);
    await workspace.write({ 'app/debug.log': 'two' });
    await workspace.write({ 'README.md': 'beside the files that are copied' });
    expect((await build()).changes).toEqual([]);
    await workspace.write({ '.dockerignore': '# nothing\n' });
    expect(kinds(await build())).toEqual(aBuild);
  });

  test('that are executable now make another content', async ({ workspace, build }) => {
    await build();
    execFileSync('chmod', ['+x', join(workspace.path, 'app/main.py')]);
    const run = await build();
    expect(run.outputs['reused'], run.log).toBe('false');
    expect(run.log).toContain('COPY app/ /app changed');
  });
});

describe('a build that is asked for', () => {
  test.for([{ reuse: 'never' }, { 'skip-cache': 'true' }])(
    'by %o is made, and the next run takes that one',
    async (inputs, { service, build }) => {
      const first = await build(pushOf(commits.first));
      const made = await build({ ...pushOf(commits.second), inputs });
      expect(made.exitCode, made.log).toBe(0);
      expect(kinds(made).filter((kind) => !kind.startsWith('PUT'))).toEqual([aBuild[0], aBuild[2]]);
      expect(made.outputs['reused']).toBe('false');
      expect(made.outputs['buildId']).not.toBe(first.outputs['buildId']);

      const next = await build(pushOf(commits.third));
      expect(next.outputs).toMatchObject({ buildId: made.outputs['buildId'], reused: 'true' });
      expect(next.log).toContain('was made from commit b2b2b2b2b2b2.');
      expect(service.inspect.builds()).toHaveLength(2);
    },
  );

  test('and never made: require and skip-cache together are a mistake, with nothing sent', async ({
    service,
    build,
  }) => {
    const run = await build({ inputs: { reuse: 'require', 'skip-cache': 'true' } });
    expect(run.exitCode).toBe(1);
    expect(run.log).toContain('found "require", which never builds, together with skip-cache: true');
    expect(run.log).toContain('A mistake was found before anything was changed');
    expect(service.requests).toEqual([]);
  });

  test('by a word that is none is a mistake that names those that are', async ({ service, build }) => {
    const run = await build({ inputs: { reuse: 'always' } });
    expect(run.exitCode).toBe(1);
    expect(run.log).toMatch(/Input reuse.*found "always", expected .*auto.*never.*require/);
    expect(changesSince(service)).toEqual([]);
  });
});
