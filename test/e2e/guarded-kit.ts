/** A repository whose recipe can be loaded, checkouts of it, and code that says when it was loaded and must not be. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { checkOut, checkoutKinds, createOrigin, folder, type Origin } from '../support/checkouts.ts';
import { type RunResult, runActionHere } from '../support/runner.ts';

/** Code that says that it was run. */
export const planted = (what: string) => `console.log('PLANTED ${what}');`;

const recipe = `import { Template } from 'novita-sandbox';
import { packages } from './parts/packages';
import settings from './settings.json';
import { user } from '~/user';
import { user as again } from '#user';
console.log('the recipe was loaded with ' + packages + ' ' + settings.size + ' ' + user + again);
export const template = Template().fromTemplate('base').runCmd('echo ' + packages);
`;

/** Tries to load what is planted, each in another way, and goes on where it cannot. */
const recipes = (commit: string) => ({
  'template.ts': commit === 'fork' ? `${planted('recipe')}\n${recipe}` : `${recipe}// ${commit}\n`,
  'parts/packages.ts': `export const packages = 'curl';\n`,
  'parts/unused.ts': `export const unused = 1;\n`,
  'settings.json': '{ "size": 3 }\n',
  'config/user.ts': `export const user = 'robot';\n`,
  'package.json': '{ "private": true, "imports": { "#user": "./config/user.ts" } }\n',
  'tsconfig.base.json': '{ "compilerOptions": { "paths": { "~/*": ["./config/*"] } } }\n',
  'tsconfig.json': '{ "extends": "./tsconfig.base.json" } // a comment\n',
});

/** What the recipe prints when all that is committed was loaded with it. */
export const loaded = 'the recipe was loaded with curl 3 robotrobot';

export interface GuardedRun {
  readonly template?: string;
  readonly event?: string;
  readonly payload?: unknown;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Workshop extends AsyncDisposable {
  readonly origin: Origin;
  /** A new folder with a checkout in it, or in `place` of it. */
  checkOut(kind: string, place?: string): { readonly path: string; readonly place: string };
  /** Another checkout, in a folder that is there. */
  checkOutInto(path: string, kind: string): void;
  /** Runs the action without a key, so that the recipe is loaded and planned and nothing is built. */
  run(path: string, options?: GuardedRun): Promise<RunResult>;
}

/** @param more - files that each commit has beside the recipe */
export async function openWorkshop(more: Readonly<Record<string, string>> = {}): Promise<Workshop> {
  const action = inject('action');
  const origin = createOrigin((commit) => ({ ...recipes(commit), ...more }));
  const top = folder();
  const kinds = checkoutKinds(origin);
  let count = 0;
  const checkOutInto = (path: string, kind: string): void => {
    const options = kinds[kind];
    if (!options) throw new Error(`No such checkout: ${kind}`);
    checkOut(origin, path, options);
  };
  return {
    origin,
    checkOutInto,
    checkOut(kind, place = '.') {
      const path = join(top, String(count++));
      checkOutInto(join(path, place), kind);
      return { path, place: join(path, place) };
    },
    run(path, { template, event = 'issue_comment', payload, env } = {}) {
      const repository = { full_name: 'octo-org/agent', default_branch: 'main' };
      return runActionHere({
        action,
        workspace: path,
        inputs: { name: 'my-agent', 'on-missing-credentials': 'skip', ...(template && { template }) },
        event: { name: event, payload: payload ?? { issue: { number: 7, pull_request: {} }, repository } },
        env: { GITHUB_SHA: origin.commits.main, ...env },
      });
    },
    async [Symbol.asyncDispose]() {
      origin[Symbol.dispose]();
      rmSync(top, { recursive: true, force: true });
    },
  };
}
