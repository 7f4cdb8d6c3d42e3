import { StringDecoder } from 'node:string_decoder';

export type OutputStream = 'stdout' | 'stderr';

/** Gets output as it comes. */
export type ByteSink = (stream: OutputStream, bytes: Buffer) => void;

/** Gets whole lines, without their line feed. */
export type LineSink = (stream: OutputStream, line: string) => void;

/** A longer line is handed on in pieces, so that output without a line feed needs no more memory. */
const LONGEST_LINE = 64 * 1024;

/**
 * Takes apart what an engine sends of a command without a terminal: frames of 8 bytes of head (stream, three zeros, size)
 * and content (https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach).
 */
export class FrameReader {
  readonly #sink: ByteSink;
  #head = Buffer.alloc(0);
  #stream: OutputStream = 'stdout';
  #left = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  write(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const wanted = 8 - this.#head.length;
        this.#head = Buffer.concat([this.#head, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (this.#head.length < 8) return;
        this.#stream = this.#head[0] === 2 ? 'stderr' : 'stdout';
        this.#left = this.#head.readUInt32BE(4);
        this.#head = Buffer.alloc(0);
        continue;
      }
      const content = rest.subarray(0, this.#left);
      this.#left -= content.length;
      rest = rest.subarray(content.length);
      this.#sink(this.#stream, content);
    }
  }
}

/** Makes lines of output. Characters may be split over pieces. */
export class LineReader {
  readonly #sink: LineSink;
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  readonly #rest = { stdout: '', stderr: '' };

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  write(stream: OutputStream, bytes: Buffer): void {
    this.#add(stream, this.#decoders[stream].write(bytes));
  }

  /** Hands on what has no line feed at its end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#add(stream, this.#decoders[stream].end());
      if (this.#rest[stream] !== '') this.#sink(stream, this.#rest[stream]);
      this.#rest[stream] = '';
    }
  }

  #add(stream: OutputStream, text: string): void {
    const lines = (this.#rest[stream] + text).split('\n');
    let last = lines.pop() ?? '';
    for (const line of lines) this.#sink(stream, line);
    while (last.length > LONGEST_LINE) {
      this.#sink(stream, last.slice(0, LONGEST_LINE));
      last = last.slice(LONGEST_LINE);
    }
    this.#rest[stream] = last;
  }
}
