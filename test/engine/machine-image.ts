/**
 * Makes an image of Debian or Ubuntu out of packages that are installed on this very machine, without a network: their
 * files, the database of dpkg, and the links that installing them makes.
 *
 * Usage: node test/engine/machine-image.ts <name:tag> [package …]
 *
 * The packages that are needed are taken along. Needs dpkg and GNU tar, and sudo unless it runs as root, since not all files may be read.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { EngineClient } from '../../src/local/engine/client.ts';
import { findEngine } from '../../src/local/engine/find-engine.ts';

/** What a base image of the tests has, beside the packages that Debian calls essential. */
export const usualPackages = [
  ...['apt', 'sudo', 'adduser', 'curl', 'ca-certificates', 'iproute2', 'procps', 'passwd', 'perl-base'],
  ...['python3', 'python3-pip', 'git', 'socat', 'mount'],
];

/** Marks what the tests make, so that nothing else is ever removed. */
export const TEST_LABEL = 'template-service.test';

const DATABASE = '/var/lib/dpkg';
const leftOut = /^\/usr\/share\/(?:doc|man|info|locale|lintian|bug|i18n\/locales)\/./;

/** Imports the image if the engine has none of the same packages yet. */
export async function importMachineImage(
  client: EngineClient,
  name: string,
  packages: readonly string[] = usualPackages,
): Promise<void> {
  const stanzas = closure(packages);
  const script = readFileSync(import.meta.filename);
  const content = createHash('sha256').update(script).update(stanzas.join('\n')).digest('hex').slice(0, 16);
  const known = `${TEST_LABEL}/machine:${content}`;
  const [repo = '', tag = 'latest'] = name.split(/:(?=[^/]+$)/);
  if (!(await exists(client, known))) {
    const stage = mkdtempSync(join(tmpdir(), 'machine-image-'));
    try {
      const create = ['tar', '--create', '--no-recursion', ...listFiles(stanzas, stage)];
      const [program = '', ...args] = process.getuid?.() === 0 ? create : ['sudo', '-n', ...create];
      const tar = spawn(program, args, {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(tar, 'close');
      const query = {
        fromSrc: '-',
        repo: `${TEST_LABEL}/machine`,
        tag: content,
        changes: `LABEL ${TEST_LABEL}=1`,
      };
      const answer = await client.text('POST', '/images/create', { query, stream: tar.stdout });
      const [status] = await ended;
      if (status !== 0 || answer.includes('"error"')) throw new Error(`tar ended with ${status}: ${answer}`);
    } finally {
      rmSync(stage, { recursive: true, force: true });
    }
  }
  await client.text('POST', `/images/${known}/tag`, { query: { repo, tag } });
}

async function exists(client: EngineClient, name: string): Promise<boolean> {
  return client.text('GET', `/images/${name}/json`).then(
    () => true,
    () => false,
  );
}

/** The stanzas of the database of dpkg for the packages, what is essential, and all that they need. */
function closure(packages: readonly string[]): string[] {
  const stanzas = new Map<string, string>();
  const providers = new Map<string, string>();
  for (const stanza of readFileSync(`${DATABASE}/status`, 'utf8').split('\n\n')) {
    const name = field(stanza, 'Package');
    if (!name || !/^Status: \S+ ok installed$/m.test(stanza) || stanzas.has(name)) continue;
    stanzas.set(name, stanza);
    for (const provided of names(field(stanza, 'Provides'))) providers.set(provided, name);
  }
  const found = new Set<string>();
  const open = [...packages];
  for (const [name, stanza] of stanzas) if (/^Essential: yes$/m.test(stanza)) open.push(name);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const name = stanzas.has(next) ? next : providers.get(next);
    if (name === undefined || found.has(name)) continue;
    found.add(name);
    const stanza = stanzas.get(name) ?? '';
    for (const one of ['Depends', 'Pre-Depends']) {
      for (const choice of field(stanza, one).split(',')) {
        const installed = names(choice.replaceAll('|', ',')).find((n) => stanzas.has(n) || providers.has(n));
        if (installed) open.push(installed);
      }
    }
  }
  return [...found].sort().map((name) => stanzas.get(name) ?? '');
}

function field(stanza: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
}

function names(text: string): string[] {
  return text.split(',').flatMap((part) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(part)?.[1] ?? []);
}

/** Writes the lists for tar, and what differs from this machine, into `stage`; returns tar's arguments. */
function listFiles(stanzas: readonly string[], stage: string): string[] {
  const paths = new Set<string>();
  const add = (path: string) => {
    // Packages name some files by links of the root, such as /bin.
    const folder = existsSync(dirname(path)) ? realpathSync(dirname(path)) : dirname(path);
    const real = resolve(folder, path.slice(path.lastIndexOf('/') + 1));
    if (!leftOut.test(real) && isThere(real)) paths.add(real);
  };
  for (const link of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) add(link);
  for (const folder of ['/tmp', '/root', '/home', '/proc', '/sys', '/dev', '/run', '/var/tmp']) add(folder);
  add(`${DATABASE}/info/format`);
  const packages = stanzas.map((stanza) => ({
    name: field(stanza, 'Package'),
    architecture: field(stanza, 'Architecture'),
  }));
  const prefixes = new Set(packages.flatMap(({ name, architecture }) => [name, `${name}:${architecture}`]));
  for (const file of readdirSync(`${DATABASE}/info`)) {
    const owner = file.slice(0, file.lastIndexOf('.'));
    if (!prefixes.has(owner)) continue;
    add(`${DATABASE}/info/${file}`);
    if (!file.endsWith('.list')) continue;
    for (const path of readFileSync(`${DATABASE}/info/${file}`, 'utf8').split('\n')) {
      if (path.startsWith('/') && path !== '/.') add(path);
    }
  }
  for (const path of ['/etc/ssl/certs/ca-certificates.crt', '/etc/pam.d', '/etc/profile']) add(path);
  for (const path of readdirSync('/etc/pam.d')) add(`/etc/pam.d/${path}`);
  for (const name of readdirSync('/etc/alternatives')) addAlternative(name, paths, add);
  stageFiles(stage, stanzas);
  const staged = execFileSync('find', ['.', '-mindepth', '1'], { cwd: stage, encoding: 'utf8' });
  const own = staged.split('\n').filter((path) => path !== '');
  const hidden = new Set(own.map((path) => path.slice(1)));
  const ours = [...paths].filter((path) => !hidden.has(path)).sort();
  const [machine, image] = [join(stage, 'list-machine'), join(stage, 'list-image')];
  writeFileSync(machine, ours.map((path) => `${path.slice(1)}\n`).join(''));
  writeFileSync(image, own.map((path) => `${path}\n`).join(''));
  return ['-C', '/', '-T', machine, '-C', stage, '-T', image];
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // In a folder that only root may read, which tar then does.
    return true;
  }
}

/** A link of update-alternatives whose target is in the image, and the link that points to it. */
function addAlternative(name: string, paths: ReadonlySet<string>, add: (path: string) => void): void {
  const link = `/etc/alternatives/${name}`;
  if (!existsSync(link) || !paths.has(realpathSync(link))) return;
  add(link);
  const first = readIfThere(`${DATABASE}/alternatives/${name}`).split('\n')[1];
  if (first?.startsWith('/') && existsSync(first) && readlinkSync(first) === link) add(first);
}

function stageFiles(stage: string, stanzas: readonly string[]): void {
  const files: Record<string, string> = {
    'etc/passwd': readFileSync('/usr/share/base-passwd/passwd.master', 'utf8').replace(
      /^(\w+):\*:/gm,
      '$1:x:',
    ),
    'etc/group': `${readFileSync('/usr/share/base-passwd/group.master', 'utf8')}`.replace(/:\*:/g, ':x:'),
    'etc/shadow': 'root:*:19000:0:99999:7:::\n',
    'etc/hostname': 'machine\n',
    'etc/fstab': '',
    'var/lib/dpkg/status': `${stanzas.join('\n\n')}\n\n`,
    'var/lib/dpkg/available': '',
    'var/lib/dpkg/arch': readIfThere(`${DATABASE}/arch`),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    writeFileSync(join(stage, path), text);
  }
  // Made when the packages are installed, and empty.
  const local = ['bin', 'etc', 'include', 'lib', 'sbin', 'share', 'src'].map((name) => `usr/local/${name}`);
  const apt = ['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial', 'var/log/apt'];
  for (const folder of [...local, ...apt, 'srv', 'opt', 'mnt', 'media']) {
    mkdirSync(join(stage, folder), { recursive: true });
  }
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

if (process.argv[1] === import.meta.filename) {
  const [name = 'machine:latest', ...packages] = process.argv.slice(2);
  const engine = await findEngine(process.env);
  if (!engine.ok) throw new Error(engine.reason);
  await importMachineImage(engine.value.client, name, packages.length > 0 ? packages : usualPackages);
  process.stdout.write(`${name}\n`);
  engine.value.client.close();
}
