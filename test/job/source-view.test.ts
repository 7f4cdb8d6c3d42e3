import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { sourceView } from '../../src/job/source-view.ts';
import { samplePlan } from '../support/sample-build.ts';

describe('the lines of a definition', () => {
  let workspace: string;
  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'view-'));
    onTestFinished(() => rmSync(workspace, { recursive: true, force: true }));
    put('repo/template.ts', "Template()\n  .runCmd('key-abcdefgh')\n  .runCmd('\x1b[31mred\u200b')\n");
    put('repo/Dockerfile', 'FROM x\nRUN make\n');
    put('repo/.env', 'TOKEN=1\n');
    put('repo/.git/config', 'secret\n');
    put('outside.ts', 'a\n');
  });

  const put = (path: string, text: string | Buffer) => {
    const file = join(workspace, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const shown = (file: string, line = 1, definition = file) => {
    const { definition: whole } = samplePlan();
    const plan = samplePlan({ definition: { ...whole, file: join(workspace, definition) } });
    const context = { env: {}, event: {}, workspace: join(workspace, 'repo') } as Parameters<
      typeof sourceView
    >[1];
    const redact = (text: string) => text.replaceAll('key-abcdefgh', '***');
    return sourceView(plan, context, redact)
      .around({ file: join(workspace, file), line })
      .map(({ text }) => text);
  };

  test('are cleaned and without secrets', () => {
    expect(shown('repo/template.ts', 2)).toEqual(['Template()', "  .runCmd('***')", "  .runCmd('red')"]);
  });

  test('are those of a Dockerfile that it takes', () => {
    expect(shown('repo/Dockerfile', 2, 'repo/template.ts')).toEqual(['FROM x', 'RUN make']);
    put('repo/images/app.Dockerfile', 'FROM y\n');
    expect(shown('repo/images/app.Dockerfile', 1, 'repo/template.ts')).toEqual(['FROM y']);
  });

  test.each([
    ['another file', 'repo/.env', 'repo/template.ts'],
    ['what git keeps', 'repo/.git/config', 'repo/.git/config'],
    ['a file that holds no code', 'repo/.env', 'repo/.env'],
    ['a file outside of the workspace', 'outside.ts', 'outside.ts'],
    ['a file that is gone', 'repo/gone.ts', 'repo/gone.ts'],
    ['a folder', 'repo', 'repo'],
  ])('are none of %s', (_, file, definition) => {
    expect(shown(file, 1, definition)).toEqual([]);
  });

  test('are none of what a link leads to, and none of a huge file', () => {
    symlinkSync(join(workspace, 'repo/.env'), join(workspace, 'repo/link.ts'));
    expect(shown('repo/link.ts')).toEqual([]);
    symlinkSync(join(workspace, 'outside.ts'), join(workspace, 'repo/out.ts'));
    expect(shown('repo/out.ts')).toEqual([]);
    put('repo/huge.ts', 'a\n'.repeat(600_000));
    expect(shown('repo/huge.ts')).toEqual([]);
  });
});
