// Build scripts and config files build with `template:` alone: those of examples/, and those of the service's
// documentation, with the name, size, tags and log level that they give.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { repositoryRoot } from '../support/runner.ts';

const test = testWith({ defaults: { inputs: { name: '', 'pin-base': 'false' } } });
const example = (name: string) => join(repositoryRoot, 'examples', name);

test('examples/build-script', async ({ workspace, run, service }) => {
  cpSync(example('build-script'), workspace.path, { recursive: true });
  const { exitCode, log, outputs, result } = await run({ inputs: { template: 'build.prod.ts' } });
  expect(exitCode, log).toBe(0);
  expect(outputs).toMatchObject({ status: 'ready', name: 'web-agent' });
  expect(result).toMatchObject({ name: 'web-agent', cpuCount: 2, memoryMb: 2048 });
  expect(log).toMatch(/::notice title=Left undone,file=build\.prod\.ts,line=15::.*Sandbox\.create\(\)/);
  // The script itself has asked the service for nothing.
  expect(service.requests.filter(({ method, path }) => method === 'POST' && /sandboxes$/.test(path))).toEqual(
    [],
  );
});

test('examples/config-file', async ({ workspace, run }) => {
  cpSync(example('config-file'), workspace.path, { recursive: true });
  const { exitCode, log, outputs, result } = await run({ inputs: { template: 'e2b.toml' } });
  expect(exitCode, log).toBe(0);
  expect(outputs).toMatchObject({ status: 'ready', name: 'code-agent' });
  expect(result).toMatchObject({ name: 'code-agent', cpuCount: 2, memoryMb: 2048 });
});

/** As the service documents them. */
const documented: readonly [
  name: string,
  script: string,
  result: Record<string, unknown>,
  undone: readonly string[],
][] = [
  [
    'a build and a sandbox',
    `import { Sandbox, Template } from "novita-sandbox"

const template = Template().fromImage("python:3.12")

const build = await Template.build(template, "my-python-template", {
  cpuCount: 2,
  memoryMB: 1024,
})

const sandbox = await Sandbox.create(build.templateId)
console.log(sandbox.sandboxId)

await sandbox.kill()
`,
    { name: 'my-python-template', cpuCount: 2, memoryMb: 1024 },
    ['Sandbox.create() (build.ts:10)'],
  ],
  [
    'tags',
    `import { Template } from "novita-sandbox"

const template = Template().fromPythonImage("3.12")

const build = await Template.build(template, "agent-runtime-base", {
  tags: ["v1.0.0", "latest"],
})

await Template.assignTags("agent-runtime-base:v1.0.0", "production")

const tags = await Template.getTags(build.templateId)
console.log(tags)
`,
    { name: 'agent-runtime-base', tags: ['v1.0.0', 'latest'] },
    ['Template.assignTags() (build.ts:9)', 'Template.getTags() (build.ts:11)'],
  ],
  [
    'a log level',
    `import { Template, defaultBuildLogger } from "novita-sandbox"

const template = Template().fromPythonImage("3.12")

await Template.build(template, "my-logged-template", {
  onBuildLogs: defaultBuildLogger({ minLevel: "info" }),
})
`,
    { name: 'my-logged-template' },
    [],
  ],
];

test.for(documented)('as documented: %s', async ([, script, expected, undone], { workspace, run }) => {
  await workspace.write({ 'build.ts': script });
  const { exitCode, log, result } = await run({ inputs: { template: 'build.ts' } });
  expect(exitCode, log).toBe(0);
  expect(result).toMatchObject(expected);
  for (const call of undone) expect(log).toContain(call);
  expect(log.includes('Left undone')).toBe(undone.length > 0);
});
