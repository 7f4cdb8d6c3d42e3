/** Inputs that replace a part of the recipe, or what the recipe says about its build. */
import { expect } from 'vitest';
import { isRecord } from '../../src/json.ts';
import { testWith } from '../support/fixtures.ts';

const template = `import { Template, waitForPort } from 'novita-sandbox';
export const template = Template()
  .fromImage('debian:12', undefined, { inheritConfig: false })
  .copy('app.txt', '/app.txt')
  .setStartCmd('python -m http.server', waitForPort(8000));
`;

const test = testWith({
  defaults: { inputs: { name: 'my-agent', tags: 'v1' } },
  files: {
    'template.ts': template,
    'other/app.txt': 'hello\n',
    'plain.ts':
      "import { Template } from 'novita-sandbox';\nexport default Template().fromImage('debian:12', undefined, { inheritConfig: false });\n",
  },
});

test('start-cmd, ready-cmd and context replace what the recipe has', async ({ run, service }) => {
  const { exitCode, log } = await run({
    inputs: { template: 'template.ts', 'start-cmd': './serve', 'ready-cmd': 'true', context: 'other' },
  });
  expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
  expect(log).toContain('Start command: ./serve, from the input; template.ts:5 has python -m http.server');
  expect(log).toMatch(/Ready command: true, from the input; template\.ts:5 has .*8000/);
  expect(log).toContain('Context directory: other, from the input');
  const started = service.requests.find(({ body }) => isRecord(body) && 'startCmd' in body);
  expect(started?.body).toMatchObject({ startCmd: './serve', readyCmd: 'true' });
});

test('a start command without a ready command gets one', async ({ run }) => {
  const { exitCode, log } = await run({ inputs: { template: 'plain.ts', 'start-cmd': './serve' } });
  expect(exitCode).toBe(0);
  expect(log).toContain('Ready command: sleep 20, since there is none');
});

for (const context of ['nowhere', 'other/app.txt']) {
  test(`context: ${context} is a mistake`, async ({ run, service }) => {
    const { exitCode, log } = await run({ inputs: { template: 'template.ts', context } });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/::error title=Input context::Input context: found ".*", which is not a folder in/);
    expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
}
