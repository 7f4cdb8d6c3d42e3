import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { forgejo } from '../../src/ci/providers/forgejo.ts';
import { github } from '../../src/ci/providers/github.ts';
import { lineLinker } from '../../src/ci/source-link.ts';

const runSha = 'a'.repeat(40);
const headSha = 'b'.repeat(40);
const otherSha = 'c'.repeat(40);
const link = (commit: string, path: string) => `https://github.com/octo/app/blob/${commit}/${path}#L7`;

describe('the address of a line', () => {
  let workspace: string;
  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'link-'));
    onTestFinished(() => rmSync(workspace, { recursive: true, force: true }));
  });

  const checkout = (folder: string, commit: string, origin?: string) => {
    const git = join(workspace, folder, '.git');
    mkdirSync(git, { recursive: true });
    writeFileSync(join(git, 'HEAD'), `${commit}\n`);
    if (origin)
      writeFileSync(join(git, 'config'), `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${origin}\n`);
  };
  const linked = (file: string, env: NodeJS.ProcessEnv = {}) => {
    const path = join(workspace, file);
    mkdirSync(dirname(path), { recursive: true });
    const job = {
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_SHA: runSha,
      GITHUB_WORKSPACE: workspace,
      ...env,
    };
    const variables = { GITHUB_REPOSITORY: 'octo/app', ...job };
    const { source } = (env['FORGEJO_ACTIONS'] ? forgejo : github)(variables).readFacts();
    return lineLinker(source, headSha)({ file: path, line: 7 });
  };

  test('has the commit that is checked out: that of the run, or a head', () => {
    checkout('', runSha);
    expect(linked('images/template.ts')).toBe(link(runSha, 'images/template.ts'));
    checkout('', headSha);
    expect(linked('images/template.ts')).toBe(link(headSha, 'images/template.ts'));
  });

  test('has the path within the checkout, not within the workspace', () => {
    checkout('src', runSha);
    expect(linked('src/images/a b#c.ts')).toBe(link(runSha, 'images/a%20b%23c.ts'));
  });

  test('has any commit of this repository, and none of another', () => {
    checkout('', otherSha, 'https://github.com/Octo/app.git');
    expect(linked('template.ts')).toBe(link(otherSha, 'template.ts'));
    checkout('', otherSha, 'git@github.com:octo/app');
    expect(linked('template.ts')).toBe(link(otherSha, 'template.ts'));
    checkout('', otherSha, 'https://github.com/octo/other-app');
    expect(linked('template.ts')).toBeUndefined();
    checkout('', otherSha);
    expect(linked('template.ts')).toBeUndefined();
  });

  test('has the commit of the run where there is no git', () => {
    expect(linked('template.ts')).toBe(link(runSha, 'template.ts'));
    expect(linked('template.ts', { GITHUB_SHA: '' })).toBe(link(headSha, 'template.ts'));
    expect(linked('../template.ts')).toBeUndefined();
  });

  test('is that of the server, in its own form', () => {
    const forgejo = { GITHUB_SERVER_URL: 'https://git.example', FORGEJO_ACTIONS: 'true' };
    expect(linked('template.ts', forgejo)).toBe(
      `https://git.example/octo/app/src/commit/${runSha}/template.ts#L7`,
    );
    expect(linked('template.ts', { GITHUB_SERVER_URL: undefined })).toBeUndefined();
  });
});
