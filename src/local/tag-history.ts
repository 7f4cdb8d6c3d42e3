/** One assignment of a tag to a build. Rows are only added, and deleted tag by tag. */
export interface TagAssignment {
  readonly templateId: string;
  readonly tag: string;
  readonly buildId: string;
  /** Milliseconds since the epoch. */
  readonly assignedAt: number;
}

/** The builds of each tag, now and before. */
export class TagHistory {
  #rows: TagAssignment[] = [];

  assign(templateId: string, buildId: string, tags: readonly string[]): void {
    const assignedAt = Date.now();
    for (const tag of tags) this.#rows.push({ templateId, tag, buildId, assignedAt });
  }

  /** Removes every row of these tags, old assignments included. */
  remove(templateId: string, tags: readonly string[]): void {
    this.#rows = this.#rows.filter((row) => row.templateId !== templateId || !tags.includes(row.tag));
  }

  removeTemplate(templateId: string): void {
    this.#rows = this.#rows.filter((row) => row.templateId !== templateId);
  }

  /** All rows of a template, oldest first. */
  of(templateId: string): readonly TagAssignment[] {
    return this.#rows.filter((row) => row.templateId === templateId);
  }

  /** The newest assignment of each tag, newest first; its build may have any status. */
  newest(templateId: string): TagAssignment[] {
    const byTag = new Map<string, TagAssignment>();
    for (const row of this.of(templateId).toReversed()) if (!byTag.has(row.tag)) byTag.set(row.tag, row);
    return [...byTag.values()];
  }

  /** Tags that were ever assigned to the build and not deleted since. */
  tagsOf(buildId: string): Set<string> {
    return new Set(this.#rows.filter((row) => row.buildId === buildId).map((row) => row.tag));
  }

  /** The newest build under a tag, or under its own ID written in the tag's place, that passes `accept`. */
  resolve(
    templateId: string,
    tagOrBuildId: string,
    accept: (buildId: string) => boolean,
  ): string | undefined {
    return this.of(templateId)
      .toReversed()
      .find((row) => (row.tag === tagOrBuildId || row.buildId === tagOrBuildId) && accept(row.buildId))
      ?.buildId;
  }
}
