// A build script yields the template that it builds, and what it says about the build. It never reaches the service.
import { describe, expect, test } from 'vitest';
import type { DefinitionSettings } from '../../src/definition/definition.ts';
import { definitionOf, type LoadOptions, load, place, steps } from '../support/definition-project.ts';
import { expectOneProblem, type Mistake } from './one-problem.ts';

const sdk = `import { defaultBuildLogger, Novita, Sandbox, Template } from 'novita-sandbox';\n`;
const made = `const template = Template().fromTemplate('x').runCmd('a');\n`;

function valuesOf(settings: DefinitionSettings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting?.value]));
}

/** Loads a script and gives its settings. */
async function settingsOf(files: Record<string, string> | string, options?: LoadOptions) {
  const loaded = await load(typeof files === 'string' ? { 'build.ts': files } : files, options);
  const { settings, notices } = definitionOf(loaded);
  const lines = new Set(Object.values(settings).map((setting) => place(loaded, setting?.at)));
  return { ...loaded, settings: valuesOf(settings), lines: [...lines], notices };
}

describe('what a call says', () => {
  test.each<[label: string, call: string, settings: Record<string, unknown>]>([
    [
      'name and options',
      `await Template.build(template, 'my-agent', { cpuCount: 2, memoryMB: 1024, tags: ['v1', 'latest'], skipCache: true });`,
      { name: 'my-agent', cpuCount: 2, memoryMb: 1024, tags: ['v1', 'latest'], skipCache: true },
    ],
    [
      'the form with an alias',
      `await Template.build(template, { alias: 'my-agent', cpuCount: 4, onBuildLogs: defaultBuildLogger() });`,
      { name: 'my-agent', cpuCount: 4 },
    ],
    [
      'a name with a tag',
      `await Template.build(template, 'my-agent:v2', { tags: ['v3'] });`,
      { name: 'my-agent', tags: ['v2', 'v3'] },
    ],
    ['in the background', `await Template.buildInBackground(template, 'my-agent');`, { name: 'my-agent' }],
    [
      'the form of the client',
      `await new Novita({ apiKey: process.env.NOVITA_API_KEY }).template.build(template, 'my-agent', { memoryMB: 2048 });`,
      { name: 'my-agent', memoryMb: 2048 },
    ],
    [
      'the client in the background, with an alias',
      `const client = new Novita();\nawait client.template.buildInBackground(template, { alias: 'my-agent' });`,
      { name: 'my-agent' },
    ],
    [
      'the level of the log',
      `await Template.build(template, 'my-agent', { onBuildLogs: defaultBuildLogger({ minLevel: 'warn' }) });`,
      { name: 'my-agent', logLevel: 'warn' },
    ],
    [
      'a log of its own',
      `await Template.build(template, 'my-agent', { onBuildLogs: (entry) => console.log(entry.message) });`,
      { name: 'my-agent' },
    ],
  ])('%s', async (_, call, settings) => {
    const loaded = await settingsOf(sdk + made + call);
    expect(loaded.settings).toEqual(settings);
    expect(loaded.lines).toEqual([`build.ts:${2 + call.split('\n').length}`]);
    expect(steps(loaded)).toEqual(['RUN a <build.ts:2>']);
    expect(loaded.notices).toEqual([]);
    expect(loaded.stdout.concat(loaded.stderr)).toEqual([]);
  });

  test('the template of another file keeps its lines and its context', async () => {
    const loaded = await settingsOf({
      'app/build.prod.ts': `import 'dotenv/config';\nimport { Template } from 'e2b';\nimport { template } from './template';\n\nasync function main() {\n  await Template.build(template, { alias: 'prod', cpuCount: 2 });\n}\n\nmain().catch(console.error);`,
      'app/template.ts': `import { Template } from 'e2b';\nexport const template = Template().fromTemplate('x')\n  .copy('a.txt', '/');`,
      'app/a.txt': 'a',
    });
    expect(loaded.settings).toEqual({ name: 'prod', cpuCount: 2 });
    expect(steps(loaded)).toEqual(['COPY a.txt / <app/template.ts:3>']);
    expect(loaded.definition?.contextDirectory).toBe(`${loaded.directory}/app`);
  });
});

describe('what a script may do around its build', () => {
  const build = `await Template.build(template, 'my-agent')`;
  test.each<[label: string, code: string]>([
    ['it is not waited for', `const main = async () => { ${build}; };\nmain();`],
    [
      'it waits before',
      `const main = async () => { await new Promise((done) => setTimeout(done, 5)); ${build}; };\nmain();`,
    ],
    ['errors are caught', `async function main() { ${build}; }\nmain().catch(console.error);`],
    [
      'it exits',
      `async function main() { ${build}; process.exit(0); }\nmain().catch((e) => { console.error(e); process.exit(1); });`,
    ],
    [
      'it exits when it is done',
      `async function main() { ${build}; }\nmain().then(() => process.exit(0), () => process.exit(1));`,
    ],
    ['it throws', `${build};\nthrow new Error('later');`],
    [
      'it throws where nobody waits',
      `async function main() { ${build}; throw new Error('later'); }\nmain();`,
    ],
    ['it keeps a connection open', `${build};\nsetInterval(() => {}, 1000);\nprocess.exit();`],
    [
      'it uses the result',
      `const { templateId, buildId, name, alias, tags } = ${build};\nif (!templateId.length || !buildId.length || name !== 'my-agent' || alias !== name || tags.length) throw new Error();`,
    ],
    ['it is the program', `if (import.meta.main) ${build};`],
    [
      'it is the program, by its path',
      `import { fileURLToPath } from 'node:url';\nif (process.argv[1] === fileURLToPath(import.meta.url)) ${build};`,
    ],
    [
      'it looks for a key',
      `for (const name of ['E2B_API_KEY', 'NOVITA_API_KEY', 'NOVITA_PROD_API_KEY']) if (!process.env[name]) process.exit(1);\n${build};`,
    ],
    ['it builds what does not exist', `if (!(await Template.exists('my-agent'))) ${build};`],
    [
      'it waits for the build',
      `const info = await Template.buildInBackground(template, 'my-agent');\nwhile ((await Template.getBuildStatus(info)).status !== 'ready');`,
    ],
    ['a function without arguments is exported', `export async function build() { ${build}; }`],
    [
      'the function that it calls is exported too',
      `export async function main() { ${build}; }\nawait main();`,
    ],
  ])('%s', async (_, code) => {
    const loaded = await settingsOf(`${sdk}${made}${code}`);
    expect(loaded.settings).toEqual({ name: 'my-agent' });
  });

  test('the program in CommonJS', async () => {
    const loaded = await settingsOf({
      'build.cts': `const { Template } = require('e2b');\nrequire('dotenv').config();\nif (require.main === module) Template.build(Template().fromTemplate('x'), 'my-agent');`,
    });
    expect(loaded.settings).toEqual({ name: 'my-agent' });
  });

  test('a helper in another file may build, and find a key', async () => {
    const loaded = await settingsOf({
      'build.ts': `import { run } from './lib/run.js';\nrun('my-agent');`,
      'lib/run.ts': `import { Template } from 'e2b';\nexport async function run(name: string) {\n  if (!process.env.E2B_API_KEY) throw new Error('no key');\n  await Template.build(Template().fromTemplate('x'), name);\n}`,
    });
    expect(loaded.settings).toEqual({ name: 'my-agent' });
    expect(loaded.lines).toEqual(['lib/run.ts:4']);
  });

  test('the input args are its arguments', async () => {
    const script = `${sdk}${made}const [, , name, level] = process.argv;\nif (!name) process.exit(1);\nawait Template.build(template, name, { cpuCount: Number(level) });`;
    const loaded = await settingsOf(script, { reading: { args: ['my-agent', 4] } });
    expect(loaded.settings).toEqual({ name: 'my-agent', cpuCount: 4 });
  });

  test('a function that it exports is called where the input export names it', async () => {
    const script = `${sdk}${made}export async function publish() {\n  await Template.build(template, 'my-agent');\n}\nexport function other() {}`;
    const loaded = await settingsOf(script, { exportName: 'publish' });
    expect(loaded.settings).toEqual({ name: 'my-agent' });
  });

  test('it may print its template with hashes of files', async () => {
    const loaded = await settingsOf({
      'build.ts': `${sdk}const template = Template().fromTemplate('x').copy('a', '/a');\nconsole.log(JSON.parse(await Template.toJSON(template)).steps[0].type);\nawait Template.build(template, 'my-agent');`,
      a: 'a',
    });
    expect(loaded.stdout).toEqual(['COPY']);
  });

  test('options without a meaning are told', async () => {
    const loaded = await settingsOf(
      `${sdk}${made}await Template.build(template, 'my-agent', { domain: 'example.test', apiKey: 'x', minFreeDiskMb: 1, apiUrl: undefined } as any);`,
    );
    expect(loaded.notices.map(({ title, message }) => `${title}: ${message}`)).toEqual([
      expect.stringMatching(/^domain is not read: .*said by its input domain\.$/),
      expect.stringMatching(/^minFreeDiskMb is not read: .*has no such setting\.$/),
    ]);
  });

  test('what it does besides is left undone, and told', async () => {
    const loaded = await settingsOf(
      `${sdk}${made}const build = await Template.build(template, 'my-agent', { tags: ['v1'] });
await Template.assignTags('my-agent:v1', 'production');
console.log((await Template.getTags(build.templateId)).map(({ tag }) => tag));
const sandbox = await Sandbox.create(build.templateId);
console.log(sandbox.sandboxId);`,
    );
    expect(loaded.stdout).toEqual(["[ 'v1' ]"]);
    expect(loaded.notices).toMatchObject([
      {
        title: 'Left undone',
        message: expect.stringContaining(
          'Template.assignTags() (build.ts:4), Template.getTags() (build.ts:5), Sandbox.create() (build.ts:6), and what waits for it. Tags belong into the input tags.',
        ),
        at: { line: 4 },
      },
    ]);
  });

  test('a request after the build is not sent', async () => {
    const loaded = await settingsOf(
      `${sdk}${made}await Template.build(template, 'my-agent');\nawait fetch('http://127.0.0.1:1/done', { method: 'POST' });\nconsole.log('sent');`,
    );
    expect(loaded.stdout).toEqual([]);
    expect(loaded.notices[0]?.message).toContain('the request to 127.0.0.1:1 (build.ts:4)');
  });

  test('files with the identifiers of the build are not written, and others are', async () => {
    const loaded = await settingsOf(
      `import fs, { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
${sdk}${made}const { templateId, buildId, name } = await Template.build(template, 'my-agent');
writeFileSync('id.txt', templateId);
appendFileSync(process.env.GITHUB_OUTPUT!, 'build=' + buildId);
await writeFile('id.json', JSON.stringify({ buildId }));
await new Promise((done) => fs.writeFile('id.bin', Buffer.from(buildId), done));
writeFileSync('name.txt', name);
console.log(readdirSync('.').sort().join(' '));`,
    );
    expect(loaded.stdout).toEqual(['build.ts name.txt']);
    expect(loaded.notices[0]?.message).toMatch(
      /writing id\.txt \(build\.ts:6\), writing undefined \(build\.ts:7\), writing id\.json \(.*\), writing id\.bin/,
    );
  });

  test('what is still busy is not waited for', async () => {
    const loaded = await settingsOf(
      `${sdk}${made}setInterval(() => {}, 1000);\nawait Template.build(template, 'my-agent');`,
      { timeLimitMs: 60_000 },
    );
    expect(loaded.notices).toMatchObject([{ title: 'The script goes on after its build' }]);
  });

  test('an error after the build is told', async () => {
    const loaded = await settingsOf(
      `${sdk}${made}await Template.build(template, 'x');\nthrow new Error('no slack');`,
    );
    expect(loaded.notices).toMatchObject([
      { title: 'The script fails after its build', message: 'no slack. The build is made nevertheless.' },
    ]);
  });
});

describe('several builds', () => {
  const two = `${sdk}${made}const other = Template().fromTemplate('y');\nawait Template.build(template, 'one');\nawait Template.build(other, 'two', { cpuCount: 8 });`;

  test('the input name picks one', async () => {
    expect((await settingsOf(two, { reading: { name: 'two' } })).settings).toEqual({
      name: 'two',
      cpuCount: 8,
    });
  });

  test.each(['', 'three'])('they are listed for the name "%s"', (name) =>
    expectOneProblem(
      { 'build.ts': two },
      'build.ts:4',
      /builds 2 times: one \(build\.ts:4\); two \(build\.ts:5\)\..*input name:/,
      { reading: { name } },
    ),
  );

  test('of one name are listed with their tags', () =>
    expectOneProblem(
      {
        'build.ts': `${sdk}${made}for (const tag of ['dev', 'prod'])\n  await Template.build(template, 'one', { tags: [tag] });`,
      },
      'build.ts:4',
      /one with the tags dev \(build\.ts:4\); one with the tags prod/,
    ));

  test('a build that is tried again is one build', async () => {
    const loaded = await settingsOf(
      `${sdk}${made}for (const _ of [1, 2]) await Template.build(template, 'one');`,
    );
    expect(loaded.settings).toEqual({ name: 'one' });
  });
});

describe('a script that exports too', () => {
  test('the template that it builds has what the call says', async () => {
    const loaded = await settingsOf(
      `${sdk}export const template = Template().fromTemplate('x');\nawait Template.build(template, 'one');`,
    );
    expect(loaded.settings).toEqual({ name: 'one' });
  });

  test('the build wins over another export, and the input export over the build', async () => {
    const script = `${sdk}export const other = Template().fromTemplate('x').runCmd('other');\nawait Template.build(Template().fromTemplate('x').runCmd('built'), 'one');`;
    const built = await settingsOf(script);
    expect([built.settings, steps(built)]).toEqual([{ name: 'one' }, ['RUN built <build.ts:3>']]);
    const named = await settingsOf(script, { exportName: 'other' });
    expect([named.settings, steps(named)]).toEqual([{}, ['RUN other <build.ts:2>']]);
  });
});

const mistakes: [label: string, ...mistake: Mistake][] = [
  [
    'process.exit before the build',
    {
      'build.ts': `${sdk}${made}if (!process.env.TEMPLATE_NAME) {\n  process.exit(1);\n}\nawait Template.build(template, 'x');`,
    },
    'build.ts:4',
    /ends the script before it calls Template\.build\(\)/,
  ],
  [
    'an error before the build that is only printed',
    {
      'build.ts': `${sdk}async function main() {\n  const template = (Template().fromTemplate('x') as any)\n    .uvInstall('a');\n  await Template.build(template, 'x');\n}\nmain().catch((error) => { console.error('failed', error); process.exit(1); });`,
    },
    'build.ts:4',
    /have no uvInstall\(\)/,
  ],
  [
    'it needs a sandbox first',
    {
      'build.ts': `${sdk}${made}const sandbox = await Sandbox.create('base');\nawait Template.build(template, sandbox.sandboxId);`,
    },
    'build.ts:3',
    /^Sandbox\.create\(\) gets no answer here/,
  ],
  [
    'it only exports functions',
    {
      'build.ts': `${sdk}export const check = () => 1;\nexport const publish = async () => Template.build(Template(), 'x');`,
    },
    'build.ts:1',
    /It exports functions \(check, publish\) and calls none that builds.*input export:/,
  ],
  [
    'it does not call its build',
    { 'build.ts': `${sdk}${made}if (process.argv.includes('--now')) await Template.build(template, 'x');` },
    'build.ts:1',
    /did not call Template\.build\(\).*no arguments but those of the input args/,
  ],
  [
    'no template',
    { 'build.ts': `${sdk}await Template.build(undefined as any, 'x');` },
    'build.ts:2',
    /argument 1 is undefined; a template/,
  ],
  [
    'a size that is no number',
    {
      'build.ts': `${sdk}${made}await Template.build(template, 'x', { cpuCount: parseInt(process.env.CPUS!, 10) });`,
    },
    'build.ts:3',
    /cpuCount is NaN; a number is expected/,
  ],
  [
    'the placeholder of a key in a step',
    {
      'build.ts': `${sdk}const template = Template().fromTemplate('x')\n  .setEnvs({ KEY: process.env.NOVITA_API_KEY! });\nawait Template.build(template, 'x');`,
    },
    'build.ts:3',
    /^Step 1 \(ENV\) holds the API key of the service.*placeholder/,
  ],
  [
    'the placeholder of a key in the start command',
    {
      'build.ts': `${sdk}const template = Template().fromTemplate('x')\n  .setStartCmd('serve --key ' + process.env.E2B_API_KEY, 'true');\nawait Template.build(template, 'x');`,
    },
    'build.ts:3',
    /^The start command holds the API key/,
  ],
];

test.each(mistakes)('mistake: %s', (_, ...row) => expectOneProblem(...row));
