/** Which recipes are loaded at all: every event with every kind of checkout that workflows come to. */
import { describe, expect } from 'vitest';
import type { Origin } from '../support/checkouts.ts';
import { guardedTest } from './guarded-kit.ts';

const test = guardedTest();

describe('a recipe is judged by what is checked out, under', () => {
  const home = { full_name: 'octo-org/agent', default_branch: 'main' };
  const head = (number: number, sha: string, full_name: string) => ({
    number,
    pull_request: { number, head: { sha, repo: { full_name } }, base: { repo: home } },
    repository: home,
  });
  const afterRun = (event: string, { main }: Origin['commits']) => ({
    workflow_run: { event, head_sha: main, head_repository: home },
    repository: home,
  });
  const rows: [string, string, 'loaded' | 'noticed' | 'refused', (commits: Origin['commits']) => unknown][] =
    [
      ['push', 'the branch of pull request 8', 'loaded', () => ({ repository: home })],
      ['push', 'a second repository of the same owner', 'loaded', () => ({ repository: home })],
      ['push', 'a second repository of another owner', 'noticed', () => ({ repository: home })],
      ['push', 'the commit of the fork', 'noticed', () => ({ repository: home })],
      ['push', 'refs/pull/7/merge', 'refused', () => ({ repository: home })],
      ['workflow_dispatch', 'an annotated tag', 'loaded', () => ({ repository: home })],
      ['workflow_dispatch', 'gh pr checkout', 'refused', () => ({ repository: home })],
      ['pull_request', 'refs/pull/8/head', 'loaded', ({ feature }) => head(8, feature, 'octo-org/agent')],
      ['pull_request', 'refs/pull/7/head', 'loaded', ({ fork }) => head(7, fork, 'stranger/agent')],
      ['issue_comment', 'another branch', 'loaded', () => ({ repository: home })],
      ['issue_comment', 'the commit of the fork', 'refused', () => ({ repository: home })],
      ['issue_comment', 'FETCH_HEAD of a pull request', 'refused', () => ({ repository: home })],
      ['workflow_run', 'refs/pull/7/head', 'refused', (commits) => afterRun('workflow_run', commits)],
      ['workflow_run', 'the commit of the fork', 'refused', (commits) => afterRun('workflow_run', commits)],
      ['workflow_run', 'a branch of the fork', 'refused', (commits) => afterRun('pull_request', commits)],
      ['check_run', 'refs/pull/7/head', 'refused', () => ({ repository: home })],
    ];

  test.for(rows)(
    '%s with %s: it is %s',
    async ([event, kind, expected, payload], { checkOut, runGuarded, origin }) => {
      checkOut(kind);
      const { exitCode, log } = await runGuarded({ event, payload: payload(origin.commits) });
      expect(log.includes('the recipe was loaded')).toBe(expected !== 'refused');
      expect(log.includes('::notice title=Whose recipe this is')).toBe(expected === 'noticed');
      expect(
        log.includes('::error title=A recipe from a pull request') ||
          log.includes('A recipe from a pull request'),
      ).toBe(expected === 'refused');
      expect(exitCode).toBe(expected === 'refused' ? 1 : 0);
    },
  );
});
