/** A script in Python that builds by itself: its call is noted, and the action builds. */
import { describe, expect } from 'vitest';
import { definitionOf, type Loaded, place, steps } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

const template =
  'from e2b import Template, AsyncTemplate, default_build_logger\ntemplate = Template().from_template("x")\n';

/** Each setting as its value. */
function settings(loaded: Loaded): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(definitionOf(loaded).settings).map(([name, { value }]) => [name, value]),
  );
}

test('a script gives template, name, size, tags and log level', async () => {
  const loaded = await loadPython(
    {
      'build.py': `import asyncio
import os
from dotenv import load_dotenv
from e2b import AsyncTemplate, default_build_logger
from template import template

load_dotenv()
if not os.environ.get("E2B_API_KEY"):
    raise SystemExit("E2B_API_KEY is not set")

async def main():
    built = await AsyncTemplate.build(
        template,
        alias=os.environ["ALIAS"],
        cpu_count=2,
        memory_mb=2048,
        tags=["v1", "latest"],
        skip_cache=True,
        on_build_logs=default_build_logger(min_level="debug"),
    )
    print(built.template_id, built.build_id)

if __name__ == "__main__":
    asyncio.run(main())
`,
      'template.py':
        'from e2b import AsyncTemplate\ntemplate = AsyncTemplate().from_template("x").run_cmd("y")',
      '.env': 'ALIAS="my-agent" # the name\nE2B_API_KEY=e2b_real\n',
    },
    { file: 'build.py' },
  );
  expect(mistakes(loaded)).toEqual([]);
  expect(settings(loaded)).toEqual({
    name: 'my-agent',
    cpuCount: 2,
    memoryMb: 2048,
    tags: ['v1', 'latest'],
    skipCache: true,
    logLevel: 'debug',
  });
  expect(steps(loaded)).toEqual(['RUN y <template.py:2>']);
  expect(place(loaded, definitionOf(loaded).settings.name?.at)).toBe('build.py:12');
  expect(loaded.stdout).toEqual(['my-agent not-built-yet']);
});

test.each([
  ['in the background', 'Template.build_in_background(template, "my-agent")'],
  ['by the client', 'from e2b import Novita\nNovita(api_key="k").template.build(template, "my-agent")'],
  ['and exits', 'import sys\nTemplate.build(template, "my-agent")\nraise SystemExit(0)'],
  ['and fails afterwards', 'Template.build(template, "my-agent")\nraise RuntimeError("no")'],
  ['and ends its process', 'import os\nTemplate.build(template, "my-agent")\nos._exit(1)'],
  ['in a function', 'def build():\n    Template.build(template, "my-agent")\nbuild()'],
  [
    'in a thread',
    'import threading\nthread = threading.Thread(target=lambda: Template.build(template, "my-agent"))\nthread.start()\nthread.join()',
  ],
  [
    'and waits for a state that only the service has',
    'import time\nTemplate.build(template, "my-agent")\nwhile not template.__dict__.get("done"):\n    time.sleep(5)',
  ],
])('a script that builds %s', async (_, text) => {
  const loaded = await loadPython(template + text);
  expect(mistakes(loaded)).toEqual([]);
  expect(settings(loaded)).toEqual({ name: 'my-agent' });
});

test('what it does with the service is left undone, and said', async () => {
  const loaded = await loadPython(`${template}
from e2b import Sandbox
if Template.exists("my-agent"):
    raise SystemExit("it exists")
built = Template.build(template, "my-agent")
while Template.get_build_status(built).status.value != "ready":
    pass
Template.assign_tags("my-agent", ["stable"])
for tag in Template.get_tags(built.template_id):
    print(tag)
sandbox = Sandbox.create(built.template_id, timeout=60)
with sandbox:
    print(sandbox.sandbox_id, sandbox.commands.run("echo 1").stdout)
assert sandbox.is_running() is False
`);
  expect(mistakes(loaded)).toEqual([]);
  const [undone, ended] = definitionOf(loaded).notices;
  expect(undone?.message).toMatch(
    /^The action only builds: Template\.exists\(\) \(line 5\), Template\.get_build_status\(\) \(line 8\), Template\.assign_tags\(\) \(line 10\), Template\.get_tags\(\) \(line 11\), Sandbox\.create\(\) \(line 13\) of the script are left undone\.$/,
  );
  expect(ended?.message).toMatch(/AssertionError/);
});

describe('several builds in one script', () => {
  const several = `${template}for name in ("small", "large:v1"):
    Template.build(template.run_cmd(name), name, cpu_count=len(name))
`;

  test('the input name picks one, as it was when it was built', async () => {
    const loaded = await loadPython(several, { reading: { name: 'large' } });
    expect(settings(loaded)).toEqual({ name: 'large:v1', cpuCount: 8 });
    expect(steps(loaded)).toHaveLength(2);
    const first = await loadPython(several, { reading: { name: 'small' } });
    expect(steps(first)).toEqual(['RUN small <template.py:4>']);
  });

  test('without it they are listed', async () => {
    for (const name of [undefined, 'other'])
      expect(mistakes(await loadPython(several, { reading: name ? { name } : {} }))).toEqual([
        'template.py:4 Several builds in one script: The script asks for 2 builds: small (line 4), large:v1 (line 4). Pick one with the input name:.',
      ]);
  });
});

test('a definition with a script at its end is found where the script needs arguments', async () => {
  const loaded = await loadPython(`${template}
if __name__ == "__main__":
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    Template.build(template, parser.parse_args().name)
`);
  expect(mistakes(loaded)).toEqual([]);
  expect(definitionOf(loaded).notices[0]?.message).toMatch(/the script ended with sys\.exit\(\)/);
});

test('settings of a wrong type are mistakes at the line of the build', async () => {
  const loaded = await loadPython(`${template}Template.build(template, "x", cpu_count="2")`);
  expect(mistakes(loaded)).toEqual([
    'template.py:3 Template.build() got a string: Template.build(): cpu_count is a string; a number is expected.',
  ]);
});

test('a key that is written into the template is a mistake', async () => {
  const loaded = await loadPython(
    `${template}import os\ntemplate.set_envs({\n    "KEY": os.environ["NOVITA_API_KEY"],\n})`,
    { env: { NOVITA_API_KEY: 'sk_real_key' } },
  );
  expect(mistakes(loaded)).toEqual([
    expect.stringMatching(/^template\.py:4 The template holds the API key: /),
  ]);
});

test('so is a function whose name says template, where the script fails before its build', async () => {
  const loaded = await loadPython(`${template.replace('template =', 'base =')}del base
def build_template(base=None):
    return Template().from_template("y")
def main():
    raise SystemExit(load_settings())
if __name__ == "__main__":
    main()
`);
  expect(mistakes(loaded)).toEqual([]);
  expect(definitionOf(loaded)).toMatchObject({ exportName: 'build_template', recipe: { fromTemplate: 'y' } });
  expect(definitionOf(loaded).notices[0]?.message).toMatch(/ended with NameError: name 'load_settings'/);
});

test('a script that fails before it builds what another file defines says why', async () => {
  const loaded = await loadPython(
    {
      'template/build.py': `from e2b import Template
from .template import template
if __name__ == "__main__":
    import os
    if not os.environ.get("COMMIT_ID"):
        raise ValueError("COMMIT_ID is required")
`,
      'template/template.py': template,
    },
    { file: 'template/build.py' },
  );
  expect(mistakes(loaded)).toEqual([
    expect.stringMatching(
      /^template\/build\.py:6 The definition raises an exception: ValueError: COMMIT_ID is required\..*COMMIT_ID is not set in this job: set it in env: of the step\.$/,
    ),
  ]);
});

test('values that are no text come back as far as they can', async () => {
  const loaded = await loadPython(`${template}import pathlib
Template.build(template.copy("a", "/b", force_upload=1), 7, skip_cache=None, tags=[pathlib.Path("x")])`);
  expect(mistakes(loaded)).toEqual([]);
  expect(settings(loaded)).toMatchObject({ name: '7' });
});
