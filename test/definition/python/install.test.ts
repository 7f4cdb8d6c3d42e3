/** Where the SDK for Python comes from when the interpreter has none. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished } from 'vitest';
import { definitionOf, type LoadOptions, load } from '../../support/definition-project.ts';
import { mistakes, pythonTest } from './load-python.ts';

const test = inject('wheels') === '' ? pythonTest.skip : pythonTest;
const recipe = `import novita_sandbox
from e2b import Template
print(novita_sandbox.__file__)
template = Template().from_template("x")`;

/** Packages come from a folder, and no index is asked. */
const offline = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: inject('wheels') };

/** A virtual environment in the working directory, without the SDK; `bin` adds programs of its own. */
function withEnvironment(more: (directory: string) => void = () => {}): Pick<LoadOptions, 'prepare'> {
  return {
    prepare: (directory) => {
      execFileSync(inject('python'), ['-m', 'venv', '--without-pip', join(directory, '.venv')]);
      more(directory);
    },
  };
}

function program(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

test('it is installed for the run, by the interpreter that .venv was made with', async () => {
  const loaded = await load({ 'template.py': recipe }, { ...withEnvironment(), env: offline });
  expect(mistakes(loaded)).toEqual([]);
  const [place = ''] = loaded.stdout;
  expect(place).toMatch(
    new RegExp(`^${loaded.directory}\\.temporary/definition-[\\w-]+/python-sdk/novita_sandbox/`),
  );
  expect(definitionOf(loaded).readBy).toMatch(
    /^Python 3\.\d+\.\d+ \(\.venv\/bin\/python\), novita-sandbox 2\.1\.1, installed for this run$/,
  );
});

test('files of the checkout do not say where packages come from', async () => {
  const evil = '[global]\nindex-url = http://127.0.0.1:9/evil\n[install]\nprefix = /nowhere\n';
  const env: Record<string, string> = {
    ...offline,
    PIP_USER: '1',
    PIP_REQUIREMENT: 'planted.txt',
    PIP_TARGET: '/nowhere',
    PYTHONPATH: '.',
  };
  const { prepare } = withEnvironment((directory) => {
    env['PIP_CONFIG_FILE'] = join(directory, 'pip.conf');
    env['HOME'] = directory;
    for (const name of ['pip.conf', '.venv/pip.conf', 'uv.toml']) writeFileSync(join(directory, name), evil);
    mkdirSync(join(directory, 'pip'));
    writeFileSync(join(directory, 'pip/__init__.py'), 'raise SystemExit("PLANTED")');
  });
  const loaded = await load({ 'template.py': recipe }, { ...(prepare && { prepare }), env });
  expect(mistakes(loaded)).toEqual([]);
  expect(definitionOf(loaded).readBy).toMatch(/installed for this run$/);
});

describe('the message when it fails', () => {
  test('without an index', async () => {
    const env = { PIP_NO_INDEX: '1' };
    const loaded = await load({ 'template.py': recipe }, { ...withEnvironment(), env });
    expect(mistakes(loaded)).toEqual([
      expect.stringMatching(
        /^template\.py:1 The Python SDK cannot be installed: novita-sandbox is not installed for .*\.venv\/bin\/python, and installing it for this run failed: .*No matching distribution found.* Install it in a step before this one \(pip install novita-sandbox\)/,
      ),
    ]);
  });

  test('with a package of another content', async () => {
    const wheels = mkdtempSync(join(tmpdir(), 'wheels-'));
    onTestFinished(() => rmSync(wheels, { recursive: true, force: true }));
    cpSync(inject('wheels'), wheels, { recursive: true });
    const [name = ''] = readdirSync(wheels).filter((file) => file.startsWith('mdurl-'));
    appendFileSync(join(wheels, name), 'more');
    const env = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels };
    const loaded = await load({ 'template.py': recipe }, { ...withEnvironment(), env });
    expect(mistakes(loaded)).toEqual([
      expect.stringMatching(/failed: THESE PACKAGES DO NOT MATCH THE HASHES .*mdurl/),
    ]);
  });

  describe('without pip', () => {
    /** An interpreter that has neither the SDK nor pip, and a folder for other programs beside it. */
    function bare(): { folder: string; python: string } {
      const folder = mkdtempSync(join(tmpdir(), 'bare-python-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const python = join(folder, 'python3');
      const answer = JSON.stringify({ version: '3.12.1', base: python });
      program(
        python,
        `case "$*" in *pip*) echo "$0: No module named pip" >&2; exit 1;; *) echo '${answer}';; esac`,
      );
      return { folder, python };
    }

    test('and uv', async () => {
      const { python } = bare();
      const loaded = await load(
        { 'template.py': recipe },
        { reading: { python }, env: { PATH: '/nowhere' } },
      );
      expect(mistakes(loaded)).toEqual([
        expect.stringMatching(
          /^template\.py:1 The Python SDK cannot be installed: .*No module named pip\. Install it/,
        ),
      ]);
    });

    test('uv installs it, without its settings of the checkout', async () => {
      const { folder, python } = bare();
      program(join(folder, 'uv'), 'echo "error: uv $*" >&2; exit 1');
      const loaded = await load(
        { 'template.py': recipe },
        { reading: { python }, env: { PATH: `${folder}:/usr/bin:/bin`, UV_CONFIG_FILE: 'uv.toml' } },
      );
      expect(mistakes(loaded)[0]).toMatch(
        /error: uv pip install --no-config --python \S+ --no-deps --only-binary :all: --require-hashes --target \S+ -r \S+requirements\.lock\./,
      );
    });
  });

  test('with an interpreter that is in the checkout itself', async () => {
    const prepare = (directory: string) => {
      const python = join(directory, 'python/bin/python3');
      program(python, `echo '${JSON.stringify({ version: '3.12.1', base: python })}'`);
    };
    const loaded = await load(
      { 'template.py': recipe },
      { prepare, reading: { python: 'python/bin/python3' } },
    );
    expect(mistakes(loaded)).toEqual([
      expect.stringMatching(
        /its interpreter, .*\/python\/bin\/python3, is in the checkout, and is not used for it\./,
      ),
    ]);
  });
});
