import { readCommentMarker } from '../../src/github/comment-marker.ts';
import type { LocalService } from '../../src/local/service.ts';
import type { GithubServer } from '../support/github-server.ts';
import type { RunOptions } from '../support/runner.ts';

const repository = { full_name: 'octo-org/agent', default_branch: 'main' };

/** What GitHub sends and sets for pull request 12; a merged one has the ref of its base branch. */
export function pullRequestRun(
  action: 'opened' | 'synchronize' | 'reopened' | 'closed',
  sha = 'c'.repeat(40),
): Required<Pick<RunOptions, 'event' | 'env'>> {
  const closed = action === 'closed';
  const payload = {
    action,
    number: 12,
    pull_request: {
      number: 12,
      state: closed ? 'closed' : 'open',
      merged: closed,
      head: { sha, ref: 'topic', repo: repository },
      base: { sha: 'b'.repeat(40), ref: 'main', repo: repository },
    },
    repository,
  };
  return {
    event: { name: 'pull_request', payload },
    env: {
      GITHUB_REF: closed ? 'refs/heads/main' : 'refs/pull/12/merge',
      GITHUB_HEAD_REF: 'topic',
      GITHUB_BASE_REF: 'main',
    },
  };
}

/** What the comments say by their markers, oldest first; `stranger` for those without one. */
export function states(github: GithubServer): string[] {
  return github.comments.map(({ body }) => readCommentMarker(body)?.state ?? 'stranger');
}

/** The tags of my-agent at the service. */
export function tagsAt(service: LocalService): string[] {
  return [...new Set(service.inspect.tagHistory('my-agent').map(({ tag }) => tag))].sort();
}
