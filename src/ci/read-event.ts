import type { CiEvent, EventKind } from './event.ts';
import type { EventContext } from './event-context.ts';
import { type Payload, payloadReader } from './payload.ts';
import { readRemoved } from './removal.ts';

const queueBranch = /^gh-readonly-queue\/.*\/pr-(\d+)-[0-9a-f]+$/;

/** Reads the event from the runner's data. `repository` is the value of `GITHUB_REPOSITORY`. */
export function readEvent(context: Partial<EventContext>, repository: string | undefined): CiEvent {
  const name = context.eventName ?? '';
  const payload = payloadReader(context.payload);
  const { runId, serverUrl } = context;
  const ref = context.ref || undefined;
  const kind = kindOf(name, ref, payload);
  const branch = kind === 'pull_request' ? undefined : after('refs/heads/', ref);
  const tag =
    after('refs/tags/', ref) ?? (kind === 'release' ? payload.text('release', 'tag_name') : undefined);
  const triggering = payload.text('workflow_run', 'event');
  const triggeringBranch = payload.text('workflow_run', 'head_branch');
  const ofPullRequest = triggering !== undefined && /^(pull_request|merge_group)/.test(triggering);
  const sha = headOf(kind, ofPullRequest, payload) ?? (context.sha || undefined);
  const removed = readRemoved(name, kind, payload);
  const closed = kind === 'pull_request' && removed === 'pull_request';
  return defined<Omit<CiEvent, 'system' | 'secretsGiven' | 'developer'>>({
    kind,
    name,
    action: payload.text('action'),
    ref,
    branch,
    tag,
    sha,
    commitDate: commitDate(kind, sha, payload),
    pullRequest: pullRequestNumber(kind, ref, ofPullRequest, payload),
    removed,
    merged: closed ? payload.at('pull_request', 'merged') === true : undefined,
    isUnmerged:
      kind === 'pull_request' ||
      kind === 'merge_group' ||
      ofPullRequest ||
      payload.at('issue', 'pull_request') !== undefined,
    baseRef: baseRef(kind, tag, payload),
    headRef: payload.text('pull_request', 'head', 'ref'),
    // A schedule's payload may lack the repository, but a schedule runs on the default branch only.
    defaultBranch: payload.text('repository', 'default_branch') ?? (kind === 'schedule' ? branch : undefined),
    fork: isFork(kind, payload),
    dependabot: context.actor === 'dependabot[bot]',
    prerelease: kind === 'release' ? payload.at('release', 'prerelease') === true : undefined,
    workflowRun: triggering ? defined({ event: triggering, branch: triggeringBranch }) : undefined,
    repository: repository || undefined,
    runUrl: repository && runId ? `${serverUrl}/${repository}/actions/runs/${runId}` : undefined,
  });
}

const plainKinds: readonly EventKind[] = [
  'push',
  'merge_group',
  'release',
  'schedule',
  'workflow_dispatch',
  'workflow_run',
  'create',
  'delete',
];

function kindOf(name: string, ref: string | undefined, payload: Payload): EventKind {
  if (name === '') return 'none';
  if (name.startsWith('pull_request') || payload.at('pull_request') !== undefined) return 'pull_request';
  if (name === 'push' && queueBranch.test(after('refs/heads/', ref) ?? '')) return 'merge_group';
  return plainKinds.find((kind) => kind === name) ?? 'other';
}

/** The head commit of the proposed code, where it differs from `GITHUB_SHA`. */
function headOf(kind: EventKind, ofPullRequest: boolean, payload: Payload): string | undefined {
  if (kind === 'pull_request') return payload.text('pull_request', 'head', 'sha');
  if (kind === 'merge_group') return payload.text('merge_group', 'head_sha');
  return ofPullRequest ? payload.text('workflow_run', 'head_sha') : undefined;
}

function pullRequestNumber(
  kind: EventKind,
  ref: string | undefined,
  ofPullRequest: boolean,
  payload: Payload,
): number | undefined {
  if (kind === 'pull_request') return payload.number('pull_request', 'number') ?? payload.number('number');
  if (kind === 'merge_group') {
    const headRef = payload.text('merge_group', 'head_ref') ?? ref;
    const [, number] = queueBranch.exec(after('refs/heads/', headRef) ?? '') ?? [];
    return number === undefined ? undefined : Number(number);
  }
  if (payload.at('issue', 'pull_request') !== undefined) return payload.number('issue', 'number');
  const listed = ofPullRequest ? payload.at('workflow_run', 'pull_requests') : undefined;
  // The list is empty for a fork.
  return Array.isArray(listed) && listed.length === 1 ? payloadReader(listed[0]).number('number') : undefined;
}

function baseRef(kind: EventKind, tag: string | undefined, payload: Payload): string | undefined {
  if (kind === 'pull_request') return payload.text('pull_request', 'base', 'ref');
  const merging = payload.text('merge_group', 'base_ref');
  if (merging) return after('refs/heads/', merging) ?? merging;
  return tag === undefined ? undefined : after('refs/heads/', payload.text('base_ref'));
}

function commitDate(kind: EventKind, sha: string | undefined, payload: Payload): Date | undefined {
  // GitHub: "the date of the commit used for the release, and not the date when it was drafted or published".
  if (kind === 'release') return payload.date('release', 'created_at');
  const commits = payload.at('commits');
  const candidates = [
    ...(Array.isArray(commits) ? commits : []),
    payload.at('head_commit'),
    payload.at('merge_group', 'head_commit'),
    payload.at('workflow_run', 'head_commit'),
  ].map(payloadReader);
  return candidates.find((commit) => sha !== undefined && commit.text('id') === sha)?.date('timestamp');
}

function isFork(kind: EventKind, payload: Payload): boolean {
  if (kind === 'pull_request') {
    // The head's repository is null once the fork is deleted.
    return (
      payload.text('pull_request', 'head', 'repo', 'full_name') !==
      payload.text('pull_request', 'base', 'repo', 'full_name')
    );
  }
  const head = payload.text('workflow_run', 'head_repository', 'full_name');
  return head !== undefined && head !== payload.text('repository', 'full_name');
}

function after(prefix: string, ref: string | undefined): string | undefined {
  return ref?.startsWith(prefix) && ref.length > prefix.length ? ref.slice(prefix.length) : undefined;
}

/** The same object without the keys that have no value. */
function defined<T extends object>(value: { [K in keyof T]-?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
