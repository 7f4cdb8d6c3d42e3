import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import type { BuilderCall, ContextFiles } from '../../src/definition/dockerfile/state.ts';
import type { Engine } from './engine.ts';

/** What the steps of a build leave for the next, and at the end for a sandbox. */
export interface StepState {
  readonly env: Record<string, string>;
  user: string;
  workdir: string;
}

/**
 * Runs builder calls in a container as the service runs steps: each command in a login shell of bash with the variables of
 * ENV, which it expands as root without those of other steps; users and folders made where they are missing; files put
 * in place by root and given to the current user.
 */
export class ServiceSteps {
  readonly state: StepState = { env: {}, user: 'user', workdir: '/home/user' };
  readonly #engine: Engine;
  readonly #container: string;
  readonly #context: string;
  readonly #files: ContextFiles;

  constructor(engine: Engine, container: string, context: string, files: ContextFiles) {
    this.#engine = engine;
    this.#container = container;
    this.#context = context;
    this.#files = files;
  }

  take(call: BuilderCall): void {
    const { state } = this;
    switch (call.method) {
      case 'runCmd':
        this.command(call.command, call.user);
        return;
      case 'setEnvs':
        for (const [name, value] of Object.entries(call.envs)) state.env[name] = this.#expand(value);
        return;
      case 'setUser':
        this.root(`id -u ${call.user} >/dev/null || useradd -m ${call.user}`);
        state.user = this.root(`printf "%s" "${call.user}"`);
        return;
      case 'setWorkdir':
        this.#workdir(call.path);
        return;
      default:
        this.#copy(call);
    }
  }

  /** Runs a command as a step does, and gives back its output. */
  command(command: string, user = this.state.user): string {
    const { env, workdir } = this.state;
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    return this.#exec(['-u', user, '-w', workdir, ...variables], ['/bin/bash', '-l', '-c', command]);
  }

  root(script: string, input?: Buffer): string {
    return this.#exec(['-u', 'root', ...(input ? ['-i'] : [])], ['/bin/bash', '-l', '-c', script], input);
  }

  #exec(options: readonly string[], command: readonly string[], input?: Buffer): string {
    return this.#engine.run(['exec', ...options, this.#container, ...command], input);
  }

  #expand(value: string): string {
    const escaped = value.replace(/[\\"`]/g, '\\$&').replaceAll('$(', '\\$(');
    // An empty output leaves the text as it is.
    return this.root(`printf "%s" "${escaped}"`) || value;
  }

  #workdir(path: string): void {
    const absolute = posix.resolve(this.state.workdir, path);
    const made = this.root(
      `p="${absolute}"; while [ ! -e "$p" ]; do first="$p"; p=$(dirname "$p"); done; mkdir -p "${absolute}"; printf %s "$first"`,
    );
    if (made) this.root(`chown -R ${this.state.user}:${this.state.user} "${made}"`);
    this.state.workdir = absolute;
  }

  #copy(call: BuilderCall & { method: 'copy' }): void {
    const folder = mkdtempSync(join(tmpdir(), 'copy-'));
    const isPattern = /(?<!\\)[*?[]/.test(call.source);
    const source = call.source.replace(/\\(.)/g, '$1');
    try {
      for (const path of isPattern ? this.#files.match(call.source) : [source]) {
        mkdirSync(dirname(join(folder, 'unpack', path)), { recursive: true });
        cpSync(join(this.#context, path), join(folder, 'unpack', path), {
          recursive: true,
          verbatimSymlinks: true,
        });
      }
      const tar = execFileSync('tar', ['-C', folder, '--owner=0', '--group=0', '-c', 'unpack']);
      const base = isPattern
        ? source
            .split('/')
            .filter((part) => !/[*?[]/.test(part))
            .join('/')
        : source;
      const entry = posix.join('/.copy/unpack', base);
      const owner = call.user ?? this.state.user;
      const to = posix.isAbsolute(call.destination)
        ? call.destination
        : `${this.state.workdir}/${call.destination}`;
      this.root('mkdir -p /.copy && tar -x -C /.copy', tar);
      this.root(`set -e
entry=${quoted(entry)}; to=${quoted(to)}
chown -hR ${owner.includes(':') ? owner : `${owner}:${owner}`} "$entry"
${call.mode === undefined ? '' : `chmod -R 0${call.mode.toString(8)} "$entry"`}
if [ -d "$entry" ] && [ ! -L "$entry" ]; then
  mkdir -p "$to"
  find "$entry" -mindepth 1 -maxdepth 1 -exec mv {} "$to/" \\;
else
  mkdir -p "$(dirname "$to")"
  mv "$entry" "$to"
fi
rm -rf /.copy`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
