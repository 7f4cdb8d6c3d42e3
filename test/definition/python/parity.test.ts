/**
 * The same recipe in both languages becomes the same requests, and so has the same fingerprint: every builder method of
 * both SDKs, call by call.
 */
import { execFileSync } from 'node:child_process';
import { describe, expect, inject } from 'vitest';
import type { Definition } from '../../../src/definition/definition.ts';
import * as sdk from '../../../src/definition/sdk.ts';
import { definitionOf, load } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

/** A call in Python and its twin in TypeScript. */
type Row = readonly [python: string, typescript: string];

const image = (python: string, typescript: string): Row => [
  `Template().${python}`,
  `Template().${typescript}`,
];
const base: Row = [
  'Template().from_image("x", inherit_config=False)',
  `Template().fromImage('x', undefined, { inheritConfig: false })`,
];

const steps: readonly Row[] = [
  ['copy("a", "/b")', `copy('a', '/b')`],
  [
    'copy(["a", Path("b")], Path("/c"), force_upload=True, user="me:us", mode=0o755, resolve_symlinks=True)',
    `copy(['a', 'b'], '/c', { forceUpload: true, user: 'me:us', mode: 0o755, resolveSymlinks: true })`,
  ],
  ['copy("a", "/b", resolve_symlinks=False)', `copy('a', '/b', { resolveSymlinks: false })`],
  [
    'copy_items([{"src": "a", "dest": "/b"}, {"src": "c", "dest": "/d", "user": "me", "mode": 0o7, "forceUpload": True, "resolveSymlinks": True}])',
    `copyItems([{ src: 'a', dest: '/b' }, { src: 'c', dest: '/d', user: 'me', mode: 0o7, forceUpload: true, resolveSymlinks: true }])`,
  ],
  ['remove("/a")', `remove('/a')`],
  [
    'remove(["/a", "/b"], force=True, recursive=True, user="me")',
    `remove(['/a', '/b'], { force: true, recursive: true, user: 'me' })`,
  ],
  ['rename("/a", "/b", force=True, user="me")', `rename('/a', '/b', { force: true, user: 'me' })`],
  ['make_dir("/a")', `makeDir('/a')`],
  ['make_dir(["/a", "/b"], mode=0o700, user="me")', `makeDir(['/a', '/b'], { mode: 0o700, user: 'me' })`],
  ['make_symlink("/a", "/b", user="me", force=True)', `makeSymlink('/a', '/b', { user: 'me', force: true })`],
  ['run_cmd("a \\"b\\" é")', `runCmd('a "b" é')`],
  ['run_cmd(["a", "b"], user="me")', `runCmd(['a', 'b'], { user: 'me' })`],
  ['set_workdir("/a")', `setWorkdir('/a')`],
  ['set_user("me")', `setUser('me')`],
  ['pip_install()', 'pipInstall()'],
  ['pip_install(["a", "b"], g=False)', `pipInstall(['a', 'b'], { g: false })`],
  ['npm_install()', 'npmInstall()'],
  ['npm_install("a", g=True, dev=True)', `npmInstall('a', { g: true, dev: true })`],
  ['bun_install()', 'bunInstall()'],
  ['bun_install(["a"], g=True, dev=True)', `bunInstall(['a'], { g: true, dev: true })`],
  ['apt_install("a")', `aptInstall('a')`],
  [
    'apt_install(["a", "b"], no_install_recommends=True, fix_missing=True)',
    `aptInstall(['a', 'b'], { noInstallRecommends: true, fixMissing: true })`,
  ],
  ['git_clone("u")', `gitClone('u')`],
  [
    'git_clone("u", "/p", branch="b", depth=1, user="me")',
    `gitClone('u', '/p', { branch: 'b', depth: 1, user: 'me' })`,
  ],
  ['set_envs({"A": "1", "B": "$A:x"})', `setEnvs({ A: '1', B: '$A:x' })`],
  ['set_envs({})', 'setEnvs({})'],
  ['skip_cache()', 'skipCache()'],
  ['run_cmd("after")', `runCmd('after')`],
  ['set_patch_cmd("p")', `setPatchCmd('p')`],
];

/** Each ends a chain, or needs a base of its own. */
const templates: readonly Row[] = [
  base,
  image('from_template("t")', `fromTemplate('t')`),
  image(
    'from_template("mcp-gateway").add_mcp_server(["a", "b"])',
    `fromTemplate('mcp-gateway').addMcpServer(['a', 'b'])`,
  ),
  image(
    'from_template("devcontainer").beta_dev_container_prebuild("/d").beta_set_dev_container_start("/d")',
    `fromTemplate('devcontainer').betaDevContainerPrebuild('/d').betaSetDevContainerStart('/d')`,
  ),
  image(
    'from_aws_registry("i", access_key_id="a", secret_access_key="b", region="c")',
    `fromAWSRegistry('i', { accessKeyId: 'a', secretAccessKey: 'b', region: 'c' })`,
  ),
  image(
    'from_gcp_registry("i", service_account_json={"a": "é", "b": [1]})',
    `fromGCPRegistry('i', { serviceAccountJSON: { a: 'é', b: [1] } })`,
  ),
  image(
    'from_gcp_registry("i", service_account_json="account.json")',
    `fromGCPRegistry('i', { serviceAccountJSON: 'account.json' })`,
  ),
  image(
    'from_oci_registry("i", tenancy_ocid="a", user_ocid="b", fingerprint="c", private_key="d", region="e")',
    `fromOCIRegistry('i', { tenancyOcid: 'a', userOcid: 'b', fingerprint: 'c', privateKey: 'd', region: 'e' })`,
  ),
  image(
    'from_huawei_cloud_registry("i", access_key_id="a", secret_access_key="b", region="c")',
    `fromHuaweiCloudRegistry('i', { accessKeyId: 'a', secretAccessKey: 'b', region: 'c' })`,
  ),
  image('skip_cache().from_template("t").run_cmd("a")', `skipCache().fromTemplate('t').runCmd('a')`),
  image(
    'from_template("t").set_start_cmd("s", wait_for_port(80))',
    `fromTemplate('t').setStartCmd('s', waitForPort(80))`,
  ),
  image(
    'from_template("t").set_start_cmd("s", wait_for_url("http://x", 204))',
    `fromTemplate('t').setStartCmd('s', waitForURL('http://x', 204))`,
  ),
  image(
    'from_template("t").set_ready_cmd(wait_for_process("p"))',
    `fromTemplate('t').setReadyCmd(waitForProcess('p'))`,
  ),
  image(
    'from_template("t").set_ready_cmd(wait_for_file("/f"))',
    `fromTemplate('t').setReadyCmd(waitForFile('/f'))`,
  ),
  image(
    'from_template("t").set_ready_cmd(wait_for_timeout(2500))',
    `fromTemplate('t').setReadyCmd(waitForTimeout(2500))`,
  ),
];

/** Bases whose configuration is read from a registry: here, one that is not a reference, so that none is asked. */
const images: readonly Row[] = [
  image(
    'from_image("a b", username="u", password="p")',
    `fromImage('a b', { username: 'u', password: 'p' })`,
  ),
  image('from_debian_image("a b")', `fromDebianImage('a b')`),
  image('from_ubuntu_image("a b")', `fromUbuntuImage('a b')`),
  image('from_python_image("a b")', `fromPythonImage('a b')`),
  image('from_node_image("a b")', `fromNodeImage('a b')`),
  image('from_bun_image("a b")', `fromBunImage('a b')`),
];

/** What only one SDK has, or means otherwise, is the SDKs' own difference. Nothing here changes what is built. */
const differences = {
  // Read by the action, with one reader for all kinds of recipes; test/definition/python/dockerfile.test.ts.
  // What a read of the image gave is asked, nothing is made.
  python: ['from_dockerfile', 'image_config_failure'],
  // Methods that Python gives to the class: build, to_json and others.
  typescript: ['fromDockerfile', 'build', 'toDockerfile', 'toJSON'],
  // Reads its configuration from the registry of novita/base.
  both: ['from_base_image', 'fromBaseImage'],
};

const files = { 'account.json': '{ "a": 1 }' };
const pythonFile = (rows: readonly string[]) =>
  `from pathlib import Path\nfrom e2b import *\nfrom e2b import Template\ndef make(i):\n    return [${rows.map((row) => `lambda: ${row}`).join(',\n')}][i]()\n`;
const typescriptFile = (row: string) =>
  `import { Template, waitForFile, waitForPort, waitForProcess, waitForTimeout, waitForURL } from 'e2b';\nexport const template = ${row};`;

/** All of a definition that a request or a fingerprint is made of. */
function content({ recipe, steps, ignorePatterns }: Definition): unknown {
  return { recipe, steps: steps.map(({ source: _, ...step }) => step), ignorePatterns };
}

async function both(rows: readonly Row[], index: number): Promise<[python: unknown, typescript: unknown]> {
  const [python, typescript] = await Promise.all([
    loadPython(
      { 'template.py': pythonFile(rows.map(([row]) => row)), ...files },
      { exportName: 'make', reading: { args: [index] } },
    ),
    load({ 'template.ts': typescriptFile(rows[index]?.[1] ?? ''), ...files }),
  ]);
  expect([...mistakes(python), ...mistakes(typescript)]).toEqual([]);
  return [content(definitionOf(python)), content(definitionOf(typescript))];
}

const chain: Row = [
  `(${[base[0], ...steps.map(([call]) => call)].join('\n.')})`,
  [base[1], ...steps.map(([, call]) => call)].join('\n.'),
];

test('all steps in one chain', async () => {
  const [python, typescript] = await both([chain], 0);
  expect(python).toEqual(typescript);
});

describe('bases, start and ready commands', () => {
  const all = [...templates, ...images];
  test.each(all.map(([row], index) => [row, index] as const))('%s', async (_, index) => {
    const [python, typescript] = await both(all, index);
    expect(python).toEqual(typescript);
  });
});

test('no builder method of either SDK is missing in these tables', () => {
  const list = `
import json
from types import FunctionType
from novita_sandbox.core.template.main import TemplateBase, TemplateBuilder
print(json.dumps(sorted({name for owner in (TemplateBase, TemplateBuilder) for name, value in vars(owner).items() if isinstance(value, FunctionType) and not name.startswith("_")})))`;
  const ofPython: string[] = JSON.parse(execFileSync(inject('python'), ['-c', list], { encoding: 'utf8' }));
  const prototype = (sdk as unknown as { TemplateBase: { prototype: object } }).TemplateBase.prototype;
  const internal =
    /^(constructor|serialize|collect|disable|enable|runIn|instructionsWith|withRuntime|runtimeEnv|resolveInherited)/;
  const ofTypescript = Object.getOwnPropertyNames(prototype).filter((name) => !internal.test(name));

  const tables = JSON.stringify([steps, templates, images]);
  const missing = (names: readonly string[]) =>
    names.filter((name) => !new RegExp(`\\b${name}\\(`).test(tables));
  expect(missing(ofPython).sort()).toEqual([...differences.python, 'from_base_image'].sort());
  expect(missing(ofTypescript).sort()).toEqual([...differences.typescript, 'fromBaseImage'].sort());
});
