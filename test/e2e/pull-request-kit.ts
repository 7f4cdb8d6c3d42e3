import { join } from 'node:path';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import type { LocalService } from '../../src/local/service.ts';
import type { GithubServer } from '../support/github-server.ts';
import { type RunOptions, type RunResult, runActionHere } from '../support/runner.ts';

const repository = { full_name: 'octo-org/agent', default_branch: 'main' };

/** Where the runs of one repository take place. */
export interface Repository {
  /** The published actions. */
  readonly actions: string;
  readonly workspace: string;
  readonly service: LocalService;
  readonly github: GithubServer;
}

export type RunInRepository = (options: Partial<RunOptions> & { readonly run: number }) => Promise<RunResult>;

/** Runs of `build`, `cleanup` or `promote` for the template my-agent. */
export function runner({ actions, workspace, service, github }: Repository, folder = ''): RunInRepository {
  return ({ run, ...options }) =>
    runActionHere({
      action: join(actions, folder),
      workspace,
      ...options,
      inputs: {
        name: 'my-agent',
        ...(folder !== 'promote' && { 'github-token': 'ghs_0123456789' }),
        ...options.inputs,
      },
      env: {
        NOVITA_API_KEY: service.apiKey,
        NOVITA_API_URL: service.url,
        ...github.env,
        GITHUB_RUN_ID: String(run),
        ...options.env,
      },
    });
}

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
