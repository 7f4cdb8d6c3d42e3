import type { CiEvent } from '../ci/event.ts';
import type { Values } from './expression.ts';
import { refText } from './ref-name.ts';
import { parseVersion } from './version.ts';

/** Characters of an abbreviated commit. */
const shortLength = 7;

export function shortSha(sha: string): string {
  return sha.slice(0, shortLength);
}

/** Whether the branch that is built is the repository's default branch. Never so for a pull request or a git tag. */
export function onDefaultBranch(event: CiEvent): boolean {
  return event.branch !== undefined && event.branch === event.defaultBranch;
}

/** What the expressions stand for that every rule knows. */
export function eventValues(event: CiEvent, now: Date): Values {
  const { branch, tag, sha, baseRef, headRef, commitDate } = event;
  return {
    texts: {
      ...(branch !== undefined && { branch }),
      ...(tag !== undefined && { tag }),
      ...(sha !== undefined && { sha: shortSha(sha) }),
      ...(baseRef !== undefined && { base_ref: baseRef }),
      ...(headRef !== undefined && { head_ref: headRef }),
      is_default_branch: String(onDefaultBranch(event)),
      is_not_default_branch: String(!onDefaultBranch(event)),
    },
    dates: { date: now, ...(commitDate && { commit_date: commitDate }) },
  };
}

/** The same as they are written into a tag, where no two names of branches or git tags may meet. */
export function writtenValues({ texts, dates }: Values): Values {
  const names = ['branch', 'tag', 'base_ref', 'head_ref'] as const;
  const written = names.flatMap((key) => {
    const name = texts[key];
    return name === undefined || (key === 'tag' && parseVersion(name)) ? [] : [[key, refText(name).text]];
  });
  return { texts: { ...texts, ...Object.fromEntries(written) }, dates };
}
