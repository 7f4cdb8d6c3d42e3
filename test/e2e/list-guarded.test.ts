/** The list action where a stranger may have caused the run: no definition of theirs is read. */
import { describe, expect } from 'vitest';
import { guardedTest, loaded } from './guarded-kit.ts';
import { whyIn } from './list-kit.ts';

const test = guardedTest({
  'novita-templates.yml': 'templates: [{ name: my-agent, template: template.ts }]\n',
});

/** A pull request of a fork, with the secrets of this repository. */
const target = (base: string, head: string) => ({
  name: 'pull_request_target',
  payload: {
    action: 'synchronize',
    number: 7,
    pull_request: {
      number: 7,
      head: { sha: head, ref: 'topic', repo: { full_name: 'stranger/agent' } },
      base: { sha: base, ref: 'main', repo: { full_name: 'octo-org/agent' } },
    },
    repository: { full_name: 'octo-org/agent', default_branch: 'main' },
  },
});

describe.each(['with a key', 'without a key'])('%s', (how) => {
  const withKey = how === 'with a key';

  test.for(['refs/pull/7/merge, fetched whole', 'the commit of the fork', 'gh pr checkout'])(
    '%s is listed, and its job decides',
    async (kind, { run, checkOut, origin, service }) => {
      checkOut(kind);
      const { commits } = origin;
      const result = await run({
        action: 'list',
        inputs: { name: '', 'on-missing-credentials': '', 'changed-only': 'true' },
        event: target(commits.main, commits.fork),
        env: { GITHUB_SHA: commits.main, ...(withKey && { NOVITA_API_KEY: service.apiKey }) },
      });
      expect(result.exitCode, result.log).toBe(0);
      expect(result.outputs['count']).toBe('1');
      expect(result.log).not.toMatch(/PLANTED|the recipe was loaded/);
      expect(whyIn(result, 'my-agent')).toMatch(
        /^yes (its definition has a mistake.*: A recipe from a|it is not known)/,
      );
    },
  );

  test('the repository itself is read', async ({ run, checkOut, origin, service }) => {
    checkOut('another branch, fetched whole');
    const { commits } = origin;
    const result = await run({
      action: 'list',
      inputs: { name: '', 'on-missing-credentials': '', 'changed-only': 'true' },
      event: target(commits.first, commits.release),
      env: { GITHUB_SHA: commits.release, ...(withKey && { NOVITA_API_KEY: service.apiKey }) },
    });
    expect(result.log).toContain(`│ ${loaded}`);
    expect(result.outputs['count']).toBe('1');
  });
});
