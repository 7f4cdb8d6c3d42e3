import { expect } from 'vitest';
import { passThrough } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { contentTag, daysAgo } from '../support/content-tags.ts';
import { testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';
import { build } from '../support/service-client.ts';

/** Nothing but a list of tags, and what it stands for. */
const tagsOf = (service: LocalService) => [
  ...new Set(service.inspect.tagHistory('my-agent').map(({ tag }) => tag)),
];

const [a, aFrom7] = [contentTag('a'), contentTag('a', '7')];

/** A sweep of a template of some age, on which pull request 2, closed long ago, has left its preview. */
const test = testWith({
  defaults: {
    action: 'cleanup',
    event: { name: 'schedule', payload: { schedule: '17 3 * * *' } },
    inputs: { name: 'my-agent', mode: 'sweep', 'github-token': 'ghs_0123456789' },
  },
}).extend('sweep', ({ service, github, run }) => async (inputs: Record<string, string> = {}) => {
  github.pullRequests.set(2, { number: 2, state: 'closed' });
  const forgotten = await daysAgo(100.5, () => build(service, 'my-agent', {}, [a, aFrom7]));
  await daysAgo(100.5, () => build(service, 'my-agent', {}, [contentTag('b'), 'pr-2']));
  await daysAgo(100.5, () => build(service, 'my-agent', {}, [contentTag('c'), 'latest']));
  await daysAgo(10, () => build(service, 'my-agent', {}, [contentTag('d'), contentTag('d', '7')]));
  const before = tagsOf(service);
  const result = await run({ inputs });
  const gone = before.filter((tag) => !tagsOf(service).includes(tag));
  return { ...result, forgotten, gone };
});

test('a sweep removes old content tags of builds that have no other, counted and without warnings', async ({
  service,
  sweep,
}) => {
  const { exitCode, log, outputs, summary, forgotten, gone } = await sweep({ 'content-days': '90' });
  expect(exitCode, log).toBe(0);
  expect(gone).toEqual([a, aFrom7, 'pr-2']);
  const removed: string[] = JSON.parse(outputs['removed'] ?? '');
  expect(removed[0]).toBe('my-agent:pr-2');
  expect(removed.slice(1).sort()).toEqual([`my-agent:${a}`, `my-agent:${aFrom7}`]);
  expect(service.inspect.builds()).toHaveLength(4);

  expect(log.match(/^::warning/gm)).toHaveLength(1);
  const [previews, content] = groupsOf(log);
  expect([previews?.title, content?.title]).toEqual(['Preview tags', 'Content tags']);
  const short = 'content-aaaaaaaaaaaa… (2 tags)';
  const result = 'removed: 100 days old, and its build has no other tag';
  expect(content?.lines).toHaveLength(2);
  expect(content?.lines[1]).toBe(`my-agent  ${forgotten.buildID}  ${short}  ${result}`);
  const closing = '1 preview tag and 2 content tags of 1 build removed; builds and templates stay';
  expect(log).toContain(`\n${closing}\n`);
  expect(summary).toContain(`## Preview tags\n\n${closing}\n\n| Tag |`);
  expect(summary).toContain('\n\n## Content tags\n\n| Tag |');
  expect(summary).toContain(`| \`my-agent:${short}\` | \`${forgotten.buildID}\` | ${result} |`);
});

test('a dry run tells the same, and removes nothing', async ({ sweep }) => {
  const { exitCode, log, outputs, summary, gone } = await sweep({ 'content-days': '90', 'dry-run': 'true' });
  expect(exitCode, log).toBe(0);
  expect(gone).toEqual([]);
  expect(outputs['removed']).toBe('[]');
  expect(groupsOf(log)[1]?.lines).toEqual([
    expect.stringMatching(/^template /),
    expect.stringContaining('would be removed: 100 days old'),
  ]);
  const closing = 'Dry run: 1 preview tag and 2 content tags of 1 build would be removed';
  expect(log).toContain(`\n${closing}\n`);
  expect(summary).toContain(closing);
});

test('content tags stay for ever where no age is given', async ({ sweep }) => {
  const { exitCode, log, summary, gone } = await sweep();
  expect(exitCode, log).toBe(0);
  expect(gone).toEqual(['pr-2']);
  expect(log).toContain('\n1 tag removed; builds and templates stay\n');
  expect(log + summary).not.toContain('Content tags');
});

test('what is removed is told when the service refuses the rest', async ({ service, sweep }) => {
  let removals = 0;
  service.intercept = async (request, response, next) => {
    if (request.method === 'DELETE') removals += 1;
    const refused = request.method === 'DELETE' && removals === 2;
    const body = '{"code":403,"message":"no access to this template"}';
    const headers = { 'content-type': 'application/json' };
    await passThrough(request, response, refused ? async () => ({ status: 403, headers, body }) : next);
  };
  const { exitCode, log, outputs, summary, gone } = await sweep({ 'content-days': '90' });
  expect(exitCode, log).toBe(1);
  expect(gone).toEqual(['pr-2']);
  expect(outputs['removed']).toBe('["my-agent:pr-2"]');
  expect(log).toContain('  NOT removed: 100 days old');
  expect(log).toContain('\n1 tag removed; builds and templates stay\n');
  expect(summary).toContain('NOT removed: 100 days old');
  expect(log).toMatch(/::error::Not everything was removed: my-agent: .*no access to this template/);
});

test('an age that would do nothing is refused before the first request', async ({ service, sweep }) => {
  const { exitCode, log } = await sweep({ mode: 'event', 'content-days': '90' });
  expect(exitCode).toBe(1);
  expect(log).toMatch(/Input content-days::.*found "90", expected nothing with mode: event/);
  expect(service.requests.filter(({ headers }) => headers['user-agent']?.startsWith('novita'))).toEqual([]);
});

const candidate = (run: number) => `candidate-${run}-1-0123456789ab`;
const passed = `passed-${'ef'.repeat(32)}`;

test('a sweep removes the candidate tags of runs that are over, and a passed tag with its content tag', async ({
  service,
  sweep,
}) => {
  const killed = await daysAgo(3.5, () => build(service, 'my-agent', {}, [candidate(1), contentTag('e')]));
  await daysAgo(1.5, () => build(service, 'my-agent', {}, [candidate(2), contentTag('f')]));
  await daysAgo(100.5, () => build(service, 'my-agent', {}, [contentTag('0'), passed]));
  const dry = await sweep({ 'dry-run': 'true' });
  expect(dry.log).toContain(`my-agent  ${candidate(1)}  ${killed.buildID}  would be removed: 3 days old`);
  expect([dry.gone, dry.outputs['removed']]).toEqual([[], '[]']);
  const { exitCode, log, outputs, summary, gone } = await sweep();
  expect(exitCode, log).toBe(0);
  // Nobody has tested that build, so its content goes as well: it could be promoted without its candidate tag.
  expect(new Set(gone)).toEqual(new Set([candidate(1), contentTag('e'), 'pr-2']));
  const removed = new Set<string>(JSON.parse(outputs['removed'] ?? ''));
  expect(removed).toEqual(new Set(['pr-2', contentTag('e'), candidate(1)].map((tag) => `my-agent:${tag}`)));
  expect(groupsOf(log).map(({ title }) => title)).toEqual(['Preview tags', 'Content tags', 'Candidate tags']);
  expect(log).toContain(
    '\n1 preview tag, 1 content tag of 1 build and 1 candidate tag removed; builds and templates stay\n',
  );
  expect(summary).toContain('\n\n## Candidate tags\n\n| Tag |');
  const later = await sweep({ 'content-days': '90' });
  expect(later.gone).toEqual(expect.arrayContaining([contentTag('0'), passed, a]));
  expect(later.gone).not.toContain(contentTag('e'));
  expect(later.log).toMatch(/4 content tags of 2 builds removed/);
});

test('the preview of one pull request is cleaned up without a look at candidate tags', async ({
  service,
  run,
}) => {
  await daysAgo(3, () => build(service, 'my-agent', {}, [candidate(1), 'pr-2']));
  const pullRequest = { number: 2, head: { sha: 'a1'.repeat(20) }, base: {} };
  const payload = { action: 'closed', number: 2, pull_request: pullRequest };
  const { exitCode, log } = await run({
    event: { name: 'pull_request', payload },
    inputs: { mode: 'event', 'content-days': '' },
  });
  expect(exitCode, log).toBe(0);
  expect(tagsOf(service)).toEqual([candidate(1)]);
});
