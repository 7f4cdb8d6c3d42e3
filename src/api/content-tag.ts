const contentTagForm = /^content-[0-9a-f]{64}$/;

/** Tags that say what a build holds. Nobody but the build's own registration may put them on. */
export interface ContentTags {
  /** `content-<fingerprint>`: this build was made of that content. */
  readonly content: string;
  /**
   * `content-<fingerprint>.<commit>`: and was built from that commit first; absent where there is no commit. It
   * begins like the other so that a list of tags shows them together, and belongs to one content so that builds of
   * one commit with different contents, as a matrix makes them, share no tag and do not cancel each other.
   */
  readonly origin?: string;
}

/** @param fingerprint - 64 lower-case hex digits */
export function contentTags(fingerprint: string, commit: string | undefined): ContentTags {
  const content = `content-${fingerprint}`;
  // 128 characters is what every version of the service takes; a commit's name has 40, or 64.
  const known = commit && /^[0-9a-f]{7,64}$/.test(commit);
  return { content, ...(known && { origin: `${content}.${commit.slice(0, 40)}` }) };
}

/** Whether the service would take a tag for one that says what a build holds; it trims and folds to lower case. */
export function isContentTag(tag: string): boolean {
  return contentTagForm.test(tag.trim().toLowerCase().split('.', 1)[0] ?? '');
}

/** The commit that the builds of a content tag were made from, as far as their other tags tell. */
export function commitOf(content: string, tags: Iterable<string>): string | undefined {
  for (const tag of tags) {
    const commit = tag.startsWith(`${content}.`) ? tag.slice(content.length + 1) : '';
    if (/^[0-9a-f]{7,40}$/.test(commit)) return commit;
  }
  return undefined;
}
