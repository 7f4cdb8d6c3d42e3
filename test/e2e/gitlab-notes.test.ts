/** The note on a merge request of GitLab: written by the first build, and edited in place by those that follow. */
import { expect } from 'vitest';
import { readCommentMarker } from '../../src/github/comment-marker.ts';
import { testWith } from '../support/fixtures.ts';
import { startGitlabServer } from '../support/gitlab-server.ts';
import { systemVariables } from '../support/system-variables.ts';
import { project } from './reuse-kit.ts';

const test = testWith({ files: project() });
const elsewhere = { GITHUB_ACTIONS: '', GITHUB_EVENT_NAME: '', GITHUB_EVENT_PATH: '' };
const mergeRequest = systemVariables.gitlab['a merge request'];

test('is edited in place, and what others wrote stays', async ({ run, service }) => {
  await using gitlab = await startGitlabServer();
  const stranger = { id: 1, body: '<!-- novita-template {"v":1} -->\nmine', author: { username: 'eve' } };
  // More than one page of them.
  gitlab.notes.push(stranger, ...Array.from({ length: 100 }, (_, index) => ({ ...stranger, id: index + 2 })));
  const env = { ...elsewhere, ...mergeRequest, ...gitlab.env };
  const first = await run({ env });
  expect(first.exitCode, first.log).toBe(0);
  const ours = () => gitlab.notes.filter(({ author }) => author.username === 'project_5_bot');
  expect(ours()).toHaveLength(1);
  const [note] = ours();
  expect(note?.body).toContain('### Template `my-agent` is ready');
  expect(note?.body).toContain('pr-12');
  expect(readCommentMarker(note?.body ?? '')).toMatchObject({ name: 'my-agent', run: 9100, state: 'ready' });
  expect(first.log).toContain('https://gitlab.example/group/agent/-/merge_requests/12#note_1000');
  service.script = [{ at: 2, fail: { message: 'exit status 2' } }];
  await run({ env: { ...env, CI_PIPELINE_ID: '9101' }, inputs: { reuse: 'never' } });
  expect(ours().map(({ id }) => id)).toEqual([note?.id]);
  expect(ours()[0]?.body).toContain('failed to build');
  expect(gitlab.notes).toHaveLength(102);
});

test('is not written without a token, nor on a branch', async ({ run }) => {
  await using gitlab = await startGitlabServer();
  const { CI_API_V4_URL = '' } = gitlab.env;
  await run({ env: { ...elsewhere, ...mergeRequest, CI_API_V4_URL } });
  await run({ env: { ...elsewhere, ...systemVariables.gitlab['another branch'], ...gitlab.env } });
  expect(gitlab.requests).toEqual([]);
});

test('costs no build when the token may not write it, and a warning says what it needs', async ({ run }) => {
  await using gitlab = await startGitlabServer();
  gitlab.refuse = (request) => (request.startsWith('POST') ? 403 : undefined);
  const { exitCode, log } = await run({ env: { ...elsewhere, ...mergeRequest, ...gitlab.env } });
  expect(exitCode, log).toBe(0);
  expect(log).toMatch(/Warning:.* No comment: .*GitLab answered 403 to POST .*notes/);
  expect(log).toContain('The token needs the scope api');
  expect(gitlab.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  expect(log).not.toContain('glpat-');
});

test('is read again when GitLab fails for a moment', async ({ run }) => {
  await using gitlab = await startGitlabServer();
  let failures = 1;
  gitlab.refuse = (request) => (request.startsWith('GET') && failures-- > 0 ? 502 : undefined);
  const { exitCode, log } = await run({ env: { ...elsewhere, ...mergeRequest, ...gitlab.env } });
  expect(exitCode, log).toBe(0);
  expect(gitlab.notes).toHaveLength(1);
});

test('says that the preview is gone when the environment of the merge request ends', async ({
  run,
  service,
}) => {
  await using gitlab = await startGitlabServer();
  await run({ env: { ...elsewhere, ...mergeRequest, ...gitlab.env } });
  const ended = systemVariables.gitlab['the end of the environment of a merge request'];
  const { exitCode, log } = await run({ action: 'cleanup', env: { ...elsewhere, ...ended, ...gitlab.env } });
  expect(exitCode, log).toBe(0);
  expect(service.inspect.resolve('my-agent', 'pr-12')).toBeUndefined();
  expect(gitlab.notes.map(({ body }) => body)).toEqual([
    expect.stringContaining('### Preview of template `my-agent` is gone'),
  ]);
});
