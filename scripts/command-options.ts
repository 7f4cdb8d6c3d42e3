/**
 * Writes src/command/action-inputs.json, from which the command makes its options, out of every action.yml and of how
 * each input is read.
 *
 * Usage: node scripts/command-options.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readBuildInputs } from '../src/inputs/build.ts';
import { readCleanupInputs } from '../src/inputs/cleanup.ts';
import { readCommentInputs } from '../src/inputs/comment.ts';
import { readListInputs } from '../src/inputs/list.ts';
import { readPromoteInputs } from '../src/inputs/promote.ts';
import { readWaitInputs } from '../src/inputs/wait.ts';

const actions = {
  build: { folder: '.', read: readBuildInputs },
  promote: { folder: 'promote', read: readPromoteInputs },
  wait: { folder: 'wait', read: readWaitInputs },
  cleanup: { folder: 'cleanup', read: readCleanupInputs },
  list: { folder: 'list', read: readListInputs },
  comment: { folder: 'comment', read: readCommentInputs },
};

interface Metadata {
  readonly description: string;
  readonly inputs: Record<string, { description: string; default?: string }>;
}

const path = 'src/command/action-inputs.json';

/** The text of the file, as it should be. */
export function actionInputs(root: string): string {
  const commands = Object.entries(actions).map(([command, { folder, read }]) => {
    const metadata: Metadata = parse(readFileSync(join(root, folder, 'action.yml'), 'utf8'));
    const { flags } = read({});
    const inputs = Object.entries(metadata.inputs).map(([name, { description, default: usual = '' }]) => ({
      name,
      description: description.trim().replace(/\s+/g, ' '),
      // An expression is something to GitHub only.
      ...(usual !== '' && !usual.startsWith('${{') && { default: usual }),
      ...(flags.includes(name) && { flag: true }),
    }));
    return [command, { description: metadata.description, inputs }];
  });
  return `${JSON.stringify(Object.fromEntries(commands), undefined, 2)}\n`;
}

/** Whether the file is as it should be. */
export function isFresh(root: string): boolean {
  return readFileSync(join(root, path), 'utf8') === actionInputs(root);
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  writeFileSync(join(root, path), actionInputs(root));
}
