import { createHash } from 'node:crypto';
import type { EngineClient } from './client.ts';
import type { Container } from './container.ts';
import { BELOW_LABEL, LABEL, LAYER_REPOSITORY, labelFilter, RUN_LABEL, STATE_LABEL } from './labels.ts';
import { type RecipeState, readState } from './state.ts';

/** A kept state of a recipe. */
export interface Layer {
  /** ID of its image. */
  readonly image: string;
  readonly state: RecipeState;
  /** Bytes, with the images below it. */
  readonly size: number;
}

interface Listed {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Size?: number;
  readonly Created?: number;
}

/** Changes when an image of an older version must not be used. */
const VERSION = 1;

/** The layers of earlier builds, kept in the engine as images. Their tags are made of the keys that the log shows. */
export class LayerCache {
  readonly #client: EngineClient;
  readonly #scope: string;

  /** @param scope builds of another scope do not see these layers */
  constructor(client: EngineClient, scope: string) {
    this.#client = client;
    this.#scope = scope;
  }

  /** The newest of these layers that is kept, with its place in `keys`. */
  async newestOf(
    keys: readonly string[],
  ): Promise<{ readonly index: number; readonly layer: Layer } | undefined> {
    if (keys.length === 0) return undefined;
    const kept = new Map<string, Listed>();
    for (const image of await this.#list()) {
      for (const tag of image.RepoTags ?? []) kept.set(tag, image);
    }
    for (let index = keys.length - 1; index >= 0; index--) {
      const image = kept.get(`${LAYER_REPOSITORY}:${this.#tag(keys[index] ?? '')}`);
      const state = readState(image?.Labels?.[STATE_LABEL]);
      if (image && state) return { index, layer: { image: image.Id, state, size: image.Size ?? 0 } };
    }
    return undefined;
  }

  /** Keeps the files of a container. `below` is the size of the image that it was made of. */
  async keep(container: Container, key: string, state: RecipeState, below: number): Promise<string> {
    const labels = { [LABEL]: 'layer', [STATE_LABEL]: JSON.stringify(state), [BELOW_LABEL]: String(below) };
    return container.commit({ repo: LAYER_REPOSITORY, tag: this.#tag(key) }, labels);
  }

  /**
   * Removes layers that are older than `maxAgeMs`, then the oldest until the rest takes at most `maxBytes`. What another
   * image or a container needs stays.
   */
  async prune(maxAgeMs: number, maxBytes: number): Promise<void> {
    const images = [...(await this.#list())].sort((one, other) => (one.Created ?? 0) - (other.Created ?? 0));
    const own = (image: Listed) =>
      Math.max(0, (image.Size ?? 0) - Number(image.Labels?.[BELOW_LABEL] ?? image.Size ?? 0));
    let bytes = images.reduce((sum, image) => sum + own(image), 0);
    const oldest = Date.now() - maxAgeMs;
    for (const image of images) {
      const isOld = (image.Created ?? 0) * 1000 < oldest;
      if (!isOld && bytes <= maxBytes) continue;
      await this.#remove(image);
      bytes -= own(image);
    }
  }

  /** Removes the layers that one run of an executor has kept, the newest first, since others are made of older ones. */
  async removeOf(runId: string): Promise<void> {
    const images = (await this.#list()).filter(({ Labels }) => Labels?.[RUN_LABEL] === runId);
    for (const image of images.toSorted((one, other) => (other.Created ?? 0) - (one.Created ?? 0))) {
      await this.#remove(image);
    }
  }

  async #remove({ Id, RepoTags }: Listed): Promise<void> {
    const tags = (RepoTags ?? []).filter((tag) => tag.startsWith(`${LAYER_REPOSITORY}:`));
    for (const name of tags.length > 0 ? tags : [Id]) {
      await this.#client.text('DELETE', `/images/${name}`).catch(() => undefined);
    }
  }

  async #list(): Promise<readonly Listed[]> {
    const found = await this.#client.json<Listed[]>('GET', '/images/json', {
      query: { filters: labelFilter('layer') },
    });
    return Array.isArray(found) ? found : [];
  }

  #tag(key: string): string {
    return createHash('sha256').update(`${VERSION}\n${this.#scope}\n${key}`).digest('hex');
  }
}
