/** Many files, large files and the same files elsewhere, through the bundle. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { list } from 'tar';
import { describe, expect } from 'vitest';
import { type RunChanges, testWith } from '../support/fixtures.ts';
import type { RunResult } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const definition = (...copies: string[]) => `import { Template } from 'novita-sandbox';
export const template = Template()
  .fromImage('python:3.12@sha256:${'0123456789abcdef'.repeat(4)}', undefined, { inheritConfig: false })
${copies.map((source) => `  .copy(${JSON.stringify(source)}, '/srv/')`).join('\n')}
  .runCmd('make');
`;

interface Built extends RunResult {
  /** The status of each upload. */
  readonly uploads: readonly (number | undefined)[];
  /** Largest resident memory of the action's own process, in bytes; 0 where nothing tells. */
  readonly peakBytes: number;
}

const test = testWith({
  // Each build is to ask for its uploads.
  defaults: { ownProcess: true, inputs: { name: 'large', tags: 'v1', reuse: 'never' } },
}).extend(
  'build',
  ({ service, workspace, run }) =>
    async (template = 'template.ts', changes: RunChanges = {}) => {
      const before = service.requests.length;
      let peakBytes = 0;
      let watch: NodeJS.Timeout | undefined;
      const result = await run({
        workspace: workspace.path,
        ...changes,
        inputs: { template },
        onSpawn: (processId) => {
          changes.onSpawn?.(processId);
          watch = setInterval(() => {
            peakBytes = Math.max(peakBytes, highWaterMark(processId));
          }, 20);
        },
      }).finally(() => clearInterval(watch));
      expect(result.exitCode, result.log).toBe(0);
      const uploads = service.requests.slice(before).filter(({ method }) => method === 'PUT');
      const built: Built = { ...result, peakBytes, uploads: uploads.map(({ status }) => status) };
      return built;
    },
);

/** Far more than a run needs, far fewer than its files; where nothing can set it, the system's own limit stands. */
function limitOpenFiles(processId: number): void {
  spawnSync('prlimit', ['--pid', String(processId), '--nofile=256:256'], { stdio: 'ignore' });
}

/** VmHWM of proc_pid_status(5), in bytes; 0 when the process has gone or the system has no such file. */
function highWaterMark(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

describe('a COPY', () => {
  test('of 10,000 files, beside as many excluded ones, sends each of them, with few of them open at once', async ({
    service,
    workspace,
    build,
  }) => {
    await workspace.write({
      'template.ts': definition('app'),
      '.dockerignore': 'app/node_modules\n',
    });
    const names = plantMany(join(workspace.path, 'app'), 100, 100);
    plantMany(join(workspace.path, 'app/node_modules'), 50, 200);
    const { log, uploads } = await build('template.ts', { onSpawn: limitOpenFiles });
    expect(uploads).toEqual([200]);
    expect(log).toContain('10,000 files');
    const archived: string[] = [];
    await list({
      file: service.inspect.files().at(-1)?.path ?? '',
      onReadEntry: ({ type, path }) => {
        if (type === 'File') archived.push(path);
      },
    });
    expect(archived).toEqual(names.map((name) => `app/${name}`));
  });

  test('never opens an excluded directory', async ({ workspace, skip, build }) => {
    await workspace.write({
      'template.ts': definition('app'),
      '.dockerignore': '**/node_modules\n',
      'app/main.py': '',
      'app/node_modules/lib/index.js': '',
    });
    const opened = (path: string) => statSync(join(workspace.path, path)).atimeMs > 1000;
    const directories = ['app', 'app/node_modules', 'app/node_modules/lib'];
    // A file system notes when a directory was last read, at least when that was before it last changed.
    for (const each of directories) utimesSync(join(workspace.path, each), 1, 2);
    await build();
    if (!opened('app')) return skip('this file system does not note reading');
    expect(directories.map(opened)).toEqual([true, false, false]);
  });

  test('of large files needs no more memory than an empty one', { timeout: 300_000 }, async ({
    service,
    workspace,
    build,
  }) => {
    await workspace.write({
      'empty.ts': definition('data/empty'),
      'template.ts': definition('data'),
      'data/empty': '',
      'data/noise': '',
      'data/sparse': '',
    });
    const noise = randomBytes(8_000_000);
    for (let part = 0; part < 12; part++) {
      await writeFile(join(workspace.path, 'data/noise'), noise, { flag: 'a' });
    }
    await truncate(join(workspace.path, 'data/sparse'), 160_000_000);
    const empty = await build('empty.ts');
    const large = await build();
    expect([...empty.uploads, ...large.uploads]).toEqual([200, 200]);
    expect(service.inspect.files().at(-1)?.bytes).toBeGreaterThan(90_000_000);
    expect((large.peakBytes - empty.peakBytes) / 1e6).toBeLessThan(90);
  });
});

describe('the same content', () => {
  test('checked out elsewhere and by another umask is not sent again', async ({ workspace, build }) => {
    await workspace.write({
      'template.ts': definition('app', 'bin', 'latest'),
      '.dockerignore': '**/*.log\n',
      'app/main.py': 'print(1)\n',
      'app/Übung 1.txt': randomBytes(300_000).toString('base64'),
      'bin/run.sh': '#!/bin/sh\n',
    });
    const shell = (script: string, ...args: string[]) => execFileSync('sh', ['-ec', script, 'sh', ...args]);
    shell(
      `cd "$1"; ln -s app latest; chmod +x bin/run.sh; git init -q; git add .
       git -c user.name=a -c user.email=a@localhost commit -qm a`,
      workspace.path,
    );
    await using places = await temporaryDirectory();
    const [first, second] = [join(places.path, 'first'), join(places.path, 'b/second')];
    await mkdir(join(places.path, 'b'));
    shell('umask 022; git clone -q "$1" "$2"', workspace.path, first);
    shell('umask 077; git clone -q "$1" "$2"', workspace.path, second);
    await writeFile(join(second, 'app/debug.log'), 'excluded');

    expect((await build('template.ts', { workspace: first })).uploads).toEqual([200, 200, 200]);
    expect((await build('template.ts', { workspace: second })).uploads).toEqual([]);
    await writeFile(join(second, 'bin/run.sh'), '#!/bin/ash\n');
    expect((await build('template.ts', { workspace: second })).uploads).toEqual([200]);
    await rm(join(second, 'app/debug.log'));
    expect((await build('template.ts', { workspace: second })).uploads).toEqual([]);
  });
});

/**
 * Plants directories of small files: hard links to a hundred files of different content, which are made far
 * faster than files. Gives the paths, sorted.
 */
function plantMany(directory: string, directories: number, filesEach: number): string[] {
  mkdirSync(directory, { recursive: true });
  const names: string[] = [];
  for (let index = 0; index < directories; index++) {
    const folder = `d${String(index).padStart(4, '0')}`;
    mkdirSync(join(directory, folder));
    for (let file = 0; file < filesEach; file++) {
      const name = `${folder}/f${String(file).padStart(3, '0')}.txt`;
      const place = join(directory, name);
      if (index === 0) writeFileSync(place, `${file}: ${createHash('sha256').update(name).digest('hex')}\n`);
      else linkSync(join(directory, names[file] ?? ''), place);
      names.push(name);
    }
  }
  return names;
}
