import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** An archive that a client uploaded. */
export interface StoredFile {
  readonly hash: string;
  readonly bytes: number;
  /** Path on disk. */
  readonly path: string;
}

interface Link {
  readonly hash: string;
  readonly expiresAt: number;
}

/** Uploaded archives in their own temporary directory, and the links for uploads. */
export class FileStore {
  readonly #directory: string;
  readonly #linkMs: number;
  readonly #files = new Map<string, StoredFile>();
  readonly #links = new Map<string, Link>();

  private constructor(directory: string, linkMs: number) {
    this.#directory = directory;
    this.#linkMs = linkMs;
  }

  /** @param linkMs how long an upload link is valid, in milliseconds */
  static async create(linkMs: number): Promise<FileStore> {
    return new FileStore(await mkdtemp(join(tmpdir(), 'template-service-')), linkMs);
  }

  /** Shared by all templates of the team. */
  get(hash: string): StoredFile | undefined {
    return this.#files.get(hash);
  }

  list(): StoredFile[] {
    return [...this.#files.values()];
  }

  /** A new secret token with which the content of `hash` may be uploaded. */
  issueLink(hash: string): string {
    for (const [token, link] of this.#links) if (link.expiresAt < Date.now()) this.#links.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#links.set(token, { hash, expiresAt: Date.now() + this.#linkMs });
    return token;
  }

  /** The hash that a token was issued for; `undefined` for an unknown or expired token. */
  hashOf(token: string): string | undefined {
    const link = this.#links.get(token);
    return link && link.expiresAt >= Date.now() ? link.hash : undefined;
  }

  /**
   * Streams an upload to disk. The file appears as a whole or not at all. A second upload replaces it.
   *
   * @throws Error when the client disconnects
   */
  async receive(hash: string, body: IncomingMessage): Promise<StoredFile> {
    // Clients choose the hash freely, so it is not a safe file name.
    const name = createHash('sha256').update(hash).digest('hex');
    const part = join(this.#directory, `${name}.${randomBytes(6).toString('hex')}.part`);
    const path = join(this.#directory, `${name}.tar.gz`);
    const sink = createWriteStream(part);
    try {
      await pipeline(body, sink);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    const file = { hash, bytes: sink.bytesWritten, path };
    this.#files.set(hash, file);
    return file;
  }

  async remove(): Promise<void> {
    this.#files.clear();
    this.#links.clear();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
