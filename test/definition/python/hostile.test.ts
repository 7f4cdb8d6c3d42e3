/** A recipe in Python cannot end, outlive or mislead the action, whatever it does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { definitionOf, type LoadOptions, place } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

const first = 'from e2b import Template\n';
const last = '\ntemplate = Template().from_template("x")';

/** Each row ends or hangs the process of the recipe in another way. */
const endings: [label: string, text: string, message: RegExp, options?: LoadOptions][] = [
  [
    'sys.exit',
    `${first}import sys\nif True:\n    sys.exit(3)${last}`,
    /^template\.py:4 .*sys\.exit\(\).*exit code is 3\./,
  ],
  [
    'sys.exit with a text',
    `${first}import sys\nsys.exit("no ANSWER_FILE")${last}`,
    /^template\.py:3 .*It says: no ANSWER_FILE\./,
  ],
  ['exit in a helper', `import helper\n${first}helper.stop()${last}`, /^helper\.py:2 .*sys\.exit\(\)/],
  ['os._exit', `import os\nos._exit(0)`, /^template\.py:2 .*os\._exit\(\) ends the process/],
  ['os.abort', `import os\nos.abort()`, /^template\.py:2 .*os\.abort\(\)/],
  ['a signal to itself', `import os\nos.kill(os.getpid(), 9)`, /^template\.py:2 .*os\.kill\(\) on itself/],
  ['a signal to its group', `import os\nos.killpg(0, 15)`, /^template\.py:2 .*os\.killpg\(\) signals many/],
  [
    'a signal to its parent',
    `import os\nos.kill(os.getppid(), 18)`,
    /^template\.py:2 .*would end the action/,
  ],
  ['a signal to everything', `import os\nos.kill(-1, 18)`, /^template\.py:2 .*os\.kill\(-1\) signals many/],
  [
    'a signal from outside',
    `import os\nos.system(f"kill -9 {os.getpid()}")`,
    /^template\.py:1 .*was ended by signal SIGKILL before.*memory/,
  ],
  [
    'the end of its parent from outside',
    `import os\nos.system(f"kill -9 {os.getppid()}")\nwhile True: pass`,
    /^template\.py:1 .*was ended by signal SIGKILL before/,
  ],
  [
    'another program in its place',
    `import os\nos.execvp("true", ["true"])`,
    /^template\.py:1 .*ended with exit code 0/,
  ],
  [
    'a broken access to memory',
    `import ctypes\nctypes.string_at(0)`,
    /^template\.py:1 .*was ended by signal SIGSEGV/,
  ],
  [
    'a loop without an end',
    `${first}i = 0\nwhile True:\n    i += 1`,
    /^template\.py:[34] .*did not finish within 2 s.*busy at this line/,
    { timeLimitMs: 2_000 },
  ],
  [
    'a wait without an end',
    `${first}import threading\nthreading.Event().wait()`,
    /^template\.py:3 .*did not finish within 2 s/,
    { timeLimitMs: 2_000 },
  ],
  [
    'a function without an end',
    `${first}def make():\n    while True:\n        pass`,
    /^template\.py:[1234] .*did not finish within 2 s/,
    { timeLimitMs: 2_000 },
  ],
  [
    'memory without an end',
    'parts = []\nwhile True:\n    parts.append("x" * 1000000 + str(len(parts)))',
    /^template\.py:3 .*too much memory/,
    { memoryLimitMb: 256 },
  ],
  [
    'all descriptors closed',
    `${first}import os\nos.closerange(3, 256)${last}`,
    /^template\.py:1 .*closed a file descriptor that it did not open/,
  ],
  ['calls without an end', `def f():\n    f()\nf()`, /^template\.py:2 .*RecursionError/],
  [
    'an exception that cannot be shown',
    `class E(Exception):\n    def __str__(self): raise self\nraise E`,
    /^template\.py:3 .*\(no message\)/,
  ],
];

describe('a recipe cannot end the action', () => {
  test.each(endings)('%s', async (_, text, message, options) => {
    const loaded = await loadPython(
      { 'template.py': text, 'helper.py': 'import sys\ndef stop(): sys.exit(1)' },
      options,
    );
    expect(mistakes(loaded)).toEqual([expect.stringMatching(message)]);
    expect(loaded.problems[0]?.message).not.toMatch(/Traceback|recipe_driver/);
  });
});

describe('a recipe cannot forge or spoil its answer', () => {
  const forged = `b'\\n{"type": "problems", "problems": [{"title": "forged", "message": "forged"}]}\\n'`;

  test.each([
    [
      'writes to all descriptors',
      `for fd in range(3, 64):\n    try: os.write(fd, ${forged})\n    except OSError: pass`,
    ],
    ['replaces what writes', 'os.write = lambda *_: 0\nimport json\njson.dumps = None'],
    ['replaces what is imported', 'import sys\nsys.modules.clear()'],
    ['leaves work for the end', 'import atexit\natexit.register(lambda: os.system("sleep 600"))'],
    [
      'has a thread that goes on',
      'import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()',
    ],
    ['goes on in a fork', 'if os.fork() == 0:\n    template = Template().from_template("forged")\n'],
    ['raises in a destructor', 'class D:\n    def __del__(self): raise SystemExit(3)\nD()'],
  ])('that %s', async (_, text) => {
    const loaded = await loadPython(`${first}import os\n${text}${last}`);
    expect(mistakes(loaded)).toEqual([]);
    expect(definitionOf(loaded).recipe.fromTemplate).toBe('x');
  });
});

test('its output may look like commands, and stays output', async () => {
  const loaded = await loadPython(`${first}print("::error::x\\n##[set-output name=a]b")${last}`);
  expect(loaded.stdout).toEqual(['::error::x', '##[set-output name=a]b']);
  expect(definitionOf(loaded).warnings).toEqual([]);
});

test('it finds no key, token, input or command file', async () => {
  const secrets = {
    NOVITA_API_KEY: 'sk_the_secret_key',
    INPUT_NAME: 'the-secret-input',
    ACTIONS_RUNTIME_TOKEN: 'the-secret-token',
    GITHUB_ENV: '/runner/temp/the-secret-file',
    COPY_OF_KEY: 'sk_the_secret_key',
  };
  const loaded = await loadPython(
    `${first}import os
found = [open(f"/proc/{pid}/environ").read() for pid in ("self", os.getppid())] if os.path.isdir("/proc/self") else []
found += [open("/proc/self/cmdline").read(), repr(dict(os.environ))]
print("secret" in "".join(found).lower(), os.environ["NOVITA_API_KEY"])${last}`,
    { env: secrets },
  );
  expect(loaded.stdout).toEqual([expect.stringMatching(/^False e2b_0+$/)]);
});

test('what it started does not outlive it', async () => {
  const loaded = await loadPython(`${first}import os, subprocess, sys
print(subprocess.Popen(["sleep", "600"]).pid)
print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid)
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(write, str(os.getpid()).encode())
        import time
        time.sleep(600)
    os._exit(0)
print(os.read(read, 20).decode())${last}`);
  expect(mistakes(loaded)).toEqual([]);
  const pids = loaded.stdout.map(Number);
  expect(pids).toHaveLength(3);
  for (const pid of pids) expect(await isGone(pid)).toBe(true);
});

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(50);
  }
  process.kill(pid, 'SIGKILL');
  return false;
}

test('an unknown line keeps the place of the file', async () => {
  const loaded = await loadPython('exec("1/0")');
  expect(place(loaded, loaded.problems[0]?.at)).toBe('template.py:1');
});
