/** Bases that cannot be built from, told at their line before anything changes at the service. */

import { describe, expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import type { RunResult } from '../support/runner.ts';
import { ask, build } from '../support/service-client.ts';
import { changesSince } from './reuse-kit.ts';

/** A recipe whose base is on line 4. */
const recipe = (base: string, rest = ".runCmd('true')") =>
  `import { readFileSync } from 'node:fs';\nimport { Template } from 'novita-sandbox';\nexport const template = Template()\n  .${base}\n  ${rest};\n`;
const image = (written: string) => `fromImage(${written}, undefined, { inheritConfig: false })`;

interface Run extends RunResult {
  readonly changes: ReturnType<typeof changesSince>;
}

const test = testWith({ serviceOptions: { team: 'acme' } }).extend(
  'runRecipe',
  ({ service, workspace, run }) =>
    async (definition: string, options: RunChanges = {}): Promise<Run> => {
      await workspace.write({ 'template.ts': definition });
      const since = service.requests.length;
      const result = await run(options);
      return { ...result, changes: changesSince(service, since) };
    },
);

const annotations = (log: string, kind: 'error' | 'warning') =>
  log.split('\n').filter((line) => line.startsWith(`::${kind}`) && line.includes(',line='));

/** One mistake at the line, and nothing changed at the service. */
function expectMistake(
  { exitCode, log, outputs, changes }: Run,
  message: RegExp,
  place = 'template.ts,line=4',
) {
  expect(exitCode, log).toBe(1);
  expect(annotations(log, 'error')).toEqual([expect.stringContaining(`,file=${place}`)]);
  expect(annotations(log, 'error')[0]).toMatch(message);
  expect(changes).toEqual([]);
  expect(outputs).not.toHaveProperty('buildId');
}

/** One warning at the line, and a build. */
function expectWarning({ exitCode, log, outputs }: Run, message: RegExp) {
  expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
  expect(annotations(log, 'warning')).toEqual([expect.stringContaining(',file=template.ts,line=4')]);
  expect(annotations(log, 'warning')[0]).toMatch(message);
}

describe('a text that is no base is a mistake at its line', () => {
  test.for<[string, string, RegExp]>([
    ['an empty image', image("''"), /The base image is an empty text/],
    [
      'an image out of a file',
      image("readFileSync('IMAGE', 'utf8')"),
      /Write "debian%3A12"|Write "debian:12"/,
    ],
    ['an image with its own configuration', "fromImage('docker://debian:12')", /Write "debian:12"/],
    ['capitals', image("'ghcr.io/Acme/Agent:1'"), /capitals/],
    ['a text without backticks', image("'python:${V}'"), /\$\{V\} was not replaced/],
    ['a version that is not set', 'fromPythonImage(`${process.env.NOBODY_SETS_IT}`)', /python:undefined/],
    ['an empty version', "fromNodeImage('')", /"node:"/],
    ['an empty parent', "fromTemplate('')", /The parent is an empty text/],
    ['a parent out of a file', 'fromTemplate("base\\n")', /Write "base"\./],
    ['a parent that is not set', "fromTemplate('base:' + process.env.NOBODY_SETS_IT)", /base:undefined/],
    ['a parent with two tags', "fromTemplate('base:1:2')", /not the name of a template/],
    [
      'an AWS image',
      "fromAWSRegistry('', { accessKeyId: 'a', secretAccessKey: 'b', region: 'c' })",
      /empty text/,
    ],
  ])('%s', async ([_, base, message], { workspace, registry, runRecipe }) => {
    await workspace.write({ IMAGE: 'debian:12\n' });
    expectMistake(await runRecipe(recipe(base)), message);
    expect(registry.requests).toEqual([]);
  });

  test('in a Dockerfile too', async ({ workspace, runRecipe }) => {
    await workspace.write({ Dockerfile: '# syntax\nFROM python:undefined\nRUN true\n' });
    expectMistake(
      await runRecipe(recipe("fromDockerfile('Dockerfile')")),
      /python:undefined/,
      'Dockerfile,line=2',
    );
  });

  test('and is told with all others', async ({ runRecipe }) => {
    const { log } = await runRecipe(recipe(image("''"), ".copy('none', '/x')"), {
      inputs: { 'cpu-count': '3' },
    });
    expect(log).toContain('3 mistakes were found');
  });

  test('also with pin-base: false', async ({ runRecipe }) => {
    expectMistake(await runRecipe(recipe(image("''")), { inputs: { 'pin-base': 'false' } }), /empty text/);
  });
});

describe('credentials of a registry that are empty', () => {
  const rows: [string, string, RegExp][] = [
    [
      'no password',
      "fromImage('<host>/a:1', { username: 'u', password: process.env.PW! })",
      /have no password\./,
    ],
    ['an empty password', "fromImage('<host>/a:1', { username: 'u', password: '' })", /have no password\./],
    ['nothing', "fromImage('<host>/a:1', { username: '', password: ' ' })", /have no username, password\./],
    [
      'a number',
      "fromImage('<host>/a:1', { username: 'u', password: 12345678 as any })",
      /have no password\./,
    ],
    [
      'no AWS secret',
      "fromAWSRegistry('<host>/a:1', { accessKeyId: 'a', secretAccessKey: '', region: 'eu-central-1' })",
      /have no awsSecretAccessKey\./,
    ],
    [
      'no GCP account',
      "fromGCPRegistry('<host>/a:1', { serviceAccountJSON: '' })",
      /have no serviceAccountJson\./,
    ],
    [
      'no Huawei key',
      "fromHuaweiCloudRegistry('<host>/a:1', { accessKeyId: '', secretAccessKey: 'b', region: 'c' })",
      /have no accessKeyId\./,
    ],
    [
      'no OCI key',
      "fromOCIRegistry('<host>/a:1', { tenancyOcid: 'a', userOcid: 'b', fingerprint: 'c', privateKey: '', region: 'd' })",
      /have no privateKey\./,
    ],
  ];

  test.for(rows)('are a mistake: %s', async ([_, base, message], { registry, runRecipe }) => {
    expectMistake(await runRecipe(recipe(base.replace('<host>', registry.host))), message);
    expect(registry.requests).toEqual([]);
  });

  test.for(rows)(
    'are none where GitHub withholds secrets: %s',
    async ([_, base], { registry, runRecipe }) => {
      const payload = {
        number: 12,
        pull_request: {
          head: { sha: 'a'.repeat(40), repo: { full_name: 'stranger/agent', fork: true } },
          base: {},
        },
        repository: { full_name: 'octo-org/agent', default_branch: 'main' },
      };
      const planned = await runRecipe(recipe(base.replace('<host>', registry.host)), {
        event: { name: 'pull_request', payload },
        env: { NOVITA_API_KEY: '', GITHUB_REF: 'refs/pull/12/merge' },
      });
      expect(planned.exitCode, planned.log).toBe(0);
      expect(planned.outputs).toMatchObject({ status: 'skipped' });
      expect(planned.log).toContain('its base was not looked up, since its registry credentials have no');
      expect(registry.requests).toEqual([]);
    },
  );
});

test('an account of GCP as text is a mistake, and is not shown', async ({ registry, runRecipe }) => {
  const base = `fromGCPRegistry('${registry.host}/a:1', { serviceAccountJSON: '{"private_key":"c2VjcmV0LWtleQ"}' })`;
  const told = await runRecipe(recipe(base));
  expectMistake(told, /JSON\.parse\(text\)/);
  expect(told.log).not.toContain('c2VjcmV0LWtleQ');
});

describe('an image', () => {
  const at = ({ host }: { readonly host: string }, path: string) => image(`'${host}/${path}'`);

  test('that the registry does not have is a mistake', async ({ registry, runRecipe }) => {
    registry.push('a/b', '1');
    expectMistake(await runRecipe(recipe(at(registry, 'a/b:2'))), /has no image a\/b:2 \(404\)/);
  });

  test('that the registry does not have is none with pin-base: false', async ({ registry, runRecipe }) => {
    const { exitCode, outputs, log } = await runRecipe(recipe(at(registry, 'a/b:2')), {
      inputs: { 'pin-base': 'false' },
    });
    expect([exitCode, outputs['status']], log).toEqual([0, 'ready']);
  });

  test.for([401, 403])(
    'that the registry gives only to others (%i) is a warning',
    async (status, { registry, runRecipe }) => {
      registry.intercept = () => ({
        status,
        headers: status === 401 ? { 'www-authenticate': 'Basic realm="r"' } : {},
      });
      expectWarning(
        await runRecipe(recipe(at(registry, 'a/b:1'))),
        /has no image a\/b, or one that needs credentials/,
      );
    },
  );

  test.for([429, 500])(
    'whose registry is out of order (%i) is built from',
    async (status, { registry, runRecipe }) => {
      registry.intercept = () => ({ status });
      const { exitCode, log } = await runRecipe(recipe(at(registry, 'a/b:1')));
      expect(exitCode, log).toBe(0);
      expect(annotations(log, 'warning')).toEqual([]);
    },
  );

  test('that is hidden behind a 404 and not read by a login is built from', async ({
    registry,
    runRecipe,
  }) => {
    registry.intercept = () => ({ status: 404 });
    const base = `fromImage('${registry.host}/a:1', { username: 'u', password: 'p' }, { inheritConfig: false })`;
    const { exitCode, log } = await runRecipe(recipe(base));
    expect(exitCode, log).toBe(0);
  });
});

describe('a parent template', () => {
  test.for([
    ['of the own team, by a template that it has', 'acme/none', 'my-agent'],
    ['of the own team, by its name', 'acme/none', 'acme/my-agent'],
  ] as const)('that is not found is a mistake: %s', async ([_, parent, name], { service, runRecipe }) => {
    if (name === 'my-agent') await build(service, 'other', {}, ['default']);
    expectMistake(
      await runRecipe(recipe(`fromTemplate('${parent}')`), { inputs: { name } }),
      /no template acme\/none/,
    );
  });

  test('without the tag is a mistake that names those it has', async ({ service, runRecipe }) => {
    await build(service, 'base', {}, ['v1']);
    expectMistake(await runRecipe(recipe("fromTemplate('base')")), /no tag default\. It has the tag v1\./);
  });

  test.for(['base', 'other/base', 'base:v1'])(
    'that may be of another team is a warning: %s',
    async (parent, { runRecipe }) => {
      const { log, changes } = await runRecipe(recipe(`fromTemplate('${parent}')`));
      expect(annotations(log, 'warning')).toEqual([
        expect.stringMatching(
          /,file=template\.ts,line=4.*The build continues, since it may be a public template/,
        ),
      ]);
      expect(changes.map(({ path }) => path)).toContain('/v3/templates');
    },
  );

  test('that is there is built from', async ({ service, runRecipe }) => {
    await build(service, 'base', {}, ['default']);
    await ask(service, 'GET', '/templates');
    const { exitCode, log } = await runRecipe(recipe("fromTemplate('acme/base')"));
    expect(exitCode, log).toBe(0);
    expect(annotations(log, 'warning')).toEqual([]);
  });
});
