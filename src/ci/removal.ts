import type { CiEvent, EventKind, RemovedKind } from './event.ts';
import type { Payload } from './payload.ts';

/** Reads what an event removes; `undefined` when it removes nothing. */
export function readRemoved(name: string, kind: EventKind, payload: Payload): RemovedKind | undefined {
  // The user chooses the action of a repository_dispatch.
  const action = name === 'repository_dispatch' ? undefined : payload.text('action');
  if (kind === 'release') {
    if (action === 'deleted' || action === 'unpublished') return 'release';
    return payload.at('release', 'draft') === true ? 'draft' : undefined;
  }
  if (kind === 'delete' || payload.text('workflow_run', 'event') === 'delete') return 'ref';
  if (name === 'push') return isDeletion(payload) ? 'ref' : undefined;
  if (kind === 'pull_request') {
    // A label on a closed pull request starts a run too.
    if (action === 'closed' || payload.text('pull_request', 'state') === 'closed') return 'pull_request';
  } else if (payload.at('issue', 'pull_request') !== undefined) {
    if (payload.text('issue', 'state') === 'closed') return 'pull_request';
  } else if (kind === 'merge_group' && action === 'destroyed') return 'merge_group';
  return action === 'deleted' ? 'other' : undefined;
}

function isDeletion(payload: Payload): boolean {
  return payload.at('deleted') === true || /^0+$/.test(payload.text('after') ?? '');
}

/** What was removed, as a sentence without its full stop, and how to keep a workflow from starting on it. */
export function describeRemoval(event: CiEvent): { readonly what: string; readonly remedy: string } {
  const { name, action, tag, branch, pullRequest, workflowRun } = event;
  const isMerge = event.system?.startsWith('GitLab');
  const title = tag === undefined ? '' : ` ${tag}`;
  switch (event.removed) {
    case 'pull_request':
      return {
        what: `${isMerge ? 'Merge' : 'Pull'} request${pullRequest === undefined ? '' : ` ${pullRequest}`} is closed`,
        remedy: event.system === undefined ? whileOpen(name) : 'The command cleanup removes its preview.',
      };
    case 'release':
      return { what: `The release${title} was ${action}`, remedy: published };
    case 'draft':
      return { what: `The release${title} is a draft that is not published yet`, remedy: published };
    case 'ref':
      if (workflowRun) {
        const remedy = 'Remove `delete` from `on:` in the workflow whose runs this one follows.';
        return { what: 'This run was triggered by a deletion', remedy };
      }
      if (event.kind === 'delete') {
        return { what: 'A branch or git tag was deleted', remedy: 'Remove `delete` from `on:`.' };
      }
      return {
        what: `This push deleted ${tag === undefined ? `the branch ${branch ?? ''}`.trim() : `the git tag ${tag}`}`,
        remedy: 'A push has no `types:`, so give the job `if: ${{ !github.event.deleted }}`.',
      };
    case 'merge_group':
      return {
        what: 'The merge group is gone',
        remedy: 'Set `types: [checks_requested]` under `on: merge_group`.',
      };
    default:
      return {
        what: `This run was started by ${name} (${action ?? 'deleted'}), which removes something`,
        remedy: `Under \`on: ${name}\`, set \`types:\` to those that should build, without \`deleted\`.`,
      };
  }
}

const published = 'Set `types: [published]` under `on: release`.';

function whileOpen(name: string): string {
  if (name === 'pull_request' || name === 'pull_request_target') {
    return `Set \`types: [opened, synchronize, reopened]\` under \`on: ${name}\`; the cleanup action is what runs when a pull request closes.`;
  }
  const state = name === 'issue_comment' ? 'issue' : 'pull_request';
  return `Events of ${name} have no type for this, so give the job \`if: github.event.${state}.state == 'open'\`.`;
}
