/** What a build says of itself for attestations: outputs, the line for GitHub's runner, and the files for attest. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { failures } from '../../src/local/failures.ts';
import { sendReply } from '../../src/local/http.ts';
import { subjectOf } from '../../src/provenance/subject.ts';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import { type RunResult, repositoryRoot } from '../support/runner.ts';
import { type ArtifactSubject, afterStep } from '../support/runner-artifacts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { pinned, project, recipe } from './reuse-kit.ts';

interface Step extends RunResult {
  /** What the step wrote into the file of the runner. */
  readonly written: string;
  readonly predicate?: { readonly recipe: { readonly steps: readonly object[] } };
  readonly checksums?: string;
}

interface Artifacts {
  /** What the job has declared so far. */
  subjects: readonly ArtifactSubject[];
  /** What is in the file of the step before the action runs. */
  before: string;
  /** One step of the job. The runner takes what it has written, or the test fails. */
  readonly step: (changes?: RunChanges) => Promise<Step>;
}

const test = testWith({ files: project() }).extend<{ job: Artifacts }>({
  job: async ({ run }, use) => {
    await using temporary = await temporaryDirectory();
    let steps = 0;
    const job: Artifacts = {
      subjects: [],
      before: '',
      async step(changes = {}) {
        steps += 1;
        const folder = `step-${steps}`;
        const list = JSON.stringify({ version: 1, subjects: job.subjects });
        await temporary.write({ [`${folder}/artifacts`]: job.before, [`${folder}/list`]: list });
        const path = (name: string) => join(temporary.path, folder, name);
        const result = await run({
          ...changes,
          env: {
            GITHUB_ARTIFACTS: path('artifacts'),
            GITHUB_ARTIFACTS_LIST: path('list'),
            RUNNER_TEMP: path('temp'),
            ...changes.env,
          },
        });
        const written = existsSync(path('artifacts')) ? readFileSync(path('artifacts'), 'utf8') : '';
        job.subjects = afterStep(job.subjects, written);
        const read = (name: string | undefined) => (name ? readFileSync(name, 'utf8') : undefined);
        const [predicate, checksums] = [
          result.outputs['predicate-file'],
          result.outputs['checksums-file'],
        ].map(read);
        return {
          ...result,
          written,
          ...(predicate && { predicate: JSON.parse(predicate) }),
          ...(checksums && { checksums }),
        };
      },
    };
    await use(job);
  },
});

interface WorkflowStep {
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

const stepsIn = (workflow: { jobs: Record<string, { steps: WorkflowStep[] }> }) =>
  Object.values(workflow.jobs).flatMap(({ steps }) => steps);

const names = ['digest', 'subject-name', 'predicate-file', 'checksums-file'];
const said = ({ outputs }: RunResult) => names.filter((name) => name in outputs);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const subjectAt = (url: string) => `${new URL(url).host}/my-agent`;

describe('a build that is ready', () => {
  test('declares itself by one line, under the fingerprint of its content', async ({ service, job }) => {
    const { exitCode, log, outputs, written, checksums, result } = await job.step();
    expect(exitCode, log).toBe(0);
    const { fingerprint } = result as { fingerprint: string };
    const name = subjectAt(service.url);
    expect(outputs).toMatchObject({ digest: `sha256:${fingerprint}`, 'subject-name': name });
    expect(service.inspect.builds()[0]?.registeredTags).toContain(`content-${fingerprint}`);
    expect(written).toBe(`oci://${name}@sha256:${fingerprint}\n`);
    expect(job.subjects).toEqual([{ name, digest: `sha256:${fingerprint}`, kind: 'oci' }]);
    // What a deploy job writes again to have a file for `gh attestation verify`.
    const line = sha256(`oci://${outputs['subject-name']}@${outputs['digest']}\n`);
    expect(checksums).toBe(`${fingerprint}  ${name}\n${line}  ${name}.subject\n`);
    expect(log).not.toContain('::warning');
  });

  test('says from what and by which run it was made', async ({ service, workspace, job }) => {
    await workspace.write({
      'template.ts': recipe(
        pinned,
        ".setEnvs({ PORT: '8000' }).setStartCmd('python /app/main.py', 'curl localhost:8000')",
      ),
    });
    const { predicate, outputs, result } = await job.step({ inputs: { tags: 'v1' } });
    const { fingerprint } = result as { fingerprint: string };
    expect(predicate).toEqual({
      template: {
        subject: subjectAt(service.url),
        name: 'my-agent',
        templateId: outputs['templateId'],
        buildId: outputs['buildId'],
        reference: outputs['reference'],
        tags: ['v1'],
        cpuCount: 2,
        memoryMb: 1024,
      },
      recipe: {
        digest: { sha256: fingerprint },
        file: 'template.ts',
        kind: 'module',
        export: 'template',
        sdk: { from: 'action', version: expect.stringMatching(/^2\./) },
        base: { written: `FROM ${pinned}`, digest: { sha256: '5c'.repeat(32) } },
        steps: [
          {
            number: 1,
            title: 'COPY app/ /app',
            source: 'template.ts:5',
            digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
            files: {
              source: 'app/',
              count: 2,
              bytes: 18,
              digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
              entries: [
                { path: 'app/main.py', digest: { sha256: sha256('print(1)\n') } },
                { path: 'app/requirements.txt', digest: { sha256: sha256('requests\n') } },
              ],
            },
          },
          {
            number: 2,
            title: 'RUN pip install -r /app/requirements.txt',
            source: 'template.ts:6',
            digest: { sha256: sha256(JSON.stringify(['RUN', 'pip install -r /app/requirements.txt'])) },
          },
          { number: 3, title: 'ENV PORT', source: 'template.ts:6', digest: expect.anything() },
          {
            number: 4,
            title: expect.stringContaining('environment for sandboxes'),
            digest: expect.anything(),
          },
        ],
        startCommand: 'python /app/main.py',
        readyCommand: 'curl localhost:8000',
      },
      build: { how: 'built', commit: '0123456789abcdef0123456789abcdef01234567' },
      run: {
        repository: 'https://github.com/octo-org/agent',
        commit: '0123456789abcdef0123456789abcdef01234567',
        ref: 'refs/heads/main',
        event: 'push',
        url: 'https://github.com/octo-org/agent/actions/runs/42',
        attempt: 1,
      },
      action: { name: 'novita-template-action', version: '0.1.0' },
    });
  });

  test('is declared when it is reused, with the commit that it was made from', async ({ job }) => {
    const first = await job.step();
    job.subjects = [];
    const second = await job.step({ env: { GITHUB_SHA: 'b2'.repeat(20) } });
    expect(second.outputs).toMatchObject({ reused: 'true', digest: first.outputs['digest'] });
    expect(second.written).toBe(first.written);
    expect(second.predicate).toMatchObject({
      template: { buildId: first.outputs['buildId'] },
      build: { how: 'found', commit: '0123456789abcdef0123456789abcdef01234567' },
      run: { commit: 'b2'.repeat(20) },
    });
  });

  test('has no secret in its predicate, and no hash that would help to guess one', async ({
    workspace,
    job,
  }) => {
    await workspace.write({
      'template.ts': recipe(
        pinned,
        ".setEnvs({ API_TOKEN: 'swordfish-1234' }).runCmd('login swordfish-1234')",
      ),
    });
    const { predicate, log } = await job.step({ inputs: { 'start-cmd': 'serve --key=swordfish-1234' } });
    expect(JSON.stringify(predicate), log).not.toContain('swordfish');
    const hashed = predicate?.recipe.steps.map((step) => 'digest' in step);
    expect(hashed).toEqual([true, true, false, false, false]);
  });

  test('without a fingerprint says nothing', async ({ job }) => {
    const step = await job.step({ inputs: { 'pin-base': 'false', tags: 'v1' } });
    const plain = await job.step({ inputs: { 'pin-base': 'false', tags: 'v1', template: 'template.ts' } });
    for (const each of [step, plain]) {
      expect(each.outputs['status'], each.log).toBe('ready');
      expect([said(each), each.written]).toEqual([[], '']);
    }
  });
});

describe('what is no standing build says nothing', () => {
  test('a failed build', async ({ service, job }) => {
    service.script = [{ at: 2, fail: { message: failures.runFailed('pip', 1) } }];
    const step = await job.step();
    expect([step.exitCode, said(step), step.written], step.log).toEqual([1, [], '']);
  });

  test('a build that is not waited for, until the wait action has seen its end', async ({ job }) => {
    const started = await job.step({ inputs: { wait: 'false' } });
    expect([started.outputs['status'], said(started), started.written]).toEqual(['building', [], '']);
    const waited = await job.step({
      action: 'wait',
      inputs: { name: '', reference: started.outputs['reference'] ?? '' },
    });
    expect(waited.outputs['status'], waited.log).toBe('ready');
    expect(said(waited)).toEqual(['digest', 'subject-name']);
    expect(waited.written).toBe(`oci://${waited.outputs['subject-name']}@${waited.outputs['digest']}\n`);
  });

  test('a build whose test is red; once it is green, it is one', async ({ service, job }) => {
    const inputs = { test: 'agent check', tags: 'v1' };
    service.script = [{ at: 'command', exitCode: 1 }];
    const red = await job.step({ inputs });
    expect([red.outputs['failure'], said(red), red.written], red.log).toEqual(['smoke-test', [], '']);
    service.script = [];
    const green = await job.step({ inputs });
    expect(green.written, green.log).toBe(
      `oci://${green.outputs['subject-name']}@${green.outputs['digest']}\n`,
    );
    expect(green.predicate).toBeDefined();
  });

  test('a superseded build', async ({ service, job }) => {
    service.script = [{ at: 2, fail: { message: failures.cancelled(), step: null } }];
    const step = await job.step();
    expect([step.outputs['status'], said(step), step.written], step.log).toEqual(['superseded', [], '']);
  });

  test.for([
    ['a dry run', { 'dry-run': 'true' }, 'planned'],
    ['a check of what is published', { reuse: 'require' }, 'unpublished'],
  ] as const)('%s', async ([, inputs, status], { job }) => {
    const step = await job.step({ inputs });
    expect([step.outputs['status'], said(step), step.written], step.log).toEqual([status, [], '']);
  });
});

describe('several declarations of one job', () => {
  test('of the same content are one', async ({ job }) => {
    const first = await job.step();
    const second = await job.step();
    expect(second.written, second.log).toBe('');
    expect(second.outputs['digest']).toBe(first.outputs['digest']);
    expect(job.subjects).toHaveLength(1);
  });

  test('of other content under one name: the second is a warning, and the step is green', async ({
    workspace,
    job,
  }) => {
    const first = await job.step();
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const second = await job.step();
    expect([second.exitCode, second.written], second.log).toEqual([0, '']);
    expect(second.log).toContain(`with another digest (${first.outputs['digest']})`);
    expect(second.outputs['digest']).not.toBe(first.outputs['digest']);
    expect(second.predicate).toBeDefined();
  });

  test('beside lines that are in the file already', async ({ job }) => {
    job.before = `# images\noci://ghcr.io/octo-org/agent@sha256:${'1'.repeat(64)}`;
    const { written, outputs } = await job.step();
    expect(written).toBe(`${job.before}\noci://${outputs['subject-name']}@${outputs['digest']}\n`);
    expect(job.subjects).toHaveLength(2);
  });

  test('with a line in the file that has the name with another digest', async ({ service, job }) => {
    job.before = `oci://${subjectAt(service.url)}@sha256:${'1'.repeat(64)}\n`;
    const { exitCode, written, log } = await job.step();
    expect([exitCode, written], log).toEqual([0, job.before]);
    expect(log).toMatch(/::warning title=Not declared for attestations::.*another digest/);
  });

  test('end at the 500th', async ({ job }) => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      name: `ghcr.io/octo-org/image-${index}`,
      digest: `sha256:${'1'.repeat(64)}`,
      kind: 'oci' as const,
    }));
    job.subjects = many;
    const full = await job.step();
    expect([full.exitCode, full.written], full.log).toEqual([0, '']);
    expect(full.log).toContain('This job has declared 500 subjects');
    job.subjects = many.slice(1);
    expect((await job.step()).written).not.toBe('');
  });
});

describe('a runner', () => {
  test.for([
    ['that takes no declarations', {}, { GITHUB_ARTIFACTS: '' }],
    ['that made no file', {}, { GITHUB_ARTIFACTS: '/nowhere/artifacts' }],
  ] as const)('%s', async ([, , env], { job }) => {
    const { exitCode, outputs, log } = await job.step({ env });
    expect(exitCode, log).toBe(0);
    expect(outputs['digest']).toMatch(/^sha256:/);
    expect(log).not.toContain('::warning');
    expect(existsSync('/nowhere')).toBe(false);
  });

  test('whose list is no list', async ({ workspace, job }) => {
    await workspace.write({ 'odd.json': '{"version":2}' });
    const { written } = await job.step({ env: { GITHUB_ARTIFACTS_LIST: join(workspace.path, 'odd.json') } });
    expect(written).toContain('oci://');
  });

  test('whose file cannot be read', async ({ workspace, job }) => {
    const { exitCode, outputs, log } = await job.step({ env: { GITHUB_ARTIFACTS: workspace.path } });
    expect(exitCode, log).toBe(0);
    expect(outputs['status']).toBe('ready');
    expect(log).toContain('::warning::The line for attestations (GITHUB_ARTIFACTS) could not be written');
  });
});

describe('a promotion', () => {
  test('tells what the build was made from, before anything moves', async ({ service, job }) => {
    const built = await job.step({ inputs: { tags: 'v1' } });
    const promote = (inputs: Record<string, string>) =>
      job.step({ action: 'promote', inputs: { from: built.outputs['reference'] ?? '', ...inputs } });
    const planned = await promote({ tags: 'latest', 'dry-run': 'true' });
    const same = { digest: built.outputs['digest'], 'subject-name': built.outputs['subject-name'] };
    expect(planned.outputs, planned.log).toMatchObject(same);
    const moved = await promote({ tags: 'latest' });
    expect(moved.outputs).toMatchObject(same);
    expect(moved.written).toBe('');
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(built.outputs['buildId']);
  });

  test('tells nothing where a content tag was put on the build by hand', async ({ service, job }) => {
    const built = await job.step({ inputs: { tags: 'v1', 'pin-base': 'false' } });
    const target = built.outputs['reference'];
    const forged = await fetch(`${service.url}/templates/tags`, {
      method: 'POST',
      headers: { 'x-api-key': service.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ target, tags: [`content-${'1'.repeat(64)}`] }),
    });
    expect(forged.ok).toBe(true);
    const { exitCode, outputs, log } = await job.step({
      action: 'promote',
      inputs: { from: target ?? '', tags: 'latest' },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs).not.toHaveProperty('digest');
  });

  test('goes on where the builds cannot be listed', async ({ service, job }) => {
    const built = await job.step({ inputs: { tags: 'v1' } });
    service.intercept = async (request, response, next) => {
      if (request.method === 'GET' && /^\/templates\/[a-z0-9]{20}(\?|$)/.test(request.url ?? '')) {
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":403,"message":"no"}');
        return;
      }
      sendReply(response, await next());
    };
    const { exitCode, outputs, log } = await job.step({
      action: 'promote',
      inputs: { from: built.outputs['reference'] ?? '', tags: 'latest' },
    });
    expect(exitCode, log).toBe(0);
    expect(outputs).not.toHaveProperty('digest');
  });
});

describe('the deployment of examples/workflows/verified-deploy.yml', () => {
  const example = (name: string) => readFileSync(join(repositoryRoot, 'examples', 'workflows', name), 'utf8');
  const stepOf = (name: string, part: string) =>
    stepsIn(parse(example(name))).find((each) => JSON.stringify(each).includes(part));

  /** The check of the example, in bash as the runner starts it. `gh` knows what `actions/attest` makes of the files. */
  const verify = async (outputs: RunResult['outputs'], attested: string) => {
    await using folder = await temporaryDirectory({ attested });
    const gh = [
      '#!/bin/bash',
      'echo "$@" > asked',
      'grep -q "^$(sha256sum "$3" | cut -c1-64)  " attested || { echo "no attestations found" >&2; exit 1; }',
    ];
    await writeFile(join(folder.path, 'gh'), gh.join('\n'), { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-e', '-c', stepOf('verified-deploy.yml', 'gh attestation')?.run ?? ''],
      {
        cwd: folder.path,
        env: {
          PATH: `${folder.path}:${process.env['PATH']}`,
          REPOSITORY: 'octo-org/agent',
          DIGEST: outputs['digest'] ?? '',
          SUBJECT_NAME: outputs['subject-name'] ?? '',
        },
        encoding: 'utf8',
      },
    );
    const asked = existsSync(join(folder.path, 'asked'))
      ? readFileSync(join(folder.path, 'asked'), 'utf8')
      : '';
    return { status, asked, printed: stdout + stderr };
  };

  test('passes the build that was signed, and no other', async ({ workspace, job }) => {
    const signed = await job.step({ inputs: { tags: 'v1' } });
    await workspace.write({ 'app/main.py': 'print(2)\n' });
    const other = await job.step({ inputs: { tags: 'v2' } });
    const check = async (from: RunResult) => {
      const inputs = { from: from.outputs['reference'] ?? '', tags: 'latest, default', 'dry-run': 'true' };
      const { outputs } = await job.step({ action: 'promote', inputs });
      return verify(outputs, signed.checksums ?? '');
    };
    const good = await check(signed);
    expect(good.status, good.printed).toBe(0);
    expect(good.asked).toMatch(
      /^attestation verify template\.subject --repo octo-org\/agent --signer-workflow octo-org\/agent\/\.github\/workflows\/attest\.yml --source-ref refs\/heads\/main /,
    );
    expect((await check(other)).status).toBe(1);
  });

  test('ends where the service does not say what the build was made from', async ({ job }) => {
    const built = await job.step({ inputs: { tags: 'v1', 'pin-base': 'false' } });
    const { status, asked, printed } = await verify(built.outputs, built.checksums ?? '');
    expect([status, asked]).toEqual([1, '']);
    expect(printed).toContain('::error::The service does not say what this build was made from.');
  });

  test('asks for the type that attest.yml signs and docs/provenance.md describes', () => {
    const type = String(stepOf('attest.yml', 'predicate-type')?.with?.['predicate-type']);
    expect(stepOf('verified-deploy.yml', 'gh attestation')?.run).toContain(`--predicate-type ${type}\n`);
    const document = readFileSync(join(repositoryRoot, 'docs', 'provenance.md'), 'utf8');
    expect(document).toContain(`Type: \`${type}\`.`);
    expect(example('attest.yml')).toContain('checksums-file');
  });
});

test('names a region once, whether by domain or by address, and a team', () => {
  const fingerprint = '0'.repeat(64);
  const name = (url: string, template = 'my-agent') => subjectOf(url, template, fingerprint).name;
  expect(name('https://api.us-phx-1.sandbox.novita.ai')).toBe('us-phx-1.sandbox.novita.ai/my-agent');
  expect(name('https://us-phx-1.sandbox.novita.ai:443/')).toBe('us-phx-1.sandbox.novita.ai/my-agent');
  expect(name('https://api.eu-1.sandbox.novita.ai', 'acme/my-agent')).toBe(
    'eu-1.sandbox.novita.ai/acme/my-agent',
  );
  expect(name('http://proxy.test/novita=a b')).toBe('proxy.test/novita-a-20b/my-agent');
});
