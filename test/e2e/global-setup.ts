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
    /** Absolute path of a Python that has the SDK; empty where the tests of it are left out. */
    python: string;
    /** Folder with the wheels that the lock file names; empty where there is none. */
    wheels: string;
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
  project.provide('python', pythonWithSdk());
  project.provide('wheels', process.env['TEST_PYTHON_WHEELS'] ?? '');
  return () => {
    for (const folder of [action, `${action}-compiled`]) rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * Python for the tests of recipes in Python: TEST_PYTHON, else python3 of this machine if it has the SDK. Without one
 * these tests are left out, which one line says; with REQUIRE_PYTHON=1 that is an error.
 */
function pythonWithSdk(): string {
  const python = process.env['TEST_PYTHON'] || 'python3';
  const ask = 'import novita_sandbox.core, sys; print(sys.executable)';
  try {
    return execFileSync(python, ['-c', ask], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    const left = `Tests of recipes in Python are left out: ${python} is missing or has no novita-sandbox (TEST_PYTHON names another).`;
    if (process.env['REQUIRE_PYTHON'] === '1') throw new Error(left);
    console.warn(left);
    return '';
  }
}
