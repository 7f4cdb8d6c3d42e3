/** The test of a finished template in a sandbox of the service: what a person sees of it. */
import { describe, expect } from 'vitest';
import { json, sendReply } from '../../src/local/http.ts';
import type { SimulationRule } from '../../src/local/simulation-script.ts';
import { testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';

const recipe = (start: string) => `import { Template, waitForPort } from 'novita-sandbox';
export default Template()
  .fromImage('debian:12', undefined, { inheritConfig: false })
  .runCmd('make')${start}
`;
const served = "\n  .setStartCmd('serve', waitForPort(8080))";

const test = testWith({
  files: { 'template.ts': recipe(`${served};`) },
  defaults: { inputs: { name: 'my-agent', tags: 'v1' } },
});

const command = (text: RegExp, more: Partial<SimulationRule>): SimulationRule => ({
  at: 'command',
  text,
  ...more,
});

describe('a test that passes', () => {
  test('shows each command with its output, and its figures in the summary', async ({ service, run }) => {
    service.script = [
      command(/^python/, { lines: ['Python 3.12', { text: 'a warning', stream: 'stderr' }] }),
      { at: 'port', text: /^8080/, status: 302 },
    ];
    const { exitCode, log, summary, result } = await run({
      inputs: { test: '# tools\npython --version\necho done', 'test-url': '8080/health?full=1' },
    });
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(
      /^Test: started a sandbox of this build in [\d.]+s\n::group::Test: GET 8080\/health\?full=1\nstatus 302\nDONE [\d.]+s\n::endgroup::\n::group::Test 1\/2: python --version\n│ Python 3\.12\n┆ a warning\nDONE [\d.]+s\n::endgroup::\n::group::Test 2\/2: echo done\n/m,
    );
    expect(log).toMatch(/^Test passed: 8080\/health\?full=1 is served, 2 commands, [\d.]+s$/m);
    groupsOf(log);
    expect(summary).toContain('### Test passed');
    expect(summary).toContain('| passed (status 302) |');
    expect(summary).toMatch(
      /A sandbox started in .*Memory 100\.7 MB of 1\.1 GB, disk 851\.4 MB of 21\.5 GB\./,
    );
    expect(result).toMatchObject({
      test: {
        passed: true,
        url: { url: '8080/health?full=1', last: 'status 302' },
        commands: [{ title: 'python --version', exitCode: 0 }, { title: 'echo done' }],
      },
    });
    const created = service.requests.filter(({ method, path }) => method === 'POST' && path === '/sandboxes');
    expect(created).toHaveLength(1);
    expect(service.inspect.sandboxes()).toEqual([]);
  });

  test('needs no figures', async ({ service, run }) => {
    service.intercept = async (request, response, next) => {
      const isMetrics = request.url?.endsWith('/metrics');
      sendReply(response, isMetrics ? json(500, { code: 500, message: 'no figures' }) : await next());
    };
    const { exitCode, log, summary } = await run({ inputs: { test: 'true' } });
    expect(exitCode, log).toBe(0);
    expect(summary).toContain('### Test passed');
    expect(summary).not.toContain('Memory');
  });

  test('waits for its page', async ({ service, run }) => {
    const answers = [502, 502, 503, 200];
    service.script = [{ at: 'port', text: /^8080/, status: () => answers.shift() ?? 200 }];
    const { exitCode, log } = await run({ inputs: { 'test-url': '8080' } });
    expect(exitCode, log).toBe(0);
    expect(log).toMatch(/^::group::Test: GET 8080\/\nstatus 502\nstatus 503\nstatus 200\nDONE/m);
  });
});

describe('a test that does not pass', () => {
  test('names the command once as an error, with its last lines', async ({ service, run }) => {
    service.script = [command(/^pytest/, { lines: ['1 failed'], exitCode: 3 })];
    const { exitCode, log, outputs, summary } = await run({ inputs: { test: 'true\npytest -q\ntrue' } });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'smoke-test' });
    expect(log).toMatch(
      /::group::Test 2\/3: pytest -q\n│ 1 failed\nFAILED with exit code 3, [\d.]+s\n::endgroup::/,
    );
    expect(log).not.toContain('Test 3/3');
    const errors = log.split('\n').filter((line) => line.startsWith('::error'));
    expect(errors).toHaveLength(1);
    // The command stands in the workflow, so the error points at no line of the definition.
    expect(errors[0]).toMatch(
      /^::error title=The test failed::The test failed: pytest -q ended with exit code 3 after [\d.]+ s\.%0A/,
    );
    expect(log).toMatch(/^The test failed\. Its last line:\n│ 1 failed$/m);
    expect(summary).toContain('failed its test');
    expect(summary).toContain('| **failed** (exit code 3) |');
    expect(service.inspect.sandboxes()).toEqual([]);
  });

  test('points at the start command that does not run', async ({ service, run }) => {
    service.script = [{ at: 'alive', fail: { message: '' } }, command(/8080/, { exitCode: 1 })];
    const { exitCode, log, outputs } = await run({ inputs: { test: 'true' } });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ failure: 'smoke-test' });
    expect(log).toMatch(
      /^::error title=The test failed,file=template\.ts,line=5.*The start command does not run in the sandbox: serve\./m,
    );
  });

  test.for([
    [
      { at: 'port', status: 500 },
      /8080\/ was not served within \d+ s: the last answer was status 500, expected a status below 500\./,
    ],
    [{ at: 'port', fail: { message: '' } }, /the last answer was status 502/],
  ] as const)('says what the port answered last: %j', async ([rule, says], { service, run }) => {
    service.script = [rule];
    const { exitCode, log, outputs, summary } = await run({
      inputs: { test: 'true', 'test-url': '8080', 'test-timeout': '0.04' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ failure: 'smoke-test' });
    expect(log).toMatch(says);
    expect(log).toMatch(/^NOT SERVED after/m);
    expect(log).not.toContain('Test 1/1');
    expect(summary).toMatch(/\| \*\*failed\*\* \(status 50[02]\) \|/);
    expect(service.inspect.sandboxes()).toEqual([]);
  });

  test('prints what a command prints as text, and no secret', async ({ service, run }) => {
    const lines = [
      '::error::forged',
      '\u001b[31mred\u001b[0m ##[group]forged',
      `key ${service.apiKey}`,
      'x'.repeat(300_000),
      'ä€😀 end',
    ];
    service.script = [command(/^noise/, { lines, exitCode: 1 })];
    const { log, summary, outputs } = await run({ inputs: { test: 'noise' } });
    expect(outputs).toMatchObject({ failure: 'smoke-test' });
    expect(log).toContain('│ ::error::forged');
    expect(log).toContain('│ red ##\\[group]forged');
    expect(log).toContain('│ key ***');
    expect(log).toContain('(This line has 234464 more characters.)');
    expect(log).toContain('│ ä€😀 end');
    expect(summary).not.toContain(service.apiKey);
    groupsOf(log);
  });

  test('bears 100,000 lines', async ({ service, run }) => {
    const lines = function* () {
      for (let line = 1; line <= 100_000; line += 1) yield `line ${line}`;
    };
    service.script = [command(/^many/, { lines, exitCode: 1 })];
    const { log } = await run({ inputs: { test: 'many' } });
    expect(log.match(/^│ line \d+$/gm)?.length).toBe(100_030);
    expect(log.slice(-20_000)).toMatch(/Its last 30 lines:\n│ line 99971\n/);
  });
});

describe('a test without a sandbox', () => {
  test('says why none could be started, and does not blame the template', async ({ service, run }) => {
    service.script = [{ at: 'machine', fail: { message: 'no node has room' } }];
    const { exitCode, log, outputs, summary } = await run({ inputs: { test: 'true' } });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'error', failure: 'sandbox' });
    expect(log).toMatch(
      /^::error title=The template could not be tested::.*No sandbox could be started: .*no node has room/m,
    );
    expect(summary).toContain('could not be tested');
    expect(summary).not.toContain('### What was tested');
  });

  test('says what the team has in use, and waits no longer than it may', async ({ service, run }) => {
    service.intercept = async (request, response, next) => {
      const isCreate = request.method === 'POST' && request.url === '/sandboxes';
      const full = json(
        429,
        { code: 429, message: 'you have reached the maximum number of concurrent sandboxes (5)' },
        { 'retry-after': '600' },
      );
      sendReply(response, isCreate ? full : await next());
    };
    const { exitCode, log, outputs } = await run({ inputs: { test: 'true', 'test-timeout': '0.2' } });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ failure: 'sandbox' });
    expect(log).toMatch(
      /^No sandbox is free \(answered 429\)\. The team has in use: 0 of 100 sandboxes, 0 of 800 CPUs, 0 of 819200 MiB of memory\. Waiting/m,
    );
    expect(log).toContain('maximum number of concurrent sandboxes (5)');
    expect(log).toContain('End sandboxes of the team that nobody needs');
  });

  test('waits where the service has no place, and shows no use that it cannot read', async ({
    service,
    run,
  }) => {
    let creates = 0;
    service.intercept = async (request, response, next) => {
      const isCreate = request.method === 'POST' && request.url === '/sandboxes';
      if (isCreate) creates += 1;
      const refuse = (isCreate && creates < 4) || request.url === '/sandboxes/quota';
      sendReply(response, refuse ? json(503, { code: 503, message: 'no node can take it' }) : await next());
    };
    const { exitCode, log } = await run({ inputs: { test: 'true' } });
    expect(exitCode, log).toBe(0);
    expect(creates).toBe(4);
    expect(log).toMatch(/^No sandbox is free \(answered 503\)\. Waiting, at most/m);
    expect(log).not.toContain('in use');
  });

  test('is no verdict either when the list of its programs cannot be read', async ({ service, run }) => {
    service.intercept = async (request, response, next) => {
      sendReply(response, request.url?.endsWith('/List') ? json(200, { processes: 'no' }) : await next());
    };
    const { exitCode, log, outputs } = await run({ inputs: { test: 'true' } });
    expect(exitCode).toBe(1);
    expect(outputs, log).toMatchObject({ failure: 'sandbox' });
    expect(log).toContain('The sandbox was lost');
  });
});
