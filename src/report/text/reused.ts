import type { TagChange } from '../../api/types.ts';
import type { ReusedBuild } from '../../driver/events.ts';
import { isoTime } from './format.ts';
import { singleLine } from './sanitize.ts';

/** A reused build in the result file. Times are RFC 3339. */
export interface ReusedResult extends Pick<ReusedBuild, 'commit'> {
  readonly how: 'found' | 'followed';
  readonly createdAt?: string;
  readonly finishedAt?: string;
}

/** The fields of a reused build in the result file. An invalid time is left out. */
export function reusedFields({ source, createdAt, finishedAt, commit }: ReusedBuild): ReusedResult {
  const [created, finished] = [isoTime(createdAt), isoTime(finishedAt)];
  return {
    how: source === 'existing' ? 'found' : 'followed',
    ...(created && { createdAt: created }),
    ...(finished && { finishedAt: finished }),
    ...(commit && { commit }),
  };
}

/**
 * Where a reused build came from: `Nothing was built: build 6f9c1e7a-… has this content already. It has been ready
 * since 2026-11-24 03:13 UTC and was made from commit 0123456789ab.`
 *
 * @param build - the build's name in the sentence, such as `build 6f9c1e7a-…`; shown as it is
 */
export function reusedSentence({ how, finishedAt, commit }: ReusedResult, build: string): string {
  const what =
    how === 'found'
      ? `Nothing was built: ${build} has this content already.`
      : `Another run was building the same content, so this one waited and used ${build}.`;
  const since = finishedAt && `has been ready since ${finishedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const from = commit && `was made from commit ${singleLine(commit).slice(0, 12)}`;
  const origin = [since, from].filter(Boolean).join(' and ');
  return origin === '' ? what : `${what} It ${origin}.`;
}

export function moveWords({ before, after }: TagChange): string {
  if (before === after) return 'on it already';
  return before === undefined ? 'new' : `moved here from build ${singleLine(before)}`;
}
