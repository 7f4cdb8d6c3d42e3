/** What a person reads of a mistake in a recipe in Python. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { definitionOf } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

const first = 'from e2b import Template\n';

test('wrong arguments of several calls are reported together, each at its line', async () => {
  const loaded = await loadPython(`from e2b import Template, wait_for_port
import os
template = (
    Template()
    .from_image(None)
    .run_cmd(8080)
    .run_cmd(["a", None])
    .copy("a", "b", mode="755")
    .copy_items([{"src": "a"}])
    .set_envs({
        "PORT": 8080,
        "HOME_OF": os.environ.get("NOT_SET"),
        "SECRET": os.getenv("ACTIONS_RUNTIME_TOKEN"),
    })
    .run_cmd("x", usr="root")
    .git_clone("u", depth="1")
    .set_start_cmd("x", wait_for_port)
)
`);
  expect(mistakes(loaded)).toEqual([
    expect.stringMatching(
      /^template\.py:5 from_image\(\) got None: from_image: image is None; a string is expected\. If it comes/,
    ),
    'template.py:6 run_cmd() got the number 8080: run_cmd: command is the number 8080; a string or a list of strings is expected.',
    expect.stringMatching(/^template\.py:7 run_cmd\(\) got None: run_cmd: command, item 2, is None;/),
    'template.py:8 copy() got a string: copy: mode is a string; a number such as 0o755 is expected.',
    'template.py:9 copy_items() got a dict without dest: copy_items: items, item 1, is a dict without dest; a list of dicts with src and dest is expected.',
    'template.py:11 Environment variable PORT is not a string: set_envs: PORT is the number 8080; a string is expected. Write "PORT": "8080".',
    'template.py:12 Environment variable HOME_OF is None: set_envs: HOME_OF is None; a string is expected. It comes from the environment variable NOT_SET. NOT_SET is not set in this job, or names a file of the runner, which the action does not hand to a definition. Set it in env: of the step, or give a default.',
    expect.stringMatching(
      /^template\.py:13 .*ACTIONS_RUNTIME_TOKEN. The action does not hand ACTIONS_RUNTIME_TOKEN to a definition/,
    ),
    expect.stringMatching(
      /^template\.py:15 run_cmd\(\) got other arguments than it takes: .*'usr'\. It takes \(command, user=…\)\.$/,
    ),
    'template.py:16 git_clone() got a string: git_clone: depth is a string; a number is expected.',
    expect.stringMatching(
      /^template\.py:17 set_start_cmd\(\) got a function: set_start_cmd: ready_cmd is a function;.*wait_for_port\(\)/,
    ),
  ]);
});

test.each([
  [
    'nothing',
    'x = 1',
    /^template\.py:1 No template defined: It defines x \(the number 1\)\. Name the template/,
  ],
  ['an empty file', '', /^template\.py:1 No template defined: The file defines nothing\./],
  [
    'a syntax error',
    `${first}template = (\n  Template(\n`,
    /^template\.py:3 Syntax error in the definition: .*never closed/,
  ],
  [
    'a wrong indentation',
    `${first}  x = 1`,
    /^template\.py:2 Syntax error in the definition: unexpected indent\. The line reads: x = 1/,
  ],
  [
    'an exception',
    `${first}\ndef f():\n    return {}["x"]\nf()`,
    /^template\.py:4 The definition raises an exception: KeyError: 'x'\./,
  ],
  [
    'an exception in a library',
    'import json\njson.loads("{")',
    /^template\.py:2 The definition raises an exception: JSONDecodeError/,
  ],
  [
    'a variable that is not set',
    'import os\nos.environ["NOT_SET"]',
    /^template\.py:2 Environment variable NOT_SET is not set: .*Set it in env:/,
  ],
  [
    'a variable that is withheld',
    'import os\nos.environ["GITHUB_OUTPUT"]',
    /^template\.py:2 Environment variable GITHUB_OUTPUT is not set: .*does not hand/,
  ],
  [
    'a package that is missing',
    'import numpy_of_nobody.linalg',
    /^template\.py:1 Package numpy_of_nobody is not installed/,
  ],
  [
    'a name that the SDK lacks',
    'from e2b import Volume2',
    /^template\.py:1 The SDK has no Volume2: .*novita-sandbox 2\.\d+\.\d+ for Python has no Volume2/,
  ],
  [
    'a method that the SDK lacks',
    `${first}t = Template().from_image("x").apt_instal("y")`,
    /^template\.py:2 The SDK has no apt_instal\(\): .*Did you mean apt_install\(\)\?/,
  ],
  [
    'a method before the base',
    `${first}t = Template().run_cmd("y")`,
    /^template\.py:2 run_cmd\(\) comes too early/,
  ],
  [
    'a method after the end',
    `${first}t = Template().from_image("x").set_ready_cmd("y").run_cmd("z")`,
    /^template\.py:2 run_cmd\(\) comes too late/,
  ],
  [
    'what the SDK refuses',
    `${first}Template().from_image("x").add_mcp_server("y")`,
    /^template\.py:2 The SDK refuses the template: MCP servers can only/,
  ],
  [
    'JSON as an account',
    `${first}Template().from_gcp_registry("x", '{"private_key": "sss"}')`,
    /^template\.py:2 from_gcp_registry\(\) got JSON as text/,
  ],
  [
    'a request',
    'import urllib.request\nurllib.request.urlopen("http://127.0.0.1:9")',
    /^template\.py:2 A request of the definition failed: URLError/,
  ],
  [
    'a function that gives nothing',
    `${first}def make():\n    Template().from_image("x")`,
    /^template\.py:2 The function gives no template: .*Is a return missing\?/,
  ],
  [
    'a variable that is something else',
    `${first}template = 8`,
    /^template\.py:1 No template defined: It defines template \(the number 8\)\./,
  ],
])('%s', async (_, text, message) => {
  const loaded = await loadPython(text);
  expect(mistakes(loaded)).toEqual([expect.stringMatching(message)]);
  expect(loaded.problems[0]?.message).not.toContain('sss');
});

describe('the interpreter', () => {
  const recipe = `${first}template = Template().from_template("x")`;
  const fake = (text: string) => (directory: string) => {
    const path = join(directory, '.venv/bin/python');
    mkdirSync(join(directory, '.venv/bin'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  };

  test('is that of .venv, else python3', async () => {
    const own = await loadPython(recipe, {
      reading: { python: '' },
      prepare: fake(`exec ${inject('python')} "$@"`),
      env: { PATH: '/nowhere' },
    });
    expect(definitionOf(own).readBy).toMatch(/^Python 3\.\d+\.\d+ \(\.venv\/bin\/python\)/);
    const env = { PATH: `relative:${dirname(inject('python'))}` };
    const found = await loadPython(recipe, { reading: { python: '' }, env });
    expect(definitionOf(found).readBy).toContain(`(${join(dirname(inject('python')), 'python3')})`);
  });

  test('is missing', async () => {
    const none = await loadPython(recipe, { reading: { python: '' }, env: { PATH: '/nowhere' } });
    expect(mistakes(none)).toEqual([
      expect.stringMatching(/Python is missing: There is no python3 on the PATH\..*setup-python/),
    ]);
    const named = await loadPython(recipe, { reading: { python: 'python9.9' } });
    expect(mistakes(named)).toEqual([
      expect.stringMatching(/Python is missing: python: python9\.9 is not there\./),
    ]);
  });

  test('is too old', async () => {
    const prepare = fake(`echo '{"version": "3.8.18", "base": "/usr/bin/python3.8"}'`);
    const loaded = await loadPython(recipe, { reading: { python: '' }, prepare });
    expect(mistakes(loaded)).toEqual([
      expect.stringMatching(/Python is too old: .*\.venv\/bin\/python is Python 3\.8\.18; 3\.10 or newer/),
    ]);
  });

  test('of .venv does not start', async () => {
    const loaded = await loadPython(recipe, {
      reading: { python: '' },
      prepare: fake('echo broken >&2; exit 1'),
    });
    expect(mistakes(loaded)).toEqual([
      expect.stringMatching(/Python does not start: .*\.venv\/bin\/python could not be started: broken/),
    ]);
  });
});
