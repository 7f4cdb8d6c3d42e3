import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../support/fixtures.ts';

const plain = `import { Template } from 'novita-sandbox';
export const template = Template().fromImage('debian:12', undefined, { inheritConfig: false }).runCmd('true');
`;

/** A definition whose recipe goes on with these calls. */
const recipe = (calls: string) => plain.replace(".runCmd('true')", calls);

/** What the log shows of an annotation: its message alone, without title and place. */
const messageOf = (line: string) => decoded(line.replace(/^::error[^:]*(?:%3A[^:]*)*::/, ''));
const decoded = (text: string) =>
  text
    .replaceAll('%0A', '\n')
    .replaceAll('%0D', '\r')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');

interface Row {
  readonly what: string;
  readonly inputs?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  /** Where the first error stands: `template.ts:2`, or nothing. */
  readonly at?: string;
  readonly says: RegExp;
  /** The output `failure`, where it is none of the user's mistakes. */
  readonly failure?: string;
}

const rows: Row[] = [
  {
    what: 'empty name',
    inputs: { name: '' },
    says: /Input name.*is empty, and the definition names no template.*name: my-agent/,
  },
  {
    what: 'name in upper case',
    inputs: { name: 'My-Agent' },
    says: /^Input name: found "My-Agent", expected .* such as "my-agent"/,
  },
  { what: 'name with a tag', inputs: { name: 'agent:v1' }, says: /put "v1" into tags/ },
  {
    what: 'name with a space',
    inputs: { name: 'my agent' },
    says: /^Input name: found "my agent", expected .* such as "my-agent"/,
  },
  { what: 'tag in upper case', inputs: { tags: 'Latest' }, says: /Input tags.*write "latest"/ },
  {
    what: 'tag that is a build identifier',
    inputs: { tags: '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b' },
    says: /Input tags.*the form of a build identifier/,
  },
  { what: 'tag with a slash', inputs: { tags: 'feature/x' }, says: /Input tags.*"\/" is not allowed/ },
  {
    what: 'odd number of CPUs',
    inputs: { 'cpu-count': '3' },
    says: /Input cpu-count.*found "3", expected 1 or an even number/,
  },
  { what: 'no CPU', inputs: { 'cpu-count': '0' }, says: /Input cpu-count.*found "0"/ },
  { what: 'CPUs in words', inputs: { 'cpu-count': 'two' }, says: /Input cpu-count.*found "two"/ },
  {
    what: 'negative memory',
    inputs: { 'memory-mb': '-1' },
    says: /Input memory-mb.*found "-1", expected an even number of MiB/,
  },
  { what: 'memory with a unit', inputs: { 'memory-mb': '1GB' }, says: /Input memory-mb.*found "1GB"/ },
  {
    what: 'skip-cache: yes',
    inputs: { 'skip-cache': 'yes' },
    says: /Input skip-cache.*expected true or false/,
  },
  { what: 'wait: 1', inputs: { wait: '1' }, says: /Input wait.*expected true or false/ },
  { what: 'no time at all', inputs: { 'timeout-minutes': '0' }, says: /Input timeout-minutes.*above 0/ },
  {
    what: 'unknown log level',
    inputs: { 'log-level': 'trace' },
    says: /Input log-level.*debug, info, warn, error/,
  },
  { what: 'unknown summary', inputs: { summary: 'short' }, says: /Input summary.*expected true or false/ },
  { what: 'missing key', env: { NOVITA_API_KEY: '' }, says: /Input api-key.*secrets\.NOVITA_API_KEY/ },
  {
    what: 'an access token in place of the key',
    env: { NOVITA_API_KEY: '', NOVITA_ACCESS_TOKEN: 'a-token-of-some-length' },
    says: /NOVITA_ACCESS_TOKEN is set, but builds need the API key/,
  },
  {
    what: 'wrong key',
    env: { NOVITA_API_KEY: 'wrong-key-of-some-length' },
    says: /Nothing was built: .*answered 401/,
    failure: 'api-key',
  },
  {
    what: 'key with a line break',
    env: { NOVITA_API_KEY: 'sk_0123\n4567890' },
    says: /Input api-key.*a line break/,
  },
  {
    what: 'domain of the first generation',
    inputs: { domain: 'sandbox.novita.ai' },
    says: /Input domain.*first generation/,
  },
  {
    what: 'domain with a scheme',
    inputs: { domain: 'https://x.example' },
    says: /Input domain.*without https/,
  },
  {
    what: 'address that is none',
    inputs: { 'api-url': 'ftp://x' },
    says: /Input api-url.*expected an http or https address/,
  },
  {
    what: 'unreachable host',
    inputs: { 'api-url': 'http://127.0.0.1:9' },
    says: /Nothing was built: .*127\.0\.0\.1:9/,
    failure: 'service-unreachable',
  },
  {
    what: 'no working directory',
    inputs: { 'working-directory': 'nowhere' },
    says: /working.directory.*nowhere/i,
  },
  { what: 'no definition', files: {}, says: /template\.ts.*sandbox/s },
  {
    what: 'definition that does not exist',
    inputs: { template: 'temp1ate.ts' },
    says: /temp1ate\.ts does not exist/,
  },
  {
    what: 'directory as definition',
    inputs: { template: 'src' },
    files: { 'src/a.ts': '' },
    says: /src is a (directory|folder)/,
  },
  {
    what: 'definition of another kind',
    inputs: { template: 'a.py' },
    files: { 'a.py': 'x = 1' },
    says: /a\.py/,
  },
  {
    what: 'two definitions',
    files: { 'template.ts': plain, 'sandbox/template.mjs': plain },
    says: /template\.ts.*sandbox\/template\.mjs/s,
  },
  {
    what: 'syntax error',
    files: { 'template.ts': 'export const template = (\n' },
    at: 'template.ts:',
    says: /template\.ts:[12]/,
  },
  {
    what: 'nothing exported',
    files: { 'template.ts': 'const template = 1;\n' },
    says: /template\.ts.*export/s,
  },
  { what: 'wrong export', inputs: { export: 'templat' }, says: /templat.*template/s },
  {
    what: 'export of something else',
    files: { 'template.ts': 'export const template = 42;\n' },
    says: /template.*42|number/s,
  },
  {
    what: 'definition that throws',
    files: { 'template.ts': "\nthrow new Error('no such luck');\n" },
    at: 'template.ts:2',
    says: /no such luck/,
  },
  {
    what: 'definition that exits',
    files: { 'template.ts': 'process.exit(0);\n' },
    at: 'template.ts:1',
    says: /process\.exit/,
  },
  {
    what: 'package that is not installed',
    files: { 'template.ts': `import 'left-pad-of-ours';\n${plain}` },
    at: 'template.ts:1',
    says: /left-pad-of-ours.*not installed/s,
  },
  {
    what: 'build script that ends before it builds',
    files: {
      'template.ts': `import { Template } from 'novita-sandbox';\nconst t = Template().fromTemplate('base');\nif (!process.argv[2]) process.exit(1);\nawait Template.build(t, 'x');\n`,
    },
    at: 'template.ts:3',
    says: /before it calls Template\.build\(\).*input args/,
  },
  {
    what: 'variable that is not set',
    files: { 'template.ts': recipe('\n  .setEnvs({ API_BASE: process.env.API_BASE_OF_NOBODY })') },
    at: 'template.ts:3',
    says: /API_BASE/,
  },
  {
    what: 'missing COPY source',
    files: { 'template.ts': recipe("\n  .copy('nothing', '/x')") },
    at: 'template.ts:3',
    says: /nothing.*does not exist/,
  },
  {
    what: 'COPY glob without a match',
    files: { 'template.ts': recipe("\n  .copy('*.whl', '/x')") },
    at: 'template.ts:3',
    says: /\*\.whl/,
  },
  {
    what: 'COPY from outside',
    files: { 'template.ts': recipe("\n  .copy('../x', '/x')") },
    at: 'template.ts:3',
    says: /\.\.\/x/,
  },
  {
    what: 'COPY of what is ignored',
    files: { 'template.ts': recipe("\n  .copy('a.log', '/x')"), 'a.log': '', '.dockerignore': '*.log\n' },
    at: 'template.ts:3',
    says: /\.dockerignore|ignore/,
  },
  {
    what: 'method that only e2b has',
    files: {
      'template.ts':
        "import { Template } from 'e2b';\nexport const template = Template()\n  .fromAlpineImage();\n",
    },
    at: 'template.ts:3',
    says: /fromAlpineImage/,
  },
];

describe('a bad input', () => {
  test.for(rows)(
    '$what is told clearly, at its place, and nothing is built',
    async (row, { service, workspace, run }) => {
      await workspace.write(row.files ?? { 'template.ts': plain });
      const registered = () =>
        service.requests.filter(({ path, status }) => path === '/v3/templates' && status === 202);
      const before = registered().length;
      const options = { inputs: row.inputs ?? {}, env: row.env ?? {} };
      const { exitCode, log, outputs, summary, state } = await run(options);

      expect(exitCode, log).toBe(1);
      const errors = log.split('\n').filter((line) => line.startsWith('::error'));
      expect(errors.map(messageOf).join('\n')).toMatch(row.says);
      if (row.at) {
        const [file = '', line = ''] = row.at.split(':');
        expect(errors[0]).toContain(`file=${file},line=${line}`);
      }
      // No stack trace, of ours or of anybody else, also not within an annotation.
      expect(decoded(log)).not.toMatch(/^[│┆\s]*at .+:\d+:\d+\)?$/m);
      expect(log).not.toContain('node:internal');
      expect(registered()).toHaveLength(before);
      // One annotation for each mistake, and no further one that counts them.
      expect(errors.filter((error) => /mistakes? (was|were) found/.test(error))).toEqual([]);
      expect(outputs).toEqual({ status: 'error', failure: row.failure ?? 'invalid-input' });
      expect(summary).toMatch(/^## (Template .*: nothing|Nothing) was built\n/);
      if (!row.failure) expect(summary.match(/^### /gm)).toHaveLength(errors.length);
      const asked = service.requests.length;
      expect(await run({ ...options, state })).toMatchObject({ exitCode: 0, log: '', summary: '' });
      expect(service.requests).toHaveLength(asked);
    },
  );

  test('is told together with all others', async ({ workspace, run }) => {
    await workspace.write({
      'template.ts': recipe("\n  .copy('a', '/x')\n  .copy('b', '/x')"),
    });
    const { log } = await run({
      inputs: { name: 'UPPER', 'cpu-count': '3' },
      env: { NOVITA_API_KEY: '' },
    });
    const errors = log.split('\n').filter((line) => line.startsWith('::error'));
    expect(errors.map((line) => /title=([^,:]+)/.exec(line)?.[1])).toEqual([
      'Input cpu-count',
      'Input api-key',
      'Input name',
      'Missing COPY source',
      'Missing COPY source',
    ]);
    expect(log).toMatch(/\nNothing was built: 5 mistakes were found before anything was changed\.\n$/);
  });

  test('of a file that cannot be read names the file', async ({ workspace, run }) => {
    // A link to itself cannot be read by anybody, not even by root.
    await symlink('template.ts', join(workspace.path, 'template.ts'));
    const { exitCode, log } = await run({ inputs: { template: 'template.ts' } });
    expect(exitCode).toBe(1);
    expect(log).toMatch(
      /::error title=[^:]*::Definition cannot be read: template: template\.ts cannot be read \(ELOOP\)/,
    );
    expect(log).not.toMatch(/^\s+at /m);
  });
});
