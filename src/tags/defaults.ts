import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { onDefaultBranch, shortSha } from './event-values.ts';
import { foldTag } from './fold.ts';
import { aheadInLine, judgeLatest, type TagLookup } from './latest.ts';
import { isProductionTag } from './production.ts';
import { parseVersion, type Version } from './version.ts';

/** A tag that the event calls for when no rules are given, or one that it does not get. */
export interface DefaultTag {
  /** The rule that would say the same. */
  readonly rule: string;
  /** Not folded yet. */
  readonly text?: string;
  readonly reason: string;
}

/** The tags of an event without rules, in order. Empty when the event has nothing that could name a build. */
export async function defaultTags(event: CiEvent, lookUp: TagLookup): Promise<DefaultTag[]> {
  if (event.kind === 'none') {
    return [{ rule: 'default', text: 'default', reason: 'outside of GitHub Actions there is no event' }];
  }
  if (event.proposed) return proposedTags(event);
  if (event.kind === 'schedule') {
    return [{ rule: 'type=schedule', text: 'nightly', reason: 'a schedule started this run' }];
  }
  if (event.tag !== undefined) return releaseTags(event, event.tag, lookUp);
  const branch = event.workflowRun?.branch ?? event.branch;
  if (branch === undefined) return commitTag(event);
  if (branch === event.branch && onDefaultBranch(event)) {
    const reason = `${branch} is the default branch`;
    return [
      { rule: 'latest', text: 'latest', reason },
      ...commitTag(event),
      { rule: 'default', text: 'default', reason: `${reason}; a name without a tag means this build` },
    ];
  }
  return [branchTag(branch, event)];
}

function proposedTags(event: CiEvent): DefaultTag[] {
  const { pullRequest, sha, kind } = event;
  const reason = describeEvent(event);
  if (kind === 'merge_group') {
    const rule = 'type=ref,event=queue';
    if (pullRequest !== undefined) return [{ rule, text: `queue-${pullRequest}`, reason }];
    return sha === undefined ? [] : [{ rule, text: `queue-${shortSha(sha)}`, reason }];
  }
  if (pullRequest === undefined) return commitTag(event);
  return [{ rule: 'type=ref,event=pr', text: `pr-${pullRequest}`, reason }];
}

function commitTag(event: CiEvent): DefaultTag[] {
  if (event.sha === undefined) return [];
  return [
    { rule: 'type=sha', text: `sha-${shortSha(event.sha)}`, reason: `the commit of ${describeEvent(event)}` },
  ];
}

/** A branch that bears the name of something that users get must not take its place. */
function branchTag(branch: string, event: CiEvent): DefaultTag {
  const rule = 'type=ref,event=branch';
  if (isProductionTag(foldTag(branch).tag)) {
    const reason = `the branch; ${branch} alone would be taken for a release`;
    return { rule: `${rule},prefix=branch-`, text: `branch-${branch}`, reason };
  }
  const unknown = event.defaultBranch === undefined ? '; the event does not name the default branch' : '';
  return { rule, text: branch, reason: `the branch${unknown}` };
}

async function releaseTags(event: CiEvent, tag: string, lookUp: TagLookup): Promise<DefaultTag[]> {
  const version = parseVersion(tag);
  if (!version) {
    return [{ rule: 'type=ref,event=tag', text: tag, reason: 'the git tag, which is not a version' }];
  }
  const reason = `from ${tag}`;
  const whole = { rule: 'type=semver,pattern={{version}}', text: version.text, reason };
  const verdict = await judgeLatest({ name: tag, version, prefix: '', suffix: '' }, event, lookUp);
  const latest: DefaultTag[] = verdict.given
    ? [
        { rule: 'latest', text: 'latest', reason: verdict.reason },
        {
          rule: 'default',
          text: 'default',
          reason: 'goes with latest; a name without a tag means this build',
        },
      ]
    : [{ rule: 'latest', reason: verdict.reason }];
  if (version.prerelease !== '' || event.prerelease) return [whole, ...latest];
  const found = await lookUp();
  const known = 'failed' in found ? [] : found.tags;
  return [whole, ...lineTags(version, known, reason), ...latest];
}

/** `1.2` and `1`, which mean the highest of their line and never go back to a lower one. */
function lineTags(version: Version, known: readonly string[], reason: string): DefaultTag[] {
  const { major, minor } = version;
  const line = (of: 'major' | 'minor', rule: string, text: string): DefaultTag => {
    const ahead = aheadInLine(version, of, known);
    return ahead ? { rule, reason: `${ahead.tag} is higher than ${version.text}` } : { rule, text, reason };
  };
  const ofMinor = line('minor', 'type=semver,pattern={{major}}.{{minor}}', `${major}.${minor}`);
  const rule = 'type=semver,pattern={{major}}';
  if (major === 0) return [ofMinor, { rule, reason: 'before 1.0.0 any version may break the one before' }];
  return [ofMinor, line('major', rule, String(major))];
}
