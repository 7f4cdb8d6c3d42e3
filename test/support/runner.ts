/**
 * Runs the bundled action as the runner does: a process with `INPUT_*` from action.yml's defaults and
 * the command files, whose contents are read back by the runner's own rules.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';

export const repositoryRoot = resolve(import.meta.dirname, '..', '..');

export interface RunOptions {
  /** The action's folder with `action.yml` and `dist/`; the repository's own when left out. */
  readonly action?: string;
  readonly workspace: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What the main step left; runs the post step. */
  readonly state?: Readonly<Record<string, string>>;
  /** Name of the event and its payload; a push to the default branch when left out. */
  readonly event?: { readonly name: string; readonly payload: unknown };
  /** Where its log goes in place of a reader: a file, or nowhere, as when the reader is gone. */
  readonly logTo?: 'closed' | { readonly file: string };
  readonly onSpawn?: (processId: number) => void;
  /** Called with everything that was printed so far, and the means to send a signal. */
  readonly onOutput?: (printed: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export interface RunResult {
  readonly exitCode: number | null;
  /** stdout and stderr as they came. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What was left for the post step. */
  readonly state: Readonly<Record<string, string>>;
  /** Content of the file that the output `result` names, where it is set. */
  readonly result?: unknown;
}

interface ActionMetadata {
  readonly inputs: Record<string, { default?: string }>;
  readonly runs: { main: string; post: string };
}

/** Runs the action once in a process of its own, and waits for its end. */
export function runAction(options: RunOptions): Promise<RunResult> {
  return runWith(options, (script, env) => execute(script, env, options));
}

/** Whether a run of an action is within this process. */
let busy = false;

/**
 * Runs the main or the post step once within this process, which saves most of its time: for what the action does, and
 * not what its process does. What needs a process of its own gets one: a signal, and a run beside another.
 */
export async function runActionHere(options: RunOptions): Promise<RunResult> {
  const { logTo, onSpawn, onOutput } = options;
  if (busy || (logTo ?? onSpawn ?? onOutput)) return runAction(options);
  busy = true;
  try {
    return await runWith(options, (script, env) => executeHere(script, env, options));
  } finally {
    busy = false;
  }
}

type Execute = (
  script: string,
  env: Record<string, string>,
) => Promise<{ exitCode: number | null; log: string }>;

async function runWith(options: RunOptions, start: Execute): Promise<RunResult> {
  const action = options.action ?? repositoryRoot;
  const metadata: ActionMetadata = parse(await readFile(join(action, 'action.yml'), 'utf8'));
  const temporary = await mkdtemp(join(tmpdir(), 'runner-'));
  const file = async (name: string, content = '') => {
    const path = join(temporary, name);
    await writeFile(path, content);
    return path;
  };
  try {
    const output = await file('output');
    const summary = await file('summary');
    const state = await file('state');
    const event = options.event ?? { name: 'push', payload: { repository: { default_branch: 'main' } } };
    const inputs = new Map(
      // An expression such as a token stands for nothing here.
      Object.entries(metadata.inputs).map(([name, { default: value = '' }]) => [
        name,
        value.startsWith('${{') ? '' : value,
      ]),
    );
    for (const [name, value] of Object.entries(options.inputs ?? {})) inputs.set(name, value);

    const env: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      HOME: temporary,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: event.name,
      GITHUB_EVENT_PATH: await file('event.json', JSON.stringify(event.payload)),
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_STATE: state,
      GITHUB_ENV: await file('env'),
      GITHUB_PATH: await file('path'),
      GITHUB_WORKSPACE: options.workspace,
      GITHUB_REPOSITORY: 'octo-org/agent',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_RUN_ID: '42',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      GITHUB_REF: 'refs/heads/main',
      RUNNER_TEMP: temporary,
      // Registries are out of reach, whatever the network of the machine: no test depends on one that is not its own.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      ...Object.fromEntries(
        [...inputs].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
      ),
      ...Object.fromEntries(
        Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]),
      ),
      ...options.env,
    };
    const { exitCode, log } = await start(
      join(action, options.state ? metadata.runs.post : metadata.runs.main),
      env,
    );
    const outputs = readCommandFile(await readFile(output, 'utf8'));
    return {
      exitCode,
      log,
      outputs,
      summary: await readFile(summary, 'utf8'),
      state: readCommandFile(await readFile(state, 'utf8')),
      ...(outputs['result'] && { result: JSON.parse(await readFile(outputs['result'], 'utf8')) }),
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The entry of an action says its name to the bundle beside it, and that is all. */
async function executeHere(
  script: string,
  env: Record<string, string>,
  { workspace }: RunOptions,
): ReturnType<Execute> {
  const step = stepOf(script);
  const before = { env: { ...process.env }, directory: process.cwd() };
  const streams = [process.stdout, process.stderr];
  const writers = streams.map((stream) => stream.write);
  const forget = listenersAddedTo([
    [process, ['SIGINT', 'SIGTERM', 'uncaughtException', 'exit']],
    ...streams.map((stream) => [stream, ['error']] as const),
  ]);
  const printed: string[] = [];
  try {
    replaceEnvironment(env);
    process.chdir(workspace);
    for (const stream of streams)
      stream.write = (text: string | Uint8Array) => printed.push(Buffer.from(text).toString()) > 0;
    const exitCode = await step(process.env);
    return { exitCode, log: printed.join('') };
  } finally {
    for (const [index, stream] of streams.entries()) stream.write = writers[index] ?? stream.write;
    forget();
    process.chdir(before.directory);
    replaceEnvironment(before.env);
  }
}

function stepOf(script: string): (env: NodeJS.ProcessEnv) => Promise<number> {
  const bundle = (file: string) => createRequire(import.meta.url)(join(dirname(script), file));
  const name = basename(script, '.js');
  if (name === 'post') return (bundle('post-step.js') as typeof import('../../src/post.ts')).run;
  const { run }: typeof import('../../src/main.ts') = bundle('index.js');
  return (env) => run(name as Parameters<typeof run>[0], env);
}

function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}

/** Takes away, when it is called, what was added since. */
function listenersAddedTo(
  places: readonly (readonly [emitter: NodeJS.EventEmitter, events: readonly string[]])[],
): () => void {
  const known = places.map(([emitter, events]) => events.map((event) => emitter.listeners(event)));
  return () => {
    for (const [index, [emitter, events]] of places.entries())
      for (const [place, event] of events.entries())
        for (const listener of emitter.listeners(event))
          if (!known[index]?.[place]?.includes(listener))
            emitter.removeListener(event, listener as (...args: unknown[]) => void);
  };
}

function execute(
  script: string,
  env: Record<string, string>,
  options: RunOptions,
): Promise<{ exitCode: number | null; log: string }> {
  return new Promise((done, fail) => {
    const { logTo } = options;
    const log = typeof logTo === 'object' ? openSync(logTo.file, 'a') : undefined;
    const child = spawn(process.execPath, [script], {
      cwd: options.workspace,
      env,
      stdio: ['ignore', log ?? 'pipe', 'pipe'],
    });
    if (log !== undefined) closeSync(log);
    if (logTo === 'closed') child.stdout?.destroy();
    if (child.pid !== undefined) options.onSpawn?.(child.pid);
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer) => {
      chunks.push(chunk);
      if (!options.onOutput) return;
      options.onOutput(Buffer.concat(chunks).toString('utf8'), (signal) => child.kill(signal));
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', fail);
    child.on('close', (exitCode) => done({ exitCode, log: Buffer.concat(chunks).toString('utf8') }));
  });
}

/** `name=value` and `name<<DELIMITER … DELIMITER`, whichever of `=` and `<<` comes first in a line. */
export function readCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      const value: string[] = [];
      for (index++; lines[index] !== delimiter; index++) {
        const inner = lines[index];
        if (inner === undefined) throw new Error(`No end ${delimiter} for ${name}`);
        value.push(inner);
      }
      values[name] = value.join('\n');
    } else if (equals >= 0) {
      values[line.slice(0, equals)] = line.slice(equals + 1);
    } else {
      throw new Error(`Not a command: ${line}`);
    }
  }
  return values;
}

export interface Group {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The groups of a log in order, each with its lines; throws when one is opened inside another or left open. */
export function groupsOf(log: string): Group[] {
  const groups: { title: string; lines: string[] }[] = [];
  let open = false;
  for (const line of log.split('\n')) {
    if (line.startsWith('::group::')) {
      if (open) throw new Error(`Group inside a group: ${line}`);
      open = true;
      groups.push({ title: line.slice('::group::'.length), lines: [] });
    } else if (line === '::endgroup::') {
      if (!open) throw new Error('End of a group that is not open');
      open = false;
    } else if (open) {
      groups.at(-1)?.lines.push(line);
    }
  }
  if (open) throw new Error('A group is left open');
  return groups;
}
