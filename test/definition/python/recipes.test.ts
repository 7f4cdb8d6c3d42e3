/** A recipe in Python becomes the same plain data as one in TypeScript, with the line of each step. */
import { describe, expect } from 'vitest';
import { definitionOf, place, steps } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

const plain = `from novita_sandbox.core import Template\n`;

test('each step has the line of its call, however the chain is written', async () => {
  const loaded = await loadPython(`from novita_sandbox.core import Template, wait_for_port

def tools(builder):
    return builder.apt_install(["git", "curl"])

template = (
    Template()
    .from_template("base")
    .run_cmd("one")
    .copy(
        "template.py",
        "/app/",
    )
)
template = tools(template).run_cmd([
    "two",
    "three",
])
template.set_workdir("/app").set_start_cmd(
    "python app.py",
    wait_for_port(8080),
)
`);
  expect(steps(loaded)).toEqual([
    'RUN one <template.py:9>',
    'COPY template.py /app/ <template.py:10>',
    expect.stringMatching(/^RUN apt-get update .* git curl root <template\.py:4>$/),
    'RUN two && three <template.py:15>',
    'WORKDIR /app <template.py:19>',
  ]);
  const { recipe, sources, exportName, contextDirectory, readBy } = definitionOf(loaded);
  expect(recipe).toMatchObject({
    fromTemplate: 'base',
    startCmd: 'python app.py',
    readyCmd: 'ss -tuln | grep :8080',
  });
  expect(place(loaded, sources.base)).toBe('template.py:8');
  expect(place(loaded, sources.start)).toBe('template.py:19');
  expect({ exportName, contextDirectory }).toEqual({
    exportName: 'template',
    contextDirectory: loaded.directory,
  });
  expect(readBy).toMatch(/^Python 3\.\d+\.\d+ \(.*\), novita-sandbox 2\.\d+\.\d+, installed there$/);
});

test.each([
  ['any name', `${plain}agent = Template().from_template("x")`, 'agent'],
  [
    'one of two names',
    `${plain}base = Template().from_template("x")\ntemplate = base.run_cmd("y")`,
    'template',
  ],
  [
    'AsyncTemplate',
    'from e2b import AsyncTemplate\ntemplate = AsyncTemplate().from_template("x")',
    'template',
  ],
  [
    'the client form',
    'from novita_sandbox.core import Novita\ntemplate = Novita(api_key="x").template.from_template("x")',
    'template',
  ],
  [
    'the code interpreter',
    'from e2b_code_interpreter import Template\nt = Template().from_template("x")',
    't',
  ],
  [
    'deep imports',
    'from e2b.template_sync.main import Template\nfrom e2b.template.main import TemplateBase\nt: TemplateBase = Template().from_template("x")',
    't',
  ],
  ['a function', `${plain}def make():\n    return Template().from_template("x")`, 'make'],
  [
    'a function with defaults',
    `${plain}def make(kernels=[], *, size: int = 2):\n    return Template().from_template("x")`,
    'make',
  ],
  [
    'the function whose name says so',
    `${plain}def helper():\n    return 1\ndef define_template():\n    return Template().from_template("x")`,
    'define_template',
  ],
  ['an async function', `${plain}async def make():\n    return Template().from_template("x")`, 'make'],
])('the template is found under %s', async (_, text, name) => {
  const loaded = await loadPython(text);
  expect(mistakes(loaded)).toEqual([]);
  expect(definitionOf(loaded)).toMatchObject({ exportName: name, recipe: { fromTemplate: 'x' } });
  expect(definitionOf(loaded).contextDirectory).toBe(loaded.directory);
});

describe('what the inputs say', () => {
  const two = `${plain}a = Template().from_template("a")\nb = Template().from_template("b")\n`;

  test('export names one of several', async () => {
    const loaded = await loadPython(two, { exportName: 'b' });
    expect(definitionOf(loaded).recipe.fromTemplate).toBe('b');
    expect(mistakes(await loadPython(two))).toEqual([
      expect.stringMatching(/^template\.py:2 Several templates defined: .*: a, b\. .*input export:/),
    ]);
    expect(mistakes(await loadPython(two, { exportName: 'c' }))).toEqual([
      expect.stringMatching(/^template\.py:1 No variable c: .*a \(a template\), b \(a template\)\./),
    ]);
  });

  test('args are handed to a function by name', async () => {
    const text = `${plain}def make(base, tools=()):\n    return Template().from_template(base).run_cmd(list(tools))`;
    const loaded = await loadPython(text, { reading: { args: { base: 'x', tools: ['a', 'b'] } } });
    expect(steps(loaded)).toEqual(['RUN a && b <template.py:3>']);
    expect(mistakes(await loadPython(text, { exportName: 'make' }))).toEqual([
      expect.stringMatching(
        /^template\.py:2 The function takes other arguments: make\(base, tools=\(\)\): missing a required argument: 'base'\. .*input args:/,
      ),
    ]);
  });
});

test('files beside it and packages around it are imported', async () => {
  const loaded = await loadPython(
    {
      'agents/one/build.py': `from .template import template\nfrom ..shared import tools\nimport names\ntemplate.run_cmd(tools).run_cmd(names.own)`,
      'agents/one/template.py': `${plain}template = Template().from_template("x")`,
      'agents/one/names.py': 'own = "beside"',
      'agents/shared.py': 'tools = "above"',
    },
    { file: 'agents/one/build.py' },
  );
  expect(mistakes(loaded)).toEqual([]);
  expect(steps(loaded)).toEqual(['RUN above <agents/one/build.py:4>', 'RUN beside <agents/one/build.py:4>']);
  expect(definitionOf(loaded).contextDirectory).toBe(`${loaded.directory}/agents/one`);
});

test('packages of any folder around it are imported, as a script is run from any of them', async () => {
  const loaded = await loadPython(
    {
      'backend/scripts/build.py': `from app.config import name\nfrom e2b import Template\nt = Template().from_template(name)`,
      'backend/app/config.py': 'name = "x"',
    },
    { file: 'backend/scripts/build.py' },
  );
  expect(mistakes(loaded)).toEqual([]);
  expect(definitionOf(loaded).recipe.fromTemplate).toBe('x');
});

test('a folder named e2b does not hide the SDK', async () => {
  const loaded = await loadPython(
    {
      'e2b/build.py': `from e2b import Template\nfrom .parts import parts\ntemplate = Template().from_template("x").run_cmd(parts)`,
      'e2b/parts.py': 'parts = "y"',
    },
    { file: 'e2b/build.py' },
  );
  expect(mistakes(loaded)).toEqual([]);
  expect(steps(loaded)).toEqual(['RUN y <e2b/build.py:3>']);
});

test('a relative context is that of the working directory', async () => {
  const loaded = await loadPython(
    `${plain}from pathlib import Path\ntemplate = Template(file_context_path=Path("files"), file_ignore_patterns=["*.log"]).from_template("x")`,
  );
  expect(definitionOf(loaded)).toMatchObject({
    contextDirectory: `${loaded.directory}/files`,
    ignorePatterns: ['*.log'],
  });
});

test('what it prints is output, and never a message', async () => {
  const loaded = await loadPython(
    `${plain}import sys\nprint("::set-output name=x::y")\nsys.stderr.write("warn\\n")\ntemplate = Template().from_template("x")\nprint("end", end="")`,
  );
  expect(loaded.stdout).toEqual(['::set-output name=x::y', 'end']);
  expect(loaded.stderr).toEqual(['warn']);
  expect(definitionOf(loaded).recipe.fromTemplate).toBe('x');
});
