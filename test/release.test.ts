/** The release: what has to be true before it, and what its workflow asks GitHub for, with a stand-in for `gh`. */

import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { releaseNotes } from '../scripts/release-notes.ts';
import { repositoryRoot } from './support/runner.ts';
import { planted } from './support/temporary-directory.ts';

const changelog =
  '# Changelog\n\n## 1.10.0 — 2027-01-31\n\n- One.\n\n- Two.\n\n## 1.1.0 — 2026-12-01\n\n- Older.\n';
const facts = { version: '1.10.0', told: '1.10.0', changelog, tag: 'v1.10.0' };

describe('the notes of a release', () => {
  test('are the section of its version', () => {
    expect(releaseNotes(facts)).toBe('- One.\n\n- Two.');
    expect(releaseNotes({ ...facts, version: '1.1.0', told: '1.1.0', tag: '' })).toBe('- Older.');
  });

  test.each([
    [{ tag: 'v1.10.1' }, 'The tag is v1.10.1, and package.json has the version 1.10.0: tag v1.10.0.'],
    [{ told: '1.9.0' }, 'src/version.ts has 1.9.0, and package.json has 1.10.0: set both, and build dist/.'],
    [{ version: '1.1', told: '1.1', tag: '' }, 'CHANGELOG.md has no heading "## 1.1 — <date>".'],
    [
      { changelog: changelog.replace('2027-01-31', 'unreleased') },
      'the heading "## 1.10.0 — unreleased": expected',
    ],
    [{ changelog: '## 1.10.0 — 2027-01-31\n\n## 1.1.0 — 2026-12-01\n\n- Older.\n' }, 'says nothing below'],
  ])('%j: %s', (changes, problem) => {
    expect(() => releaseNotes({ ...facts, ...changes })).toThrow(problem);
  });
});

const sha = 'a'.repeat(40);

/** What GitHub has when the job `publish` runs. */
interface Scene {
  readonly tag: string;
  readonly tags: readonly string[];
  readonly release?: 'draft' | 'published';
  readonly immutable?: boolean;
  readonly commit?: string;
}

/** Answers from the variables below; each call is a line in CALLS. */
const gh = `#!/usr/bin/env bash
echo "$*" >> "$CALLS"
case "$*" in
  api*matching-refs*) printf '%s\\n' $TAGS ;;
  api*git/ref/tags/*) [[ " $TAGS " == *" \${2##*/} "* ]] ;;
  release\\ view*) [ -n "$DRAFT" ] && echo "$DRAFT" ;;
  *immutable*) echo "$IMMUTABLE" ;;
  api*/commits/*) echo "$COMMIT" ;;
esac
`;

/** Runs the scripts of the job one after the other, as the runner does, and returns what they asked for. */
async function publish({ tag, tags, release, immutable = true, commit = sha }: Scene) {
  const { jobs } = parse(await readFile(join(repositoryRoot, '.github/workflows/release.yml'), 'utf8'));
  const steps: { id?: string; if?: string; run?: string; env?: Record<string, string> }[] =
    jobs.publish.steps;
  const root = await planted({ 'bin/gh': { run: gh }, calls: '', output: '', 'dist.tgz': 'bytes' });
  const outputs: Record<string, string> = {};
  // The files come from the other job; what is shown here is what follows.
  for (const step of steps.filter(({ run }) => run && !run.includes('sha256sum'))) {
    if (step.if && outputs['moves'] !== 'true') continue;
    const named = Object.entries(step.env ?? {}).map(([name, value]) => [
      name,
      value.replace(/^\$\{\{ steps\.stable\.outputs\.(\w+) \}\}$/, (_, output) => outputs[output] ?? ''),
    ]);
    const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', step.run ?? ''], {
      cwd: root,
      encoding: 'utf8',
      env: {
        PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
        CALLS: join(root, 'calls'),
        GITHUB_OUTPUT: join(root, 'output'),
        GITHUB_SHA: sha,
        GH_REPO: 'OWNER/repo',
        TAG: tag,
        TAGS: tags.join(' '),
        DRAFT: release === undefined ? '' : `${release === 'draft'}`,
        IMMUTABLE: `${immutable}`,
        COMMIT: commit,
        ...Object.fromEntries(named),
      },
    });
    for (const line of (await readFile(join(root, 'output'), 'utf8')).split('\n').filter(Boolean)) {
      outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
    if (status !== 0) return { error: stdout + stderr, calls: await changes(root) };
  }
  return { error: undefined, calls: await changes(root) };
}

/** The calls that change something, and the comparison with what is published. */
async function changes(root: string): Promise<string[]> {
  const calls = (await readFile(join(root, 'calls'), 'utf8')).split('\n');
  return calls.filter((call) => /^release (create|edit|delete|verify)|--method/.test(call));
}

const draft = (tag: string) =>
  `release create ${tag} --draft --target ${sha} --title ${tag} --notes-file notes.md dist.tgz dist.tgz.sha256`;
const moved = (major: string) =>
  `api --method PATCH repos/OWNER/repo/git/refs/tags/${major} -f sha=${sha} -F force=true --silent`;

describe('the job that publishes', () => {
  test.each<[string, Scene, string[]]>([
    [
      'the highest version of all',
      { tag: 'v0.10.0', tags: ['v0', 'v0.2.0', 'v0.9.0'] },
      [draft('v0.10.0'), 'release edit v0.10.0 --draft=false --latest', moved('v0')],
    ],
    [
      'the first of a major version, whose tag was pushed',
      { tag: 'v1.0.0', tags: ['v0', 'v0.10.0', 'v1.0.0', 'v10.0.0-rc.1'] },
      [
        draft('v1.0.0'),
        'release edit v1.0.0 --draft=false --latest',
        `api --method POST repos/OWNER/repo/git/refs -f ref=refs/tags/v1 -f sha=${sha} --silent`,
      ],
    ],
    [
      'a fix of an older version',
      { tag: 'v1.2.4', tags: ['v1', 'v1.2.3', 'v1.10.0'] },
      [draft('v1.2.4'), 'release edit v1.2.4 --draft=false --latest=false'],
    ],
    [
      'the highest of an older major version',
      { tag: 'v1.2.4', tags: ['v1', 'v1.2.3', 'v2', 'v2.0.0', 'v10.0.0'] },
      [draft('v1.2.4'), 'release edit v1.2.4 --draft=false --latest=false', moved('v1')],
    ],
    [
      'a version before a stable one',
      { tag: 'v1.3.0-rc.1', tags: ['v1', 'v1.2.0'] },
      [draft('v1.3.0-rc.1'), 'release edit v1.3.0-rc.1 --draft=false --prerelease'],
    ],
    [
      'after an attempt that left a draft',
      { tag: 'v1.0.1', tags: ['v1', 'v1.0.0'], release: 'draft' },
      [
        'release delete v1.0.1 --yes',
        draft('v1.0.1'),
        'release edit v1.0.1 --draft=false --latest',
        moved('v1'),
      ],
    ],
    [
      'after an attempt that published',
      { tag: 'v1.0.1', tags: ['v1', 'v1.0.0', 'v1.0.1'], release: 'published' },
      ['release verify-asset v1.0.1 dist.tgz', moved('v1')],
    ],
  ])('%s', async (_, scene, calls) => {
    expect(await publish(scene)).toEqual({ error: undefined, calls });
  });

  test.each<[Partial<Scene>, string]>([
    [{ immutable: false }, '::error::Releases of this repository can be changed.'],
    [{ commit: 'b'.repeat(40) }, `::error::v1.0.1 is on ${'b'.repeat(40)}, and this run is of ${sha}.`],
  ])('leaves the major version where it is with %j', async (changes, problem) => {
    const { error, calls } = await publish({ tag: 'v1.0.1', tags: ['v1', 'v1.0.0'], ...changes });
    expect(error).toContain(problem);
    expect(calls).toEqual([draft('v1.0.1'), 'release edit v1.0.1 --draft=false --latest']);
  });

  test('runs no code of the repository, and may write only what a release needs', async () => {
    const { jobs } = parse(await readFile(join(repositoryRoot, '.github/workflows/release.yml'), 'utf8'));
    const used = jobs.publish.steps.map(({ uses }: { uses?: string }) => uses?.split('@')[0]).filter(Boolean);
    expect(used).toEqual(['actions/download-artifact', 'actions/attest']);
    expect(jobs.publish.permissions).toEqual({
      contents: 'write',
      'id-token': 'write',
      attestations: 'write',
    });
    expect(jobs.publish.environment).toBe('release');
    expect(jobs.build.permissions).toEqual({ contents: 'read' });
  });
});
