const contentTagForm = /^content-[0-9a-f]{64}$/;

/** Tags that say what a build holds. Only the build's own registration may assign them. */
export interface ContentTags {
  /** `content-<fingerprint>`: this build was made of that content. */
  readonly content: string;
  /**
   * `content-<fingerprint>.<commit>`: the commit that this content was built from first; absent where there is no
   * commit. It has the fingerprint too, so that the builds of a matrix, with one commit and several contents, share no
   * tag and do not cancel each other.
   */
  readonly origin?: string;
}

/** @param fingerprint - 64 lower-case hex digits */
export function contentTags(fingerprint: string, commit: string | undefined): ContentTags {
  const content = `content-${fingerprint}`;
  // Every version of the service accepts 128 characters; the name of a commit has 40 or 64.
  const isCommit = commit && /^[0-9a-f]{7,64}$/.test(commit);
  return { content, ...(isCommit && { origin: `${content}.${commit.slice(0, 40)}` }) };
}

/** The fingerprint of a content tag that a build has, from all its tags; `undefined` where none is one. */
export function fingerprintAmong(tags: Iterable<string>): string | undefined {
  for (const tag of tags) if (contentTagForm.test(tag)) return tag.slice('content-'.length);
  return undefined;
}

/** Whether the service would read a tag as a content tag. It trims tags and converts them to lower case. */
export function isContentTag(tag: string): boolean {
  return contentTagForm.test(tag.trim().toLowerCase().split('.', 1)[0] ?? '');
}

/** The commit that the builds of a content tag were made from; `undefined` where no tag of theirs names one. */
export function commitOf(content: string, tags: Iterable<string>): string | undefined {
  for (const tag of tags) {
    const commit = tag.startsWith(`${content}.`) ? tag.slice(content.length + 1) : '';
    if (/^[0-9a-f]{7,40}$/.test(commit)) return commit;
  }
  return undefined;
}
