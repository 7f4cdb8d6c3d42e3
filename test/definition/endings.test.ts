import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { definitionOf, type LoadOptions, load, place, project } from '../support/definition-project.ts';

const first = `import { Template } from 'e2b';\n`;
const last = `\nexport const template = Template().fromTemplate('x');`;

/** Each row ends or hangs the process of the definition in another way. */
const rows: [label: string, text: string, at: string | RegExp, message: RegExp, options?: LoadOptions][] = [
  [
    'process.exit',
    `${first}if (!process.env.NOPE) {\n  process.exit(0);\n}${last}`,
    'template.ts:3',
    /^process\.exit\(\) ends the process/,
  ],
  [
    'process.exit later',
    `${first}setTimeout(() => process.exit(1), 1);\nawait new Promise(() => {});${last}`,
    'template.ts:2',
    /process\.exit\(\)/,
  ],
  [
    'process.exit in a helper package',
    `${first}import { stop } from 'stop';\nstop();${last}`,
    'template.ts:3',
    /process\.exit\(\)/,
  ],
  ['process.reallyExit', `(process as any).reallyExit(0);`, 'template.ts:1', /reallyExit/],
  ['process.abort', `\nprocess.abort();`, 'template.ts:2', /process\.abort\(\) ends/],
  ['process.kill', `process.kill(process.pid, 'SIGKILL');`, 'template.ts:1', /process\.kill\(\) on itself/],
  [
    'process.kill with its number as text',
    `process.kill(String(process.pid) as any);`,
    'template.ts:1',
    /process\.kill\(\) on itself/,
  ],
  [
    'process.kill of its group',
    `\nprocess.kill(0, 'SIGTERM');`,
    'template.ts:2',
    /process\.kill\(\) on itself/,
  ],
  [
    'process.kill of the action',
    `\nprocess.kill(process.ppid, 'SIGCONT');`,
    'template.ts:2',
    /^process\.kill\(\) on its parent would end the action/,
  ],
  [
    'process.kill of everything',
    `\nprocess.kill(-1, 'SIGCONT');`,
    'template.ts:2',
    /process\.kill\(-1\) signals many processes/,
  ],
  [
    'process.kill of a group',
    `\nprocess.kill(-process.ppid, 'SIGCONT');`,
    'template.ts:2',
    /process\.kill\(-\d+\) signals many processes/,
  ],
  [
    'a signal from outside',
    `import { execSync } from 'node:child_process';\nexecSync('kill -9 ' + process.pid);`,
    'template.ts:1',
    /was ended by signal SIGKILL before its template was read.*memory/,
  ],
  [
    'an await that never ends',
    `${first}await new Promise(() => {});${last}`,
    'template.ts:1',
    /waits \(await\) for a promise that never settles/,
  ],
  [
    'a function whose await never ends',
    `${first}export default async () => { await new Promise(() => {}); };`,
    'template.ts:1',
    /never settle/,
  ],
  [
    'a loop without an end',
    `${first}let i = 0;\nwhile (true) {\n  i++;\n}`,
    /^template\.ts:[34]$/,
    /template\.ts did not finish within 500 ms.*busy at this line: look for an endless loop/,
    { timeLimitMs: 500 },
  ],
  [
    'a timer without an end',
    `${first}setInterval(() => {}, 10);\nawait new Promise(() => {});`,
    'template.ts:1',
    /not finish within 500 ms.*network request, a child process or a timer/,
    { timeLimitMs: 500 },
  ],
  [
    'a function without an end',
    `${first}export function template() {\n  for (;;) JSON.parse('{}');\n}`,
    'template.ts:3',
    /The function template of template\.ts did not finish/,
    { timeLimitMs: 500 },
  ],
  [
    'memory without an end',
    `const all: string[][] = [];\nfor (;;) all.push(Array.from({ length: 1000 }, (_, i) => 'x' + i + all.length));`,
    'template.ts:1',
    /used more than 64 MiB/,
    { memoryLimitMb: 64 },
  ],
  [
    'the channel is closed',
    `import { closeSync } from 'node:fs';\n${first}closeSync(3);${last}`,
    'template.ts:1',
    /closed a file descriptor that it did not open/,
  ],
];

describe('a definition cannot end the action', () => {
  test.each(rows)('%s', async (_, text, at, message, options) => {
    const loaded = await load(
      {
        'template.ts': text,
        'node_modules/stop/package.json': '{ "name": "stop", "main": "index.js" }',
        'node_modules/stop/index.js': 'exports.stop = () => process.exit(1);',
      },
      options,
    );
    const [found, ...others] = loaded.problems;
    expect(others).toEqual([]);
    expect(found?.message).toMatch(message);
    expect(place(loaded, found?.at)).toEqual(typeof at === 'string' ? at : expect.stringMatching(at));
  });
});

test('a definition may ask whether a process is there, and end one that it started', async () => {
  const loaded = await load({
    'template.ts': `${first}import { spawn } from 'node:child_process';
process.kill(process.pid, 0);
process.kill(process.ppid, 0);
const child = spawn('sleep', ['600']);
const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
process.kill(child.pid!, 'SIGTERM');
export const template = Template().fromTemplate(String(await ended));`,
  });
  expect(definitionOf(loaded).recipe.fromTemplate).toBe('SIGTERM');
});

test('Node prints nothing when memory runs out', async () => {
  const loaded = await load(
    {
      'template.ts': `console.error('before\\n\\nan empty line');\nconst all: string[][] = [];\nfor (;;) all.push(Array.from({ length: 1000 }, (_, i) => 'x' + i + all.length));`,
    },
    { memoryLimitMb: 64 },
  );
  expect(loaded.problems).toHaveLength(1);
  expect(loaded.stderr).toEqual(['before', '', 'an empty line']);
});

describe('a definition cannot forge or spoil its answer', () => {
  const forged = JSON.stringify({ type: 'problems', problems: [{ title: 'forged', message: 'forged' }] });

  test.each([
    ['text without an end', `writeSync(3, 'noise');`],
    ['an answer without the token', `writeSync(3, ${JSON.stringify(`\n${forged}\n`)});`],
    [
      'an answer with a token of its own',
      `writeSync(3, ${JSON.stringify(`\n00000000000000000000000000000000 ${forged}\n`)});`,
    ],
    ['a message to a parent that is not there', `process.send?.(${forged});`],
    ['another way to write', `fs.writeSync = () => 0 as never; syncBuiltinESMExports();`],
    ['listeners of its own for the end', `process.on('exit', () => { for (;;); });`],
  ])('%s', async (_, text) => {
    const loaded = await load({
      'template.ts': `${first}import fs, { writeSync } from 'node:fs';\nimport { syncBuiltinESMExports } from 'node:module';\n${text}${last}`,
    });
    expect(definitionOf(loaded).recipe.fromTemplate).toBe('x');
  });
});

/** Whether a process is still there. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Leaves nothing behind where a test fails. */
function endAfterTest(pid: number): void {
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100 && isRunning(pid); attempt++) await sleep(50);
  return !isRunning(pid);
}

describe('nothing of a definition lives on', () => {
  const spawning = `import { spawn } from 'node:child_process';\nconsole.log(spawn('sleep', ['600'], { stdio: 'inherit' }).pid);\n`;

  test('a process that it started ends with it', async () => {
    const loaded = await load({ 'template.ts': first + spawning + last });
    definitionOf(loaded);
    endAfterTest(Number(loaded.stdout[0]));
    expect(await isGone(Number(loaded.stdout[0]))).toBe(true);
  });

  test.runIf(process.platform === 'linux')('also one that left its group and lost its parent', async () => {
    const detached = `import { spawn } from 'node:child_process';\nconst child = spawn('sh', ['-c', 'sleep 600 & echo $!'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });\nconsole.log(String(await new Promise((done) => child.stdout.once('data', done))).trim());\n`;
    const loaded = await load({ 'template.ts': first + detached + last });
    definitionOf(loaded);
    endAfterTest(Number(loaded.stdout[0]));
    expect(await isGone(Number(loaded.stdout[0]))).toBe(true);
  });

  test.runIf(process.platform !== 'win32').each([
    ['busy', 'for (;;);'],
    ['waiting', 'setInterval(() => {}, 1000);\nawait new Promise(() => {});'],
  ])('also when the action is killed while it is %s', async (_, text) => {
    const directory = project({ 'template.ts': `console.log(process.pid);\n${text}` });
    const action = spawn(process.execPath, [join(import.meta.dirname, 'action-to-kill.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void action.kill('SIGKILL'));
    const [line] = await once(action.stdout, 'data');
    endAfterTest(Number(line));
    expect(isRunning(Number(line))).toBe(true);
    action.kill('SIGKILL');
    expect(await isGone(Number(line))).toBe(true);
  });

  test.runIf(process.platform === 'linux')(
    'also when the action is killed and what it started has left its group',
    async () => {
      const directory = project({
        'template.ts': `import { spawn } from 'node:child_process';
const child = spawn('sh', ['-c', 'sleep 600 & echo $!'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
console.log(String(await new Promise((done) => child.stdout.once('data', done))).trim());
for (;;);`,
      });
      const action = spawn(process.execPath, [join(import.meta.dirname, 'action-to-kill.ts'), directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void action.kill('SIGKILL'));
      const [line] = await once(action.stdout, 'data');
      endAfterTest(Number(line));
      expect(isRunning(Number(line))).toBe(true);
      action.kill('SIGKILL');
      expect(await isGone(Number(line))).toBe(true);
    },
  );

  test('also when its time is over', async () => {
    const loaded = await load({ 'template.ts': `${first}${spawning}for (;;);` }, { timeLimitMs: 500 });
    expect(loaded.problems).toHaveLength(1);
    expect(await isGone(Number(loaded.stdout[0]))).toBe(true);
  });

  test('also when the job is cancelled, and then the reason is given', async () => {
    const cancel = new AbortController();
    const reason = new Error('cancelled');
    let pid = 0;
    const loading = load(
      { 'template.ts': `console.log(process.pid);\nfor (;;);` },
      {
        signal: cancel.signal,
        onLine: (line) => {
          pid = Number(line);
          cancel.abort(reason);
        },
      },
    );
    await expect(loading).rejects.toBe(reason);
    expect(await isGone(pid)).toBe(true);
  });

  test('a signal that is aborted before starts nothing', async () => {
    const lines: string[] = [];
    const loading = load(
      { 'template.ts': `console.log('started');` },
      { signal: AbortSignal.abort(new Error('cancelled')), onLine: (line) => lines.push(line) },
    );
    await expect(loading).rejects.toThrow('cancelled');
    expect(lines).toEqual([]);
  });
});

test('a Node that is not there is one problem', async () => {
  const loaded = await load({ 'template.ts': last }, { node: '/nowhere/node' });
  expect(loaded.problems).toMatchObject([{ message: expect.stringMatching(/could not be started.*ENOENT/) }]);
});
