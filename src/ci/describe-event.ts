import type { CiEvent } from './event.ts';

/** The event in a few words for use within a sentence: `a push to main`, `pull request 12`. */
export function describeEvent(event: CiEvent): string {
  const { kind, name, pullRequest, branch, tag, system, developer } = event;
  const number = pullRequest === undefined ? '' : ` ${pullRequest}`;
  const on = tag === undefined ? (branch === undefined ? '' : ` on ${branch}`) : ` on the tag ${tag}`;
  switch (kind) {
    case 'none':
      if (developer !== undefined) return "a run on a person's own machine";
      return system === undefined
        ? 'a run without an event'
        : `a run of ${system} that names no branch, tag or commit`;
    case 'pull_request':
      return `${system?.startsWith('GitLab') ? 'merge' : 'pull'} request${number}`;
    case 'merge_group':
      return pullRequest === undefined ? 'a merge group' : `the merge group of pull request${number}`;
    case 'release':
      return `${event.prerelease ? 'the pre-release' : 'the release'} ${tag ?? '(without a tag)'}`;
    case 'schedule':
      return `a schedule${on}`;
    case 'push':
      if (tag !== undefined) return `a push of the tag ${tag}`;
      return branch === undefined ? 'a push' : `a push to ${branch}`;
    case 'workflow_run':
      return event.workflowRun
        ? `a run triggered by ${event.workflowRun.event}${number && ` of${number}`}`
        : name;
    default:
      return pullRequest === undefined ? `${name}${on}` : `${name} on pull request${number}`;
  }
}
