/** The sandboxes of a stand-in of the service: what runs, of which build, and what its commands have shown of it. */
import { randomUUID } from 'node:crypto';

export interface Sandbox {
  readonly id: string;
  readonly buildId: string;
  readonly token: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What sandboxes are to do. */
export interface Behavior {
  /** Whether the command `check` succeeds in sandboxes of this build. */
  readonly isGood: (buildId: string) => boolean;
  /** Requests for a sandbox that find no place, before one does. */
  full: number;
  /** No sandbox can be started at all. */
  readonly refusal?: string;
}

const pieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

function envelope(flag: number, message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

export function createSandboxes(behavior: Behavior) {
  const running = new Map<string, Sandbox>();
  /** Builds whose commands have all been answered, or of which one has failed. */
  const seen = { green: new Set<string>(), red: new Set<string>() };

  function start(buildId: string, metadata: Record<string, string> = {}): Sandbox {
    const id = `i${randomUUID().replaceAll('-', '').slice(0, 19)}`;
    const sandbox = { id, buildId, metadata, token: `envd-${randomUUID()}` };
    running.set(id, sandbox);
    return sandbox;
  }

  /** The answer to `process.Process/Start`, in pieces that cut envelopes and characters. */
  function* run(sandbox: Sandbox, body: Buffer): Generator<Buffer> {
    const { process } = JSON.parse(body.subarray(5, 5 + body.readUInt32BE(1)).toString('utf8'));
    const command = String(process.args.at(-1));
    const isCheck = command.startsWith('check');
    const good = !isCheck || behavior.isGood(sandbox.buildId);
    const data = (stream: 'stdout' | 'stderr', text: string) =>
      pieces(Buffer.from(text), 3).map((bytes) =>
        envelope(0, { event: { data: { [stream]: bytes.toString('base64') } } }),
      );
    const end = good
      ? { exited: true, status: 'exit status 0' }
      : { exited: true, status: 'exit status 3', exitCode: 3 };
    const whole = Buffer.concat([
      envelope(0, { event: { start: { pid: 7 } } }),
      envelope(0, { event: { keepalive: {} } }),
      ...data('stdout', `said: größe 木 ${command}\n`),
      ...data('stderr', good ? '' : 'no key file'),
      envelope(0, { event: { end } }),
      envelope(2, {}),
    ]);
    yield* pieces(whole, 37);
    if (isCheck) seen[good ? 'green' : 'red'].add(sandbox.buildId);
  }

  return { running, seen, behavior, start, run };
}
