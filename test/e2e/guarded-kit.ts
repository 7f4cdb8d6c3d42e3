/** A repository whose recipe can be loaded, checkouts of it, and code that says when it was loaded and must not be. */

import { join } from 'node:path';
import { checkOut, checkoutKinds, createOrigin } from '../support/checkouts.ts';
import { testWith } from '../support/fixtures.ts';

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

const repository = { full_name: 'octo-org/agent', default_branch: 'main' };
const commentEvent = { issue: { number: 7, pull_request: {} }, repository };

/**
 * Tests that share one repository of recipes, and whose runs have no key: the recipe is loaded and planned, and nothing
 * is built.
 *
 * @param more - files that each commit has beside the recipe
 */
export const guardedTest = (more: Readonly<Record<string, string>> = {}) =>
  testWith({
    defaults: {
      inputs: { name: 'my-agent', 'on-missing-credentials': 'skip' },
      env: { NOVITA_API_KEY: '' },
    },
  })
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of what a fixture needs
    .extend('origin', { scope: 'file' }, ({}, { onCleanup }) => {
      const origin = createOrigin((commit) => ({ ...recipes(commit), ...more }));
      onCleanup(() => origin[Symbol.dispose]());
      return origin;
    })
    /** Makes a checkout in a folder of the workspace, and gives its path. */
    .extend('checkOut', ({ workspace, origin }) => (kind: string, place = '.'): string => {
      const options = checkoutKinds(origin)[kind];
      if (!options) throw new Error(`No such checkout: ${kind}`);
      const path = join(workspace.path, place);
      checkOut(origin, path, options);
      return path;
    })
    .extend(
      'runGuarded',
      ({ run, origin }) =>
        ({ template, event = 'issue_comment', payload = commentEvent, env }: GuardedRun = {}) =>
          run({
            inputs: { ...(template && { template }) },
            event: { name: event, payload },
            env: { GITHUB_SHA: origin.commits.main, ...env },
          }),
    );
