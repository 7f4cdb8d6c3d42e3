import { StringDecoder } from 'node:string_decoder';
import { type HostMessage, parseMessage } from '../protocol.ts';

/** No answer of a definition is longer; a longer line is not kept. */
const longestLine = 64 * 1024 * 1024;

/**
 * Reads the host's messages from its pipe: lines that start with the run's token. Everything else is
 * the definition's own noise: it is dropped, and reported once.
 */
export function readChannel(
  stream: NodeJS.ReadableStream,
  token: string,
  on: { message: (message: HostMessage) => void; noise: () => void },
): void {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  const line = (text: string): void => {
    if (text === '') return;
    const message = text.startsWith(`${token} `) ? parseMessage(text.slice(token.length + 1)) : undefined;
    if (message) on.message(message);
    else on.noise();
  };
  stream.on('data', (chunk: Buffer) => {
    const pieces = decoder.write(chunk).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      line(parts.join('') + piece);
      parts = [];
      length = 0;
    }
    if (length + last.length > longestLine) {
      on.noise();
      parts = [];
      length = 0;
      return;
    }
    parts.push(last);
    length += last.length;
  });
  // The pipe breaks when the process is killed; that is told by its end.
  stream.on('error', () => {});
}
