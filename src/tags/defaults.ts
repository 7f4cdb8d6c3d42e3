import { describeEvent } from '../ci/describe-event.ts';
import type { CiEvent } from '../ci/event.ts';
import { onDefaultBranch, shortSha } from './event-values.ts';
import { judgeLatest, judgeLine, type TagLookup } from './latest.ts';
import { ownName } from './ref-name.ts';
import { gitTagOfLine, type Origin } from './release-text.ts';
import { bare, parseVersion, type Version } from './version.ts';

/** A tag of the event without rules, or the reason why the event does not get it. */
export interface DefaultTag {
  /** The rule that gives the same tag. */
  readonly rule: string;
  /** Not normalized yet. */
  readonly text?: string;
  readonly reason: string;
  /** Set for a tag that says where its build was made. */
  readonly origin?: Origin;
}

/** The tags of an event without rules, in order. Empty when nothing in the event can name a build. */
export async function defaultTags(event: CiEvent, lookUp: TagLookup): Promise<DefaultTag[]> {
  if (event.developer !== undefined) return developerTag(event.developer);
  if (event.isUnmerged) return proposedTags(event);
  if (event.kind === 'schedule') {
    const reason = 'a schedule started this run';
    return [{ rule: 'type=schedule', text: 'nightly', reason, origin: 'schedule' }];
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
    return sha === undefined ? [] : [{ rule, text: `queue-${shortSha(sha)}`, reason, origin: 'commit' }];
  }
  if (pullRequest === undefined) return commitTag(event);
  return [{ rule: 'type=ref,event=pr', text: `pr-${pullRequest}`, reason }];
}

/** What a person tries out must not move what users get. */
function developerTag(name: string): DefaultTag[] {
  const reason = 'built by a person, and not by CI; write tags to give it others';
  return [{ rule: 'dev-<user>', text: `dev-${name}`, reason }];
}

function commitTag(event: CiEvent): DefaultTag[] {
  if (event.sha === undefined) return [];
  const reason = `the commit of ${describeEvent(event)}`;
  return [{ rule: 'type=sha', text: `sha-${shortSha(event.sha)}`, reason, origin: 'commit' }];
}

/** A branch named `latest` or `v1` must not move the tag that users get under that name. */
function branchTag(branch: string, event: CiEvent): DefaultTag {
  const { text, note } = ownName(branch, 'branch');
  const unknown = event.defaultBranch === undefined ? 'the event does not name the default branch' : '';
  const reason = ['the branch', note, unknown].filter(Boolean).join('; ');
  return { rule: 'type=ref,event=branch', text, reason, origin: 'branch' };
}

async function releaseTags(event: CiEvent, tag: string, lookUp: TagLookup): Promise<DefaultTag[]> {
  const version = parseVersion(tag);
  if (!version) return [await gitTag(event, tag, lookUp)];
  const reason = `from ${tag}`;
  const whole = { rule: 'type=semver,pattern={{version}}', text: version.text, reason };
  const verdict = await judgeLatest({ name: tag, version, variant: bare }, event, lookUp);
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
  return [whole, ...(await lineTags(version, event, reason, lookUp)), ...latest];
}

/** A git tag that is not a whole version. `1.2` moves, so it may already be on a higher version. */
async function gitTag(event: CiEvent, tag: string, lookUp: TagLookup): Promise<DefaultTag> {
  const rule = 'type=ref,event=tag';
  const { text, note } = ownName(tag, 'tag', event.prerelease);
  const moving = gitTagOfLine(text);
  if (moving) {
    const { line, least } = moving;
    const { given, reason } = await judgeLine({ version: least, variant: bare, line }, event, lookUp);
    if (!given) return { rule, text: `tag-${text}`, reason: movedByName(text, reason) };
  }
  const reason = ['the git tag, which is not a version', note].filter(Boolean).join('; ');
  return { rule, text, reason };
}

/** Why a git tag such as `1.2` gets the prefix `tag-`. */
export function movedByName(text: string, why: string): string {
  return `the git tag; ${text} stays, since ${why}`;
}

/** `1.2` and `1`: the highest version of their line. They never move to a lower one. */
async function lineTags(
  version: Version,
  event: CiEvent,
  from: string,
  lookUp: TagLookup,
): Promise<DefaultTag[]> {
  const { major, minor } = version;
  const line = async (of: 'major' | 'minor', rule: string, text: string): Promise<DefaultTag> => {
    const { given, reason } = await judgeLine({ version, variant: bare, line: of }, event, lookUp);
    return given ? { rule, text, reason: from } : { rule, reason };
  };
  const ofMinor = await line('minor', 'type=semver,pattern={{major}}.{{minor}}', `${major}.${minor}`);
  const rule = 'type=semver,pattern={{major}}';
  if (major === 0) return [ofMinor, { rule, reason: 'before 1.0.0 any version may break the one before' }];
  return [ofMinor, await line('major', rule, String(major))];
}
