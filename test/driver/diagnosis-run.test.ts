/** What people meet every day inside of a RUN, told from how it ended and what it printed last. */

import { describe, expect, test } from 'vitest';
import type { FailureClass } from '../../src/driver/diagnosis/failure-classes.ts';
import { failures } from '../../src/local/failures.ts';
import type { ScriptedLine } from '../../src/local/simulation-script.ts';
import { annotationOf, outcomeOf, plansOfDefinitions } from './diagnosis-harness.ts';

const plans = plansOfDefinitions();

interface RunCase {
  readonly command?: string;
  readonly lines: readonly ScriptedLine[];
  readonly exit?: number;
  readonly class: FailureClass;
  readonly says: RegExp;
}

const stderr = (text: string): ScriptedLine => ({ text, stream: 'stderr' });
const apt = 'apt-get update && apt-get install -y libfoo';
const runs: readonly RunCase[] = [
  // apt
  {
    command: apt,
    lines: [stderr('E: Unable to locate package libfoo')],
    exit: 100,
    class: 'package-not-found',
    says: /apt finds no package "libfoo"/,
  },
  {
    command: apt,
    lines: [stderr("E: Package 'libfoo' has no installation candidate")],
    exit: 100,
    class: 'package-not-found',
    says: /"libfoo"/,
  },
  {
    command: apt,
    lines: [stderr("E: Version '9' for 'libfoo' was not found")],
    exit: 100,
    class: 'package-not-found',
    says: /"libfoo"/,
  },
  {
    command: apt,
    lines: [
      "W: Failed to fetch http://deb.example.org/x  Temporary failure resolving 'deb.example.org'",
      stderr('E: Unable to locate package libfoo'),
    ],
    exit: 100,
    class: 'network',
    says: /could not reach a host/,
  },
  {
    command: apt,
    lines: [
      stderr('E: Failed to fetch http://deb.example.org/a.deb  404  Not Found [IP: 1.2.3.4 80]'),
      stderr('E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?'),
    ],
    exit: 100,
    class: 'package-not-found',
    says: /older than the mirror/,
  },
  {
    command: apt,
    lines: [stderr("E: You don't have enough free space in /var/cache/apt/archives/.")],
    exit: 100,
    class: 'disk-full',
    says: /disk of the template is full/,
  },
  {
    command: apt,
    lines: [
      stderr('E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)'),
      stderr('E: Unable to lock directory, are you root?'),
    ],
    exit: 100,
    class: 'permission-denied',
    says: /ran as "app".*\n.*user: 'root'/,
  },
  {
    command: apt,
    lines: [stderr('E: Sub-process /usr/bin/dpkg returned an error code (1)')],
    exit: 100,
    class: 'package-install',
    says: /apt could not install/,
  },
  { command: apt, lines: ['Killed'], exit: 137, class: 'out-of-memory', says: /killed/ },
  // pip
  {
    command: 'pip install reqeusts',
    lines: [
      stderr('ERROR: Could not find a version that satisfies the requirement reqeusts (from versions: none)'),
      stderr('ERROR: No matching distribution found for reqeusts'),
    ],
    class: 'package-not-found',
    says: /pip finds no package "reqeusts"/,
  },
  {
    command: 'pip install x',
    lines: [
      'WARNING: Retrying after connection broken by NewConnectionError: Temporary failure in name resolution',
      stderr('ERROR: No matching distribution found for x'),
    ],
    class: 'network',
    says: /Run the job again/,
  },
  {
    command: 'pip install x',
    lines: [
      stderr('ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'),
    ],
    class: 'disk-full',
    says: /caches/,
  },
  {
    command: 'pip install x',
    lines: [
      stderr(
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/usr/lib/x'",
      ),
    ],
    class: 'permission-denied',
    says: /root/,
  },
  {
    command: 'pip install -r requirements.txt',
    lines: [
      stderr(
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'",
      ),
    ],
    class: 'file-not-found',
    says: /"requirements.txt" is missing; the command ran in "\/srv"/,
  },
  {
    command: 'pip install x',
    lines: [stderr('error: externally-managed-environment')],
    class: 'package-install',
    says: /break-system-packages/,
  },
  {
    command: 'pip install x',
    lines: [stderr("error: command 'gcc' failed: No such file or directory")],
    class: 'package-install',
    says: /build-essential/,
  },
  {
    command: 'pip install x',
    lines: [stderr('x.c:1:10: fatal error: Python.h: No such file or directory')],
    class: 'package-install',
    says: /"Python.h" is missing/,
  },
  {
    command: 'pip install a b',
    lines: [stderr('ERROR: ResolutionImpossible: for help visit https://pip')],
    class: 'package-install',
    says: /do not match each other/,
  },
  {
    command: 'pip install x',
    lines: [stderr('bash: line 1: pip: command not found')],
    exit: 127,
    class: 'command-not-found',
    says: /"pip" is not in the template.*\n.*PATH/,
  },
  // npm
  {
    command: 'npm ci',
    lines: [stderr("npm error 404  'no-such@^1.0.0' is not in this registry.")],
    class: 'package-not-found',
    says: /"no-such@\^1\.0\.0"/,
  },
  {
    command: 'npm i x',
    lines: [
      stderr('npm error code ETARGET'),
      stderr('npm error notarget No matching version found for x@99.'),
    ],
    class: 'package-not-found',
    says: /"x@99"/,
  },
  {
    command: 'npm ci',
    lines: [
      stderr('npm error code EAI_AGAIN'),
      stderr('npm error network request to https://registry.example.org failed'),
    ],
    class: 'network',
    says: /could not reach/,
  },
  { command: 'npm ci', lines: [stderr('npm error code ENOSPC')], class: 'disk-full', says: /full/ },
  {
    command: 'npm i -g x',
    lines: [
      stderr('npm error code EACCES'),
      stderr("npm error Error: EACCES: permission denied, mkdir '/usr/lib'"),
    ],
    class: 'permission-denied',
    says: /"app"/,
  },
  {
    command: 'npm i',
    lines: [stderr('npm error code ERESOLVE')],
    class: 'package-install',
    says: /lock file/,
  },
  {
    command: 'npm ci',
    lines: [stderr("npm error code ENOENT: no such file or directory, open '/srv/package.json'")],
    class: 'file-not-found',
    says: /package\.json/,
  },
  {
    command: 'npm run build',
    lines: [stderr('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory')],
    exit: 134,
    class: 'out-of-memory',
    says: /max-old-space-size/,
  },
  {
    command: 'npm run build',
    lines: [stderr('sh: 1: tsc: not found')],
    exit: 127,
    class: 'command-not-found',
    says: /"tsc"/,
  },
  {
    command: 'npm ci',
    lines: [stderr('npm error command failed'), stderr('npm error command sh -c node install.js')],
    class: 'package-install',
    says: /npm could not install/,
  },
  // bun
  {
    command: 'bun add no-such',
    lines: [stderr('error: GET https://registry.example.org/no-such - 404')],
    class: 'package-not-found',
    says: /bun finds no package "no-such"/,
  },
  {
    command: 'bun install',
    lines: [stderr('error: No version matching "^99" found for specifier "x" (but package exists)')],
    class: 'package-not-found',
    says: /"x"/,
  },
  {
    command: 'bun install',
    lines: [stderr('error: ConnectionRefused downloading package manifest x')],
    class: 'network',
    says: /reach/,
  },
  {
    command: 'bun install',
    lines: [stderr('error: lockfile had changes, but lockfile is frozen')],
    class: 'package-install',
    says: /bun\.lock does not match package\.json.*\n.*bun install where you develop/,
  },
  // cargo
  {
    command: 'cargo install no-such',
    lines: [stderr('error: could not find `no-such` in registry `crates-io` with version `*`')],
    class: 'package-not-found',
    says: /cargo finds no package "no-such"/,
  },
  {
    command: 'cargo build',
    lines: [stderr('error: no matching package named `foo` found')],
    class: 'package-not-found',
    says: /"foo"/,
  },
  {
    command: 'cargo build',
    lines: [stderr("warning: spurious network error (3 tries remaining): [6] Couldn't resolve host name")],
    exit: 101,
    class: 'network',
    says: /reach/,
  },
  {
    command: 'cargo build',
    lines: [stderr('error: linker `cc` not found')],
    exit: 101,
    class: 'package-install',
    says: /"cc" is missing/,
  },
  {
    command: 'cargo install x',
    lines: [stderr('error: failed to compile `x v1.0.0`')],
    exit: 101,
    class: 'package-install',
    says: /cargo could not install/,
  },
  // git
  {
    command: 'git clone https://github.com/o/r',
    lines: [stderr("fatal: could not read Username for 'https://github.com': terminal prompts disabled")],
    exit: 128,
    class: 'git-clone',
    says: /does not exist, or is private/,
  },
  {
    command: 'git clone https://github.com/o/r',
    lines: [
      stderr('remote: Repository not found.'),
      stderr("fatal: repository 'https://github.com/o/r/' not found"),
    ],
    exit: 128,
    class: 'git-clone',
    says: /private/,
  },
  {
    command: 'git clone git@github.com:o/r',
    lines: [stderr('git@github.com: Permission denied (publickey).')],
    exit: 128,
    class: 'git-clone',
    says: /copy\(\)/,
  },
  {
    command: 'git clone -b x https://github.com/o/r',
    lines: [stderr('fatal: Remote branch x not found in upstream origin')],
    exit: 128,
    class: 'git-clone',
    says: /Remote branch x not found/,
  },
  {
    command: 'git clone https://github.com/o/r',
    lines: [stderr("fatal: unable to access 'https://github.com/o/r/': Could not resolve host: github.com")],
    exit: 128,
    class: 'network',
    says: /reach/,
  },
  // any command
  { lines: [], exit: 126, class: 'permission-denied', says: /may not be executed/ },
  { lines: [], exit: 127, class: 'command-not-found', says: /A program that the command calls/ },
  {
    command: 'foo; exit 3',
    lines: [stderr('bash: line 1: foo: command not found')],
    exit: 3,
    class: 'command-not-found',
    says: /"foo"/,
  },
  {
    command: 'cat x',
    lines: [stderr('cat: x: No such file or directory')],
    class: 'file-not-found',
    says: /"x" is missing/,
  },
  {
    command: 'touch /etc/x',
    lines: [stderr("touch: cannot touch '/etc/x': Permission denied")],
    class: 'permission-denied',
    says: /lacks a permission/,
  },
  {
    command: 'make',
    lines: [stderr('\u001b[31mcc1plus: out of memory\u001b[0m allocating 65536 bytes')],
    exit: 2,
    class: 'out-of-memory',
    says: /memory-mb/,
  },
  { command: 'make test', lines: ['1 test failed'], exit: 2, class: 'run', says: /exit status 2/ },
  { command: 'npm ci && npm test', lines: ['1 test failed'], exit: 1, class: 'run', says: /set -e/ },
  // The command's own text decides nothing.
  {
    command: 'echo "no space left on device"; echo \'x\'; build was cancelled; false',
    lines: ['x'],
    class: 'run',
    says: /status 1/,
  },
];

describe('a failed RUN', () => {
  test.each(runs)('$command, $lines.0: $class', async ({ command = 'x', lines, exit = 1, says, ...row }) => {
    const { plan } = plans();
    const wire = { ...plan.wire, steps: plan.wire.steps.with(6, { type: 'RUN', args: [command] }) };
    const fail = { message: failures.runFailed(command, exit) };
    const outcome = await outcomeOf([{ at: 7, lines, fail }], { ...plan, wire });
    const { place, text } = annotationOf(outcome, plan);
    expect(outcome.diagnosis?.class, JSON.stringify(outcome.diagnosis)).toBe(row.class);
    expect(text).toMatch(says);
    expect(place).toBe('template.ts:10');
  });

  test('runs as its own user, then as that of the last USER', async () => {
    const { plan } = plans();
    const args = ['touch /etc/x', 'builder'];
    const wire = { ...plan.wire, steps: plan.wire.steps.with(6, { type: 'RUN', args }) };
    const rule = {
      at: 7,
      lines: ['Permission denied'],
      fail: { message: failures.runFailed('x', 1) },
    } as const;
    expect((await outcomeOf([rule], { ...plan, wire })).diagnosis?.what).toContain('"builder"');
  });

  test('is found in the last lines however many and long they are', async () => {
    const lines = [
      ...Array.from({ length: 300 }, () => 'x'.repeat(3000)),
      stderr('E: Unable to locate package a'),
    ];
    const command = `apt-get install a ${"'".repeat(30_000)}`;
    const outcome = await outcomeOf(
      [{ at: 7, lines, fail: { message: failures.runFailed(command, 100) } }],
      plans().plan,
    );
    expect(outcome.diagnosis?.class).toBe('package-not-found');
  });
});
