import { randomBytes } from 'node:crypto';
import { Build } from './build.ts';
import { failures } from './failures.ts';
import { TagHistory } from './tag-history.ts';

/** A template: one per name, for any number of builds. */
export interface Template {
  /** 20 characters of `a-z0-9`. */
  readonly id: string;
  readonly alias: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  buildCount: number;
}

/** All templates, builds and tags of the one team that the service knows. */
export class TemplateStore {
  readonly tags = new TagHistory();
  readonly #templates = new Map<string, Template>();
  readonly #builds = new Map<string, Build>();
  readonly #waitingMs: number;
  #ordinal = 0;

  /** @param waitingMs how long a build may wait for its start before it fails */
  constructor(waitingMs: number) {
    this.#waitingMs = waitingMs;
  }

  /** In the order of their creation. */
  templates(): Template[] {
    return [...this.#templates.values()];
  }

  template(id: string): Template | undefined {
    return this.#templates.get(id);
  }

  byAlias(alias: string): Template | undefined {
    return this.templates().find((template) => template.alias === alias);
  }

  byIdOrAlias(idOrAlias: string): Template | undefined {
    return this.template(idOrAlias) ?? this.byAlias(idOrAlias);
  }

  /** Every registered build whose template still exists, oldest first. */
  builds(): Build[] {
    const builds = [...this.#builds.values()];
    for (const build of builds) this.#expire(build);
    return builds;
  }

  /** A build of the template; `undefined` for a build without tags. */
  build(templateId: string, buildId: string): Build | undefined {
    const build = this.#builds.get(buildId);
    if (build?.templateId !== templateId || this.tags.tagsOf(buildId).size === 0) return undefined;
    this.#expire(build);
    return build;
  }

  /** The template's builds that still have a tag, newest first. */
  buildsOf(templateId: string): Build[] {
    return this.builds()
      .filter((build) => build.templateId === templateId && this.tags.tagsOf(build.id).size > 0)
      .toReversed();
  }

  /** Unfinished builds of the template that share a tag with the given ones. */
  rivals(templateId: string, tags: Iterable<string>): Build[] {
    const wanted = [...tags];
    return this.buildsOf(templateId).filter((build) => {
      if (build.isFinal) return false;
      const assigned = this.tags.tagsOf(build.id);
      return wanted.some((tag) => assigned.has(tag));
    });
  }

  /** The newest ready build under a tag, or the ready build with that ID. */
  readyBuild(templateId: string, tagOrBuildId: string): Build | undefined {
    const id = this.tags.resolve(
      templateId,
      tagOrBuildId,
      (buildId) => this.#builds.get(buildId)?.status === 'ready',
    );
    return id === undefined ? undefined : this.#builds.get(id);
  }

  /**
   * Registers a build: makes the template if the alias is new, ends waiting builds that share a tag, and
   * writes the tag rows at once, before anything is built.
   */
  register(alias: string, tags: readonly string[], size: { cpuCount: number; memoryMb: number }): Build {
    const template = this.byAlias(alias) ?? this.#create(alias);
    for (const rival of this.rivals(template.id, tags)) {
      if (rival.status === 'waiting') {
        rival.finish({ status: 'error', reason: { message: failures.superseded() } });
      }
    }
    template.buildCount += 1;
    this.#ordinal += 1;
    const build = new Build({
      templateId: template.id,
      name: alias,
      registeredTags: tags,
      ordinal: this.#ordinal,
      ...size,
    });
    this.#builds.set(build.id, build);
    this.tags.assign(template.id, build.id, tags);
    return build;
  }

  /** Deletes a template for good, so that its name is free again. A running build continues unnoticed. */
  remove(templateId: string): void {
    this.#templates.delete(templateId);
    this.tags.removeTemplate(templateId);
    for (const build of this.#builds.values()) {
      if (build.templateId === templateId) this.#builds.delete(build.id);
    }
  }

  #create(alias: string): Template {
    const template = { id: templateId(), alias, createdAt: Date.now(), buildCount: 0 };
    this.#templates.set(template.id, template);
    return template;
  }

  // Checked on access instead of by a timer: clients see no difference.
  #expire(build: Build): void {
    if (build.status === 'waiting' && Date.now() - build.createdAt > this.#waitingMs) {
      build.finish({ status: 'error', reason: { message: failures.neverStarted() } });
    }
  }
}

function templateId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from(randomBytes(20), (byte) => alphabet[byte % alphabet.length]).join('');
}
