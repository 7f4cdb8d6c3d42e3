const base = { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'octo-org/agent' } };
const head = { sha: 'c'.repeat(40), ref: 'topic', repo: { full_name: 'mallory/agent' } };

/** Pull request 12, from a fork: GitHub withholds the secrets of its runs. */
export const pullRequestFromFork = {
  name: 'pull_request',
  payload: { action: 'opened', number: 12, pull_request: { number: 12, head, base } },
};
