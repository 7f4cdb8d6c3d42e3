import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord } from '../../json.ts';

/** How long to wait for the call stack. A process that waits for something never gives one. */
const timeoutMs = 3_000;

/**
 * Reads the current call stack of a busy Node process through its debugger, in the form of an error's stack. Returns
 * `undefined` when the process waits for something or does not respond.
 *
 * @param debuggerUrl resolves once the process has opened its debugger, which SIGUSR1 makes it do
 */
export async function probeStack(pid: number, debuggerUrl: Promise<string>): Promise<string | undefined> {
  // Windows has no such signal and would kill the process.
  if (process.platform === 'win32') return undefined;
  const done = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: done.signal });
  timeout.catch(() => {});
  let socket: WebSocket | undefined;
  try {
    process.kill(pid, 'SIGUSR1');
    const url = await Promise.race([debuggerUrl, timeout]);
    if (!url) return undefined;
    socket = new WebSocket(url);
    return await Promise.race([pausedStack(socket), timeout]);
  } catch {
    return undefined;
  } finally {
    done.abort();
    socket?.close();
  }
}

function pausedStack(socket: WebSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.addEventListener('error', () => resolve(undefined));
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }));
      socket.send(JSON.stringify({ id: 2, method: 'Debugger.pause' }));
    });
    // A frame names its script by number. Earlier messages give the file of each number.
    const scripts = new Map<unknown, unknown>();
    socket.addEventListener('message', ({ data }) => {
      const message: unknown = JSON.parse(String(data));
      const params = isRecord(message) && isRecord(message['params']) ? message['params'] : {};
      if (!isRecord(message)) return;
      if (message['method'] === 'Debugger.scriptParsed') scripts.set(params['scriptId'], params['url']);
      if (message['method'] !== 'Debugger.paused' || !Array.isArray(params['callFrames'])) return;
      resolve(params['callFrames'].map((frame) => asStackLine(frame, scripts)).join('\n'));
    });
  });
}

/** The debugger counts lines and columns from 0. */
function asStackLine(frame: unknown, scripts: ReadonlyMap<unknown, unknown>): string {
  if (!isRecord(frame) || !isRecord(frame['location'])) return '';
  const { scriptId, lineNumber, columnNumber } = frame['location'];
  return `    at ${scripts.get(scriptId)}:${Number(lineNumber) + 1}:${Number(columnNumber ?? 0) + 1}`;
}
