import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { githubCommands } from '../../../src/ci/providers/github-commands.ts';
import { captureStdout } from '../../support/captured-output.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('a piece of the summary that could not be written does not come again with the next one', async () => {
  await using directory = await temporaryDirectory({ summary: '' });
  const file = join(directory.path, 'summary');
  vi.stubEnv('GITHUB_STEP_SUMMARY', file);
  try {
    const { addSummary } = githubCommands(true);
    await rm(file);
    await expect(addSummary?.('lost')).rejects.toThrow();
    await writeFile(file, '');
    await chmod(file, 0o600);
    await addSummary?.('kept');
    expect(await readFile(file, 'utf8')).toBe('kept');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a line that begins like a command is printed behind a mark', () => {
  const printed = captureStdout(() => {
    githubCommands(false).info(' ::error::no');
    githubCommands(false).info('fine ::error::no');
  });
  expect(printed).toBe('│  ::error::no\nfine ::error::no\n');
});
