/** The list action: which templates a matrix gets, and what the log and the summary say about it. */
import { describe, expect } from 'vitest';
import { faultInterceptor } from '../../src/local/fault-plan.ts';
import { testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';
import { namesIn, recipe, repository, whyIn } from './list-kit.ts';
import { pullRequestRun } from './pull-request-kit.ts';
import { commits, pinned, pushOf } from './reuse-kit.ts';

const patterns = { templates: 'templates/*/template.ts' };
const test = testWith({ files: repository, defaults: { action: 'list' } });

describe('all templates', () => {
  test('are a matrix on a push, and no definition is read', async ({ run, service }) => {
    const result = await run({ inputs: patterns });
    expect(result.exitCode, result.log).toBe(0);
    expect(result.outputs).toEqual({
      matrix:
        '{"include":[{"name":"agent","template":"templates/agent/template.ts"},{"name":"worker","template":"templates/worker/template.ts"}]}',
      count: '2',
    });
    expect(groupsOf(result.log)).toEqual([
      {
        title: 'Templates',
        lines: [
          'template                      name    kind    listed  why',
          'templates/agent/template.ts   agent   module  yes     all are, except on pull requests',
          'templates/worker/template.ts  worker  module  yes     all are, except on pull requests',
        ],
      },
    ]);
    expect(result.log).toContain('\n2 of 2 templates are listed\n');
    expect(result.summary).toContain('## 2 of 2 templates are listed');
    expect(result.summary).toMatch(/^\| `templates\/agent\/template\.ts` \| `agent` \| module \| yes \|/m);
    expect(service.requests).toEqual([]);
  });

  test('are a matrix of a manifest, with the inputs of each', async ({ run, workspace }) => {
    await workspace.write({
      'novita-templates.yml':
        'defaults: { working-directory: templates }\ntemplates:\n  - { template: agent/template.ts, cpu-count: 4, tags: [a, b] }\n',
    });
    const { outputs, log } = await run({});
    expect(JSON.parse(outputs['matrix'] ?? log)).toEqual({
      include: [
        {
          name: 'agent',
          template: 'agent/template.ts',
          'working-directory': 'templates',
          'cpu-count': 4,
          tags: 'a\nb',
        },
      ],
    });
  });

  test('of a pull request that is closed are listed, so that its previews go', async ({ run }) => {
    const result = await run({
      inputs: { ...patterns, 'changed-only': 'true' },
      ...pullRequestRun('closed'),
    });
    expect(namesIn(result)).toEqual(['agent', 'worker']);
  });

  test('of a wrong list are told together, and nothing is listed', async ({ run, workspace }) => {
    await workspace.write({
      'novita-templates.yml': 'templates:\n  - { template: none.ts }\n  - { tempalte: none.ts }\n',
    });
    const { exitCode, log, outputs, summary } = await run({ inputs: { 'changed-only': 'perhaps' } });
    expect([exitCode, outputs]).toEqual([1, {}]);
    expect(log).toContain('Input changed-only: found "perhaps", expected one of auto, true, false.');
    expect(log).toMatch(/^::error .*file=novita-templates\.yml,line=3::.*Did you mean template\?/m);
    expect(summary).toContain('## Nothing was listed');
  });

  test('come from patterns or a manifest, not from both', async ({ run }) => {
    const { exitCode, log } = await run({ inputs: { ...patterns, manifest: 'list.yml' } });
    expect(exitCode).toBe(1);
    expect(log).toContain('Input manifest: is given together with templates.');
  });

  test('are told of a pattern that matches nothing', async ({ run }) => {
    const { log, outputs } = await run({ inputs: { templates: 'templates/*/template.ts\nold/*.ts' } });
    expect(outputs['count']).toBe('2');
    expect(log).toMatch(
      /^::warning title=A pattern without a file::.*templates: old\/\*\.ts matches no file/m,
    );
  });
});

describe('on a pull request, with a key', () => {
  const pullRequest = { inputs: patterns, ...pullRequestRun('synchronize') };
  const built = testWith({ files: repository }).extend('publish', ({ run, workspace }) => {
    // What the build job of each template does on a push to main.
    return async (name: 'agent' | 'worker', changes: Parameters<typeof run>[0] = {}) => {
      const result = await run({
        ...pushOf(commits.first),
        ...changes,
        inputs: { name, template: `templates/${name}/template.ts`, ...changes.inputs },
      });
      expect(result.outputs['status'], result.log + workspace.path).toBe('ready');
      return result.outputs['buildId'] ?? '';
    };
  });

  built('what main has published is left out', async ({ run, publish, workspace, service }) => {
    const [agent, worker] = [await publish('agent'), await publish('worker')];
    const same = await run({ action: 'list', ...pullRequest });
    expect(same.exitCode, same.log).toBe(0);
    expect(same.outputs).toEqual({ matrix: '{"include":[]}', count: '0' });
    expect(whyIn(same, 'agent')).toBe(`no unchanged: default is on build ${agent} of this content`);
    // A notice that holds for both stands there once.
    await workspace.write({ '.git/HEAD': 'none' });
    const unclear = await run({ action: 'list', ...pullRequest });
    expect(unclear.log.split('not clear whose it is')).toHaveLength(2);

    await workspace.write({ 'templates/worker/app/main.py': 'print(2)\n', 'README.md': 'other' });
    const since = service.requests.length;
    const changed = await run({ action: 'list', ...pullRequest });
    expect(namesIn(changed)).toEqual(['worker']);
    expect(whyIn(changed, 'worker')).toBe('yes no build has this content');
    expect(changed.log).toMatch(/^template +name +kind +published +listed +why$/m);
    expect(changed.log).toMatch(/^\S+ +agent +module +yes +no +unchanged/m);
    expect(changed.log).toMatch(/^\S+ +worker +module +no +yes +no build/m);
    expect(changed.log).toContain('\n1 of 2 templates is listed, and 1 is published as it stands\n');
    expect(changed.summary).toContain('| Template | Name | Kind | Published | Listed | Why |');
    expect(service.requests.slice(since).map(({ method }) => method)).not.toContain('POST');
    expect(worker).not.toBe(agent);
  });

  built(
    'a revert is listed, although a build of its content is there',
    async ({ run, publish, workspace }) => {
      await publish('worker');
      await publish('agent');
      await workspace.write({ 'templates/agent/app/main.py': 'print(2)\n' });
      const newer = await publish('agent');
      await workspace.write(repository);
      const result = await run({ action: 'list', ...pullRequest });
      expect(namesIn(result)).toEqual(['agent']);
      expect(whyIn(result, 'agent')).toBe(`yes default is on build ${newer}, which has another content`);
    },
  );

  built('latest counts where there is no default', async ({ run, publish }) => {
    await publish('agent', { inputs: { tags: 'latest' } });
    await publish('worker', { inputs: { tags: 'other' } });
    const result = await run({ action: 'list', ...pullRequest });
    expect(namesIn(result)).toEqual(['worker']);
    expect(whyIn(result, 'agent')).toMatch(/^no unchanged: latest is on build/);
    expect(whyIn(result, 'worker')).toBe('yes worker has no tag default or latest');
  });

  built('the branch that it goes into says which tag counts', async ({ run, publish }) => {
    await publish('agent');
    await publish('worker', { inputs: { tags: 'release-1' } });
    const { event, env } = structuredClone(pullRequestRun('synchronize'));
    (event.payload as { pull_request: { base: { ref: string } } }).pull_request.base.ref = 'release/1';
    const result = await run({ action: 'list', inputs: patterns, event, env });
    expect(namesIn(result)).toEqual(['agent']);
    expect(whyIn(result, 'agent')).toBe('yes agent has no tag release-1');
  });

  built(
    'a manifest may say which tags main moves, and the size counts',
    async ({ run, publish, workspace }) => {
      await publish('agent', { inputs: { tags: 'edge', 'cpu-count': '4' } });
      const list = (cpus: number) =>
        workspace.write({
          'novita-templates.yml': `templates:\n  - template: templates/agent/template.ts\n    cpu-count: ${cpus}\n    tags: |\n      type=ref,event=pr\n      type=raw,value=edge,enable={{is_default_branch}}\n`,
        });
      await list(4);
      const same = await run({ action: 'list', ...pullRequest, inputs: {} });
      expect([same.outputs['count'], same.exitCode], same.log).toEqual(['0', 0]);
      await list(2);
      const other = await run({ action: 'list', ...pullRequest, inputs: {} });
      expect(namesIn(other)).toEqual(['agent']);
    },
  );

  built(
    'a definition with a mistake is listed, and its job reports it',
    async ({ run, publish, workspace }) => {
      await publish('worker');
      await workspace.write({
        'templates/agent/template.ts': "console.log('::error::mine');\nthrow new Error('broken');\n",
      });
      const result = await run({ action: 'list', ...pullRequest });
      expect(result.exitCode, result.log).toBe(0);
      expect(namesIn(result)).toEqual(['agent']);
      expect(whyIn(result, 'agent')).toMatch(
        /^yes its definition has a mistake, which its job reports: .* \(line 2\)$/,
      );
      expect(result.log).toContain('│ ::error::mine');
      expect(result.log).not.toMatch(/^::error/m);
    },
  );

  built('what is built each time is listed', async ({ run, publish, workspace }) => {
    await workspace.write({ 'templates/agent/template.ts': recipe(".skipCache().runCmd('date')") });
    await publish('agent');
    await publish('worker');
    const result = await run({ action: 'list', ...pullRequest });
    expect(namesIn(result)).toEqual(['agent']);
    expect(whyIn(result, 'agent')).toMatch(/^yes it is built each time: step \d runs again every time/);
  });

  built('changed-only decides for every event', async ({ run, publish }) => {
    await publish('agent');
    await publish('worker');
    const all = await run({
      action: 'list',
      ...pullRequest,
      inputs: { ...patterns, 'changed-only': 'false' },
    });
    expect(all.outputs['count']).toBe('2');
    const none = await run({
      action: 'list',
      ...pushOf(commits.second),
      inputs: { ...patterns, 'changed-only': 'true' },
    });
    expect(none.outputs['count'], none.log).toBe('0');
  });

  built('what cannot be looked up is listed', async ({ run, publish, service }) => {
    await publish('agent');
    await publish('worker');
    const refused = { kind: 'answer', status: 403 } as const;
    service.intercept = faultInterceptor({ rules: [{ endpoint: 'alias', at: [1], fault: refused }] });
    const one = await run({ action: 'list', ...pullRequest });
    expect(one.outputs['count'], one.log).toBe('1');
    expect(one.log).toMatch(/ yes +its builds could not be looked up \(.*403.*\)$/m);
  });

  built('a service that does not answer makes no error, and all are listed', async ({ run, service }) => {
    const env = { ...pullRequest.env, NOVITA_API_URL: 'http://127.0.0.1:9' };
    const result = await run({ action: 'list', ...pullRequest, env });
    expect(result.exitCode, result.log).toBe(0);
    expect(namesIn(result)).toEqual(['agent', 'worker']);
    expect(whyIn(result, 'worker')).toMatch(/^yes its builds could not be looked up \(/);
    expect(service.requests).toEqual([]);
  });

  built('a key that the service refuses is an error', async ({ run }) => {
    const { exitCode, log, outputs } = await run({
      action: 'list',
      ...pullRequest,
      env: { ...pullRequest.env, NOVITA_API_KEY: 'sk_wrong_wrong_wrong' },
    });
    expect([exitCode, outputs]).toEqual([1, {}]);
    expect(log).toMatch(/^::error.*Nothing was listed/m);
  });
});

describe('the jobs of a matrix', () => {
  const sizes = testWith({
    files: {
      'agent/template.ts': `import { Template } from 'novita-sandbox';
export const template = ({ browser }: { browser: boolean }) =>
  Template()
    .fromImage(${JSON.stringify(pinned)}, undefined, { inheritConfig: false })
    .runCmd(browser ? 'apt-get install -y chromium' : 'true');
`,
      'novita-templates.yml': `defaults: { template: agent/template.ts }
templates:
  - { name: plain, args: { browser: false } }
  - { name: with-browser, args: { browser: true }, cpu-count: 4, memory-mb: 4096 }
`,
    },
  });

  sizes('build one recipe in two forms, and an unchanged pull request has none', async ({ run, service }) => {
    const all = await run({ action: 'list', ...pushOf(commits.first) });
    const { include } = JSON.parse(all.outputs['matrix'] ?? all.log);
    expect(include).toHaveLength(2);
    for (const { name, template, args, 'cpu-count': cpus, 'memory-mb': memory } of include) {
      // What `${{ matrix.cpu-count }}` gives in a step, with nothing for a key that is not there.
      const inputs = { name, template, args, 'cpu-count': `${cpus ?? ''}`, 'memory-mb': `${memory ?? ''}` };
      const built = await run({ ...pushOf(commits.first), inputs });
      expect(built.outputs['status'], built.log).toBe('ready');
    }
    expect(service.inspect.builds()).toMatchObject([{ cpuCount: 2 }, { cpuCount: 4, memoryMb: 4096 }]);
    const none = await run({ action: 'list', ...pullRequestRun('synchronize') });
    expect(none.outputs, none.log).toEqual({ matrix: '{"include":[]}', count: '0' });
  });
});
