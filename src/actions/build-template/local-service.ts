import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { definitionEnvironment } from '../../definition/environment.ts';
import type { Connection } from '../../inputs/connection.ts';
import type { Result } from '../../result.ts';

/** The bundle beside this one in dist/, loaded only here. */
const bundle = join(import.meta.dirname, 'local', 'index.js');

/** The engine may have to be woken up. */
const startLimitMs = 60_000;

/** The embedded service in a process of its own, which builds in containers of this machine. */
export interface LocalServiceProcess {
  /** Its sandboxes' agent has the same address. */
  readonly connection: Connection;
  /** Ends the process and all its containers. */
  close(): Promise<void>;
}

/**
 * Starts the embedded service. It ends when its standard input is closed, so it does not outlive this process, whatever
 * ends that. Its environment has no keys.
 *
 * @param untrusted - the recipe is a stranger's: without a network that can be kept from this machine's, it has none
 * @returns why it cannot start, as sentences, where no container engine answers
 */
export async function startLocalService(
  env: NodeJS.ProcessEnv,
  { untrusted }: { readonly untrusted: boolean },
): Promise<Result<LocalServiceProcess>> {
  const apiKey = randomBytes(16).toString('hex');
  const child = spawn(
    process.execPath,
    [bundle, ...['--executor', 'engine', '--until-stdin-ends'], ...(untrusted ? ['--untrusted'] : [])],
    {
      env: { ...definitionEnvironment(env), NOVITA_API_KEY: apiKey },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin.on('error', () => {});
  const url = Promise.withResolvers<string | undefined>();
  let printed = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    const [, found] = /NOVITA_API_URL=(http:\/\/127\.0\.0\.1:\d+)/.exec(printed) ?? [];
    if (found) url.resolve(found);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  child.once('error', (error) => {
    complaint = error.message;
    url.resolve(undefined);
  });
  void ended.then(() => url.resolve(undefined));
  const timer = setTimeout(() => url.resolve(undefined), startLimitMs);
  const found = await url.promise;
  clearTimeout(timer);
  const close = async (): Promise<void> => {
    child.stdin.end();
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(killer);
  };
  if (found === undefined) {
    child.kill('SIGKILL');
    const reason = complaint.replace(/^The service cannot start: /, '').trim();
    return {
      ok: false,
      reason: reason || `The embedded service did not start within ${startLimitMs / 1000} s.`,
    };
  }
  return {
    ok: true,
    value: {
      connection: { apiKey, accessToken: '', apiUrl: found, domain: '', sandboxUrl: found, isHere: true },
      close,
    },
  };
}
