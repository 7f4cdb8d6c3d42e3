import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { actionFolders } from '../../scripts/readme-tables.ts';
import { repositoryRoot } from '../support/runner.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The published actions as the runner downloads them: each `action.yml` where it stands, and `dist/`. */
    action: string;
  }
}

/**
 * Lays out the published actions once for all tests that run them, with a bundle of what `src/` is now, and nothing
 * else beside it. `ACTION_DIST` names a bundle that is there already, which saves the time to make one.
 */
export default function setup(project: TestProject): () => void {
  const action = mkdtempSync(join(tmpdir(), 'action-'));
  for (const folder of actionFolders(repositoryRoot)) {
    mkdirSync(join(action, folder), { recursive: true });
    cpSync(join(repositoryRoot, folder, 'action.yml'), join(action, folder, 'action.yml'));
  }
  const dist = process.env['ACTION_DIST'];
  if (dist) cpSync(dist, join(action, 'dist'), { recursive: true });
  else execFileSync(process.execPath, [join(repositoryRoot, 'scripts/build-dist.ts'), join(action, 'dist')]);
  project.provide('action', action);
  return () => {
    for (const folder of [action, `${action}-compiled`]) rmSync(folder, { recursive: true, force: true });
  };
}
