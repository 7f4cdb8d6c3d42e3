/**
 * Runs the bundled action as the runner does: a child process with `INPUT_*` from action.yml's defaults and
 * the command files, whose contents are read back by the runner's own rules.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

/** Runs the action once and waits for its end. */
export async function runAction(options: RunOptions): Promise<RunResult> {
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
    const { exitCode, log } = await execute(
      join(action, options.state ? metadata.runs.post : metadata.runs.main),
      env,
      options,
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
