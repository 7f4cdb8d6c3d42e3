import type { CiEvent } from '../ci/event.ts';
import type { Values } from './expression.ts';
import { refText } from './ref-name.ts';
import { parseVersion } from './version.ts';

/** Characters of an abbreviated commit. */
const shortLength = 7;

export function shortSha(sha: string): string {
  return sha.slice(0, shortLength);
}

/** Whether the default branch is built. Never true for a pull request or a git tag. */
export function onDefaultBranch(event: CiEvent): boolean {
  return event.branch !== undefined && event.branch === event.defaultBranch;
}

/** The values of the expressions that every rule supports. */
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

/** The same values as tag texts, where different branches and git tags stay different. */
export function writtenValues({ texts, dates }: Values): Values {
  const names = ['branch', 'tag', 'base_ref', 'head_ref'] as const;
  const written = names.flatMap((key) => {
    const name = texts[key];
    return name === undefined || (key === 'tag' && parseVersion(name)) ? [] : [[key, refText(name).text]];
  });
  return { texts: { ...texts, ...Object.fromEntries(written) }, dates };
}
