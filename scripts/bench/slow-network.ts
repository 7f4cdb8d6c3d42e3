import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A way to a service that takes time. */
export interface SlowNetwork {
  /** In place of the service's own. */
  readonly url: string;
  close(): void;
}

/**
 * Makes a service far away: bytes take half a round trip in each direction, and a new connection takes one. How much
 * fits into the connection is not limited.
 *
 * @param url - of a service on this machine
 */
export async function slowNetwork(url: string, roundTripMs: number): Promise<SlowNetwork> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const connected = sleep(roundTripMs);
    pass(near, far, roundTripMs / 2, connected);
    pass(far, near, roundTripMs / 2, connected);
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay());
      socket.on('error', () => {
        near.destroy();
        far.destroy();
      });
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Hands on what comes, in order, each piece as late as it came. */
function pass(from: Socket, to: Socket, delayMs: number, connected: Promise<void>): void {
  let last = connected;
  const later = (deed: () => void): void => {
    last = Promise.all([last, sleep(delayMs)]).then(deed);
  };
  from.on('data', (bytes) => later(() => to.write(bytes)));
  from.on('end', () => later(() => to.end()));
}
