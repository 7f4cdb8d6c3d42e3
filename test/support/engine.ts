/**
 * A container engine that builds Dockerfiles, and an image for it that is made of this machine's own programs, since tests
 * ask no registry.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface Engine {
  /** Runs the command line of the engine, and gives back what it printed. Throws with its errors. */
  run(args: readonly string[], input?: string | Buffer): string;
  /** The name of the image. */
  readonly base: string;
}

/** The command line: TEST_DOCKER, else the first `docker` that builds with BuildKit. */
const programs = process.env['TEST_DOCKER'] ? [process.env['TEST_DOCKER']] : ['docker', '/usr/bin/docker'];

const env = { ...process.env, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' };

function call(program: string, args: readonly string[], input?: string | Buffer) {
  return spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 50_000_000, env });
}

/** An engine that builds with BuildKit, or why there is none. */
export function findEngine(): { readonly program: string; readonly major: number } | string {
  if (process.platform !== 'linux') return 'the base image is made of the programs of a Linux machine';
  let why = '';
  for (const program of programs) {
    const version = call(program, ['version', '--format', '{{.Server.Version}}']);
    const build = version.status === 0 ? call(program, ['build', '--help']) : version;
    if (build.status === 0) return { program, major: Number.parseInt(version.stdout, 10) };
    why ||= `${program} ${version.status === 0 ? 'has no BuildKit' : 'reaches no engine'}`;
  }
  return why;
}

/** Programs that the base image has, besides all of coreutils. */
const tools = [
  'bash',
  'dash',
  'sed',
  'grep',
  'find',
  'tar',
  'gzip',
  'useradd',
  'usermod',
  'groupadd',
  'getent',
  'sha256sum',
];

/** Opens the engine, and makes the base image: Debian's shells and tools, its login profile, and the service's user. */
export function openEngine(program: string): Engine {
  const run = (args: readonly string[], input?: string | Buffer): string => {
    const { status, stdout, stderr } = call(program, args, input);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stderr}\n${stdout}`);
    return stdout;
  };
  const folder = mkdtempSync(join(tmpdir(), 'rootfs-'));
  try {
    fill(folder);
    const pack = (owner: string, ...paths: string[]) =>
      execFileSync('tar', [
        '-C',
        folder,
        `--owner=${owner}`,
        `--group=${owner}`,
        '--numeric-owner',
        '-rf',
        archive,
        ...paths,
      ]);
    const archive = join(folder, '..', `${basename(folder)}.tar`);
    pack('0', '--exclude=./home/user', '.');
    pack('1000', './home/user');
    const tar = readFileSync(archive);
    rmSync(archive);
    const base = 'definition-test-base:1';
    run(['import', '-', base], tar);
    return { run, base };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(root: string): void {
  for (const directory of [
    'usr/bin',
    'usr/sbin',
    'usr/lib',
    'usr/lib64',
    'etc',
    'proc',
    'sys',
    'dev',
    'home',
    'opt',
    'root',
    'run',
    'var/tmp',
  ])
    mkdirSync(join(root, directory), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  const shell = (script: string) =>
    execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
  const paths = shell("dpkg -L coreutils | grep -E '^/(usr/)?bin/'").concat(
    tools.flatMap((name) => shell(`command -v ${name}`)),
  );
  const libraries = shell(`ldd ${paths.join(' ')} 2>/dev/null | grep -oE '/[^ ]+' | grep -v ':$' | sort -u`);
  for (const path of [...paths, ...libraries]) {
    const target = join(root, path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/'));
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(path) && !existsSync(target)) copyFileSync(path, target);
  }
  symlinkSync('dash', join(root, 'usr/bin/sh'));
  const text = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  text('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/bash\n');
  text('etc/group', 'root:x:0:\nstaff:x:50:\nuser:x:1000:\n');
  text('etc/shadow', 'root:*:19000:0:99999:7:::\nuser:*:19000:0:99999:7:::\n');
  text('etc/login.defs', 'UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n');
  // As Debian has it: a login shell forgets the PATH that it was given.
  text(
    'etc/profile',
    `if [ "$(id -u)" -eq 0 ]; then PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; else PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"; fi\nexport PATH\n`,
  );
  mkdirSync(join(root, 'home/user'));
  if (existsSync('/etc/nsswitch.conf')) text('etc/nsswitch.conf', 'passwd: files\ngroup: files\n');
  if (!existsSync(join(root, 'lib64/ld-linux-x86-64.so.2'))) {
    const loader = '/lib64/ld-linux-x86-64.so.2';
    if (existsSync(loader)) copyFileSync(loader, join(root, 'usr/lib64/ld-linux-x86-64.so.2'));
  }
}
