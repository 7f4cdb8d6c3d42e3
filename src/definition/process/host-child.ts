import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { definitionEnvironment, runMark } from '../environment.ts';
import { killMarkedProcesses } from './kill-tree.ts';

/** The process of a definition, which waits for its request. */
export type HostChild = ReturnType<typeof spawnHost>;

export interface HostCommand {
  readonly node: string;
  readonly host: string;
  readonly env: NodeJS.ProcessEnv;
  readonly memoryLimitMb: number;
  readonly workingDirectory: string;
  /** A module to load before the request comes. */
  readonly preload?: string;
}

export const defaultMemoryLimitMb = 2048;

/**
 * Starts the process in a new process group and with a mark in its environment, so that everything that the definition
 * starts can be killed with it.
 */
export function spawnHost({ node, host, env, memoryLimitMb, workingDirectory, preload }: HostCommand) {
  // Unique on this machine. Loading node:crypto for it would delay the process.
  const mark = `${process.pid}-${process.hrtime.bigint()}`;
  const ownGroup = process.platform !== 'win32';
  const child = spawn(
    node,
    [
      `--max-old-space-size=${memoryLimitMb}`,
      // Megabytes, enough to load the SDK without a collection.
      '--min-semi-space-size=16',
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=DeprecationWarning',
      '--inspect-port=127.0.0.1:0',
      host,
      ...(preload === undefined ? [] : [preload]),
    ],
    {
      cwd: workingDirectory,
      env: { ...definitionEnvironment(env), [runMark]: mark },
      detached: ownGroup,
      windowsHide: true,
      // Standard streams, the channel, the lifeline.
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  const killGroup = (): void => {
    try {
      if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // Already gone.
    }
  };
  const killAll = (): void => {
    killGroup();
    killMarkedProcesses(mark, child.pid);
  };
  process.once('exit', killAll);
  return { child, killGroup, killAll };
}

/** A process for a definition that is not known yet, and may not be needed. */
export interface EarlyHost {
  /** The process, once; `undefined` if it has already been taken or has failed. */
  take(): HostChild | undefined;
  /** Ends it unless it was taken, and waits until it has ended. */
  end(): Promise<void>;
}

/**
 * Starts the process of a definition while the action itself is loaded. It waits in the action's own folder and loads
 * the action's own SDK: until its request comes, it knows no definition and opens no file of the repository. Gives
 * nothing if it cannot be started; then it is started when it is needed, which reports why.
 *
 * @param dist - folder of the bundles
 */
export function startHostEarly(dist: string, env: NodeJS.ProcessEnv): EarlyHost | undefined {
  let host: HostChild;
  try {
    host = spawnHost({
      node: process.execPath,
      host: join(dist, 'definition', 'index.js'),
      env,
      memoryLimitMb: defaultMemoryLimitMb,
      workingDirectory: dist,
      preload: join(dist, 'sdk', 'index.js'),
    });
  } catch {
    return undefined;
  }
  const { child, killAll } = host;
  let isUsable = child.pid !== undefined;
  /** Another process may have its number soon. */
  const forget = (): void => {
    isUsable = false;
    process.removeListener('exit', killAll);
  };
  for (const event of ['error', 'exit']) {
    child.once(event, () => {
      if (isUsable) forget();
    });
  }
  const end = async (): Promise<void> => {
    if (!isUsable) return;
    const ended = new Promise<void>((done) => void child.once('exit', () => done()));
    killAll();
    forget();
    for (const stream of child.stdio ?? []) stream?.destroy();
    await ended;
  };
  return {
    take() {
      if (!isUsable) return undefined;
      isUsable = false;
      return host;
    },
    end,
  };
}
