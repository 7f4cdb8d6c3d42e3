/** What a person finds of recipe checks: in the log, at the lines, in the result file, and what `check` makes of them. */
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';

const test = testWith({
  files: {
    'template.ts': `import { Template, waitForPort } from 'novita-sandbox';
export const template = Template()
  .fromImage('node', undefined, { inheritConfig: false })
  .setEnvs({ API_TOKEN: 'mellon-4-2-1' })
  .runCmd('apt-get install -y git')
  .runCmd('pip install flask')
  // The newest is wanted here.
  // novita-check: ignore unpinned-install
  .runCmd('npm install -g typescript')
  .pipInstall('requests>=2')
  .runCmd('true') // novita-check: ignore apt-updat
  .runCmd(
    'apt-get install -y curl',
  ) // novita-check: ignore apt-update
  .setStartCmd('uvicorn app:app --host 127.0.0.1 --port 80', waitForPort(80));
`,
  },
  defaults: { inputs: { name: 'my-agent', tags: 'v1' } },
});

const expected = [
  '10 The shell misreads an argument of pipInstall() [shell-argument]',
  '3 A base image that moves [moving-base]',
  '4 A secret in the template [secret-value]',
  '5 Packages from old lists%2C or from none [apt-update]',
  '6 Packages without a version [unpinned-install]',
  '15 A ready command that another port satisfies [ready-port]',
  '15 A server for the sandbox alone [local-server]',
  '11 A check that does not exist [unknown-check]',
];

function annotations(log: string, kind: 'warning' | 'error'): string[] {
  const found = log.matchAll(new RegExp(`^::${kind} title=([^,]*),file=template\\.ts,line=(\\d+)`, 'gm'));
  return [...found].map(([, title, line]) => `${line} ${title}`);
}

test('findings are warnings at their lines with the name of the check, and the build goes on', async ({
  run,
}) => {
  const { log, exitCode, result, outputs } = await run();
  expect(exitCode, log).toBe(0);
  expect(outputs['status']).toBe('ready');
  expect(annotations(log, 'warning')).toEqual(expected);
  expect(log).toContain('Did you mean apt-update?');
  expect(result).toMatchObject({
    warnings: expected.map((text) => {
      const [, line, title, rule] = /^(\d+) (.*) \[(.*)\]$/.exec(text.replace('%2C', ',')) ?? [];
      return { title, rule, source: `template.ts:${line}` };
    }),
  });
});

test('with check: error they are mistakes, reported together with others before the first request', async ({
  run,
  service,
}) => {
  const { log, exitCode, outputs } = await run({ inputs: { check: 'error', 'cpu-count': '3' } });
  expect(exitCode, log).toBe(1);
  expect(outputs['failure']).toBe('invalid-input');
  expect(log).toMatch(/^::error title=Input cpu-count/m);
  const errors = annotations(log, 'error');
  expect([...errors].sort()).toEqual([...expected].sort());
  expect(annotations(log, 'warning')).toEqual([]);
  expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('with check: off there are none', async ({ run }) => {
  const { log, exitCode, result } = await run({ inputs: { check: 'off' } });
  expect(exitCode, log).toBe(0);
  expect(annotations(log, 'warning')).toEqual([]);
  expect(result).toMatchObject({ warnings: [] });
});

test('they need no key', async ({ run }) => {
  const { log, exitCode } = await run({
    env: { NOVITA_API_KEY: '' },
    inputs: { 'on-missing-credentials': 'skip', check: 'error' },
  });
  expect(exitCode, log).toBe(1);
  expect(annotations(log, 'error')).toHaveLength(expected.length);
});
