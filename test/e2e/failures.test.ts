/** What a person finds after a build that did not come to be: in the log, the outputs, the summary and the result. */
import { expect } from 'vitest';
import { failures } from '../../src/local/failures.ts';
import { faultInterceptor } from '../../src/local/fault-plan.ts';
import { readFaultRule } from '../../src/local/read-faults.ts';
import { testWith } from '../support/fixtures.ts';

const test = testWith({
  files: {
    'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template()
  .fromImage('python:3.12', undefined, { inheritConfig: false })
  .setEnvs({ HF_TOKEN: 'hf_0123456789' })
  .runCmd('pip install reqeusts')
  .runCmd('make');
`,
  },
});

const errors = (log: string) => log.split('\n').filter((line) => line.startsWith('::error'));

/** The runner shows no line that tells it what to hide. */
const shown = (log: string) => log.replace(/^::add-mask::.*$/gm, '');

test('a failed install: why, where, what to do, and the smallest recipe', async ({ service, run }) => {
  service.script = [
    {
      at: 2,
      lines: [{ text: 'ERROR: No matching distribution found for reqeusts', stream: 'stderr' }],
      fail: { message: failures.runFailed('pip install reqeusts', 1) },
    },
  ];
  const { exitCode, log, outputs, summary, result } = await run();
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'error', failure: 'package-not-found' });
  const [annotation, ...others] = errors(log);
  expect(others).toEqual([]);
  expect(annotation).toMatch(
    /^::error title=Step 2 of 4 failed%3A RUN pip install reqeusts,file=template\.ts,line=5/,
  );
  expect(annotation).toContain('pip finds no package "reqeusts" that fits.%0ACheck its name');
  expect(log).toMatch(/^Build my-agent.*exit status 1\npip finds no package "reqeusts"/m);
  expect(result).toMatchObject({
    failure: { class: 'package-not-found', source: 'template.ts:5', retry: 'never', step: '2' },
  });
  // How it ended stands in its group, and its line of the definition where it is seen without a click.
  const address =
    'https://github.com/octo-org/agent/blob/0123456789abcdef0123456789abcdef01234567/template.ts#L5';
  const code = `3 |       .fromImage('python:3.12', undefined, { inheritConfig: false })
4 |       .setEnvs({ HF_TOKEN: '***' })
5 | >>>   .runCmd('pip install reqeusts')
6 |       .runCmd('make');`;
  expect(shown(log) + summary).not.toContain('hf_0123456789');
  expect(log).toMatch(/^failed after [\d.]+s: exit status 1\n::endgroup::$/m);
  expect(log).toContain(`\nAt template.ts:5, ${address}\n${code.replace(/^/gm, '│ ')}\nIts last`);
  expect(summary).toContain(`At [\`template.ts:5\`](${address}):\n\n\`\`\`text\n${code}\n\`\`\`\n`);
  // The failure stands before all tables, and nothing is named that starts nothing.
  expect(summary.indexOf('pip finds no package')).toBeLessThan(summary.indexOf('\n|'));
  expect(log + summary).not.toMatch(/Exactly this build|^reference:|^tags: {8}|\| Tags \|/m);
  expect(summary).toContain(`  .setEnvs({ HF_TOKEN: process.env.HF_TOKEN ?? '' })
  .runCmd('pip install reqeusts');
`);
});

test('a secret in an ENV step is warned of at its line, and its value is shown nowhere', async ({ run }) => {
  const { exitCode, log, summary, result } = await run();
  expect(exitCode).toBe(0);
  expect(log).toMatch(
    /^::warning title=A secret in the template \[secret-value\],file=template\.ts,line=4.*::template\.ts:4: A secret in the template \[secret-value\]: HF_TOKEN:/m,
  );
  expect(shown(log) + summary + JSON.stringify(result)).not.toContain('hf_0123456789');
});

test.for([
  ['success', 0],
  ['failure', 1],
] as const)(
  'on-superseded: %s ends a superseded build with %i',
  async ([onSuperseded, expected], { service, run }) => {
    service.script = [{ at: 3, fail: { message: failures.cancelled(), step: null } }];
    const { exitCode, log, outputs, summary, result } = await run({
      inputs: { 'on-superseded': onSuperseded },
    });
    expect(exitCode).toBe(expected);
    expect(outputs).toMatchObject({ status: 'superseded', failure: 'superseded' });
    expect(log).toMatch(/^::notice title=Superseded by a newer build/m);
    expect(errors(log)).toHaveLength(expected);
    expect(result).toMatchObject({ status: 'superseded', failure: { class: 'superseded' } });
    expect(summary).toContain('was superseded');
  },
);

test('CPU outside of the limits is explained by what was asked for, where the limits cannot be asked', async ({
  service,
  run,
}) => {
  service.intercept = faultInterceptor({ rules: [readFaultRule('quota:404')] });
  const { exitCode, log, outputs } = await run({ inputs: { 'cpu-count': '16' } });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'error', failure: 'resource-limits' });
  expect(errors(log)).toHaveLength(1);
  expect(errors(log)[0]).toContain("CPU count can't be higher than 8");
  expect(errors(log)[0]).toContain('The requested size is cpu-count: 16');
  expect(errors(log)[0]).toContain('The nearest such size is cpu-count: 8 and memory-mb: 8192.');
});
