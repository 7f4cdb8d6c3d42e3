import { describe, expect, test } from 'vitest';
import { type ExitResult, exitForError, skipEarly } from '../../src/job/exit.ts';
import { reportExit } from '../../src/job/report-exit.ts';
import type { Runner } from '../../src/job/runner.ts';
import type { StepState } from '../../src/job/state.ts';
import { problem } from '../../src/problem.ts';
import { redactor } from '../../src/redact/redact.ts';
import { jobOutput } from '../../src/report/log/output.ts';

/** A runner that notes what it is given, and a step with these inputs that ends. */
function notingRunner(inputs: Record<string, string> = {}, saved?: StepState) {
  const noted = { log: [] as string[], outputs: {} as Record<string, string>, summary: '' };
  const note = (kind: string) => (message: string | Error) => {
    noted.log.push(`${kind}: ${message}`);
  };
  const env = Object.fromEntries(
    Object.entries({ name: 'my-agent', ...inputs }).map(([name, value]) => [
      `INPUT_${name.toUpperCase()}`,
      value,
    ]),
  );
  const runner: Runner = {
    output: jobOutput({
      info: (line) => noted.log.push(line),
      ...{ startGroup: () => {}, endGroup: () => {} },
      ...{ notice: note('notice'), warning: note('warning'), error: note('error') },
    }),
    debug: () => {},
    setOutput: (name, value) => {
      noted.outputs[name] = value;
    },
    addSummary: async (markdown) => {
      noted.summary += markdown;
    },
    writeBeside: async () => {},
    declareSubject: async () => {},
    writeResult: async () => {},
    mask: () => {},
    redact: redactor(['the-secret-key']),
    saveState: () => {},
    savedState: () => saved,
    saveSandbox: () => {},
    finish: async () => {},
  };
  return {
    runner,
    noted,
    end: (exit: ExitResult, hasStatus = true) => reportExit(exit, hasStatus, env, runner),
  };
}

const never = new AbortController().signal;
const systemError = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: no, ${syscall}`), { code, syscall });

describe('an error that ends a step', () => {
  const build = { name: 'my-agent', buildId: 'b-1' };
  test.each<[string, unknown, StepState | undefined, Record<string, string>, RegExp]>([
    [
      'a full disk',
      systemError('ENOSPC', 'write'),
      undefined,
      { status: 'error', failure: 'runner' },
      /The disk of this runner is full\. .*\(ENOSPC: no, write\)/,
    ],
    [
      'too many files',
      systemError('EMFILE', 'open'),
      undefined,
      { status: 'error', failure: 'runner' },
      /ulimit -n/,
    ],
    [
      'a code that no system gave',
      Object.assign(new Error('x'), { code: 'ENOSPC' }),
      undefined,
      { status: 'error', failure: 'unexpected' },
      /a mistake in the action/,
    ],
    [
      'no error at all',
      'a text',
      undefined,
      { status: 'error', failure: 'unexpected' },
      /Unexpected: a text\./,
    ],
    [
      'the time',
      'timeout',
      undefined,
      { status: 'error', failure: 'timeout' },
      /The time limit timeout-minutes is over/,
    ],
    [
      'one after the build was registered',
      new TypeError('x is not a function'),
      { build, ended: false, summary: true },
      { status: 'building', failure: 'unexpected' },
      /^error: Build my-agent:b-1 was lost sight of: Unexpected: x is not a function\./,
    ],
  ])('%s', async (_, error, saved, outputs, says) => {
    const { runner, noted, end } = notingRunner({}, saved);
    const exit = exitForError(error, 'Nothing was built', runner, never);
    expect(exit.exitCode).toBe(1);
    await end(exit);
    expect(noted.log).toEqual([expect.stringMatching(says)]);
    expect(noted.outputs).toEqual(outputs);
    expect(noted.summary).toMatch(
      /^## Template `my-agent`: (nothing was built|build my-agent:b-1 was lost sight of)\n\n[A-Z]/,
    );
  });

  test('a secret is shown nowhere, and Markdown of others is text', async () => {
    const { runner, noted, end } = notingRunner();
    const error = problem('A <b>title</b>', 'found "the-secret-key", [x](http://y)\nand a second line');
    await end(exitForError(error, 'Nothing was built', runner, never));
    const all = JSON.stringify(noted);
    expect(all).not.toContain('the-secret-key');
    expect(noted.summary).not.toMatch(/<b>|[^\\]\]\(http/);
    expect(noted.summary).toContain('and a second line');
  });
});

test('many mistakes are one error each as far as the runner shows them, and the summary says how many are left out', async () => {
  const { noted, end } = notingRunner();
  const problems = Array.from({ length: 60 }, (_, index) => ({ title: `Mistake ${index}`, message: 'x' }));
  const early = {
    status: 'error',
    failure: 'invalid-input',
    undone: 'Nothing was built',
    why: 'no.',
    problems,
  } as const;
  await end({ exitCode: 1, early });
  expect(noted.log.filter((line) => line.startsWith('error: '))).toHaveLength(60);
  expect(noted.summary.match(/^### /gm)).toHaveLength(50);
  expect(noted.summary).toContain('10 more mistakes in the log.');
});

test('a step that rightly does nothing is a notice, a status and a summary', async () => {
  const { noted, end } = notingRunner();
  await end(skipEarly('Nothing was built', 'A tag was deleted.'));
  expect(noted.log).toEqual(['notice: Nothing was built: A tag was deleted.']);
  expect(noted.outputs).toEqual({ status: 'skipped' });
  expect(noted.summary).toBe('## Template `my-agent`: nothing was built\n\nA tag was deleted.\n');
});

test.each<[string, ExitResult, string[]]>([
  ['an error where there is none yet', { exitCode: 1, message: 'It failed.' }, ['error: It failed.']],
  ['a line where there is one', { exitCode: 1, annotated: true, message: 'It failed.' }, ['It failed.']],
  ['nothing where it is green', { exitCode: 0 }, []],
])('an end that has reported everything else is %s', async (_, exit, log) => {
  const { noted, end } = notingRunner();
  await end(exit);
  expect(noted).toEqual({ log, outputs: {}, summary: '' });
});

test('without `summary` there is none', async () => {
  const { noted, end } = notingRunner({ summary: 'false' });
  await end(skipEarly('Nothing was built', 'no.'), false);
  expect([noted.summary, noted.outputs]).toEqual(['', {}]);
});
