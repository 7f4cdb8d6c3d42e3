/** The scripts of the service's documentation build as they stand, with the name, size, tags and log level they give. */
import { expect } from 'vitest';
import { definitionOf } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

/** The image's configuration is not read: no registry is reached. */
const env = { HTTPS_PROXY: 'http://127.0.0.1:9' };

test.each([
  [
    'starts a sandbox from its build',
    `from novita_sandbox.core import Sandbox, Template

template = Template().from_image("python:3.12")

build = Template.build(
    template,
    "my-python-template",
    cpu_count=2,
    memory_mb=1024,
)

sandbox = Sandbox.create(build.template_id)
print(sandbox.sandbox_id)

sandbox.kill()
`,
    { name: 'my-python-template', cpuCount: 2, memoryMb: 1024 },
    /^The action only builds: Sandbox\.create\(\) \(line 12\) of the script is left undone\.$/,
  ],
  [
    'moves and reads tags',
    `from novita_sandbox.core import Template

template = Template().from_python_image("3.12")

build = Template.build(
    template,
    "agent-runtime-base",
    tags=["v1.0.0", "latest"],
)

Template.assign_tags("agent-runtime-base:v1.0.0", "production")

tags = Template.get_tags(build.template_id)
print(tags)
`,
    { name: 'agent-runtime-base', tags: ['v1.0.0', 'latest'] },
    /^The action only builds: Template\.assign_tags\(\) \(line 11\), Template\.get_tags\(\) \(line 13\)/,
  ],
  [
    'prints its build',
    `from novita_sandbox.core import Template

template = Template().from_python_image("3.12")

build = Template.build(template, "my-logged-template")
print(build.build_id)
`,
    { name: 'my-logged-template' },
    undefined,
  ],
  [
    'builds in the background, and waits',
    `import time
from novita_sandbox.core import Template, default_build_logger

template = Template().from_python_image("3.12")
build = Template.build_in_background(template, "my-template", on_build_logs=default_build_logger(min_level="warn"))
while Template.get_build_status(build, logs_offset=0).status in ("building", "waiting"):
    time.sleep(2)
`,
    { name: 'my-template', logLevel: 'warn' },
    /Template\.get_build_status\(\)/,
  ],
])('a script that %s', async (_, text, settings, notice) => {
  const loaded = await loadPython({ 'build.py': text }, { env });
  expect(mistakes(loaded)).toEqual([]);
  const definition = definitionOf(loaded);
  expect(definition.recipe.fromImage).toBe('python:3.12');
  expect(
    Object.fromEntries(Object.entries(definition.settings).map(([name, { value }]) => [name, value])),
  ).toEqual(settings);
  expect(definition.notices.map(({ message }) => message)).toEqual(
    notice ? [expect.stringMatching(notice)] : [],
  );
});
