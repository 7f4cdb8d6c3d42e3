import { parseJson } from '../json.ts';

/** The frames of the Connect protocol: a flag byte, the length in four bytes, big end first, and a message. */

const headBytes = 5;
const lastFlag = 2;

/** A frame that is longer is not ours. */
const longestMessage = 64 * 1024 * 1024;

export interface Frame {
  /** The message, parsed; `undefined` when it is not JSON. */
  readonly message: unknown;
  /** The last frame tells how the call ended; it is no message of the program. */
  readonly isLast: boolean;
}

/** A message as one frame. */
export function encodeFrame(message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

/** Reads frames from pieces of any length. Throws for a length that no frame has. */
export async function* readFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let waiting = Buffer.alloc(0);
  for await (const piece of pieces) {
    waiting = waiting.length === 0 ? Buffer.from(piece) : Buffer.concat([waiting, piece]);
    while (waiting.length >= headBytes) {
      const length = waiting.readUInt32BE(1);
      if (length > longestMessage) throw new Error(`a message of ${length} bytes was announced`);
      if (waiting.length < headBytes + length) break;
      const flag = waiting.readUInt8(0);
      const text = waiting.subarray(headBytes, headBytes + length).toString('utf8');
      waiting = waiting.subarray(headBytes + length);
      yield { message: parseJson(text), isLast: (flag & lastFlag) !== 0 };
    }
  }
}
