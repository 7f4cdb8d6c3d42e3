/** The examples of the documents, evaluated as the action does it. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/plan/make-plan.ts';
import { type RuleId, ruleIds, rules } from '../../src/recipe/rules.ts';
import { definitionOf, load } from '../support/definition-project.ts';

/** Files that an example needs beside the recipe. */
const files: Partial<Record<RuleId, Readonly<Record<string, string>>>> = {
  'copy-everything': { 'src/app.py': '', 'node_modules/x/index.js': '' },
  'copied-credentials': { 'src/app.py': '', 'gha-creds-0123456789abcdef.json': '{}' },
  'git-folder': { 'src/app.py': '', '.git/HEAD': 'x', '.git/config': '' },
  'file-mode': { id_ed25519: 'secret' },
  'copy-pattern': { 'app/[id].txt': 'wanted', 'app/i.txt': 'taken' },
};

async function found(rule: RuleId, example: string): Promise<readonly (RuleId | undefined)[]> {
  const isDockerfile = /^[A-Z]+ /.test(example);
  const base = example.startsWith('.from') ? '' : `.fromImage('python:3.12')`;
  const recipe = isDockerfile
    ? { 'app.Dockerfile': `FROM python:3.12\n${example}\n` }
    : {
        'template.ts': `import { Template, waitForPort, waitForURL } from 'novita-sandbox';
export const template = Template()${base.replace(')', ', undefined, { inheritConfig: false })')}
  ${example.replace(/^(\.fromImage\([^)]*)\)/, '$1, undefined, { inheritConfig: false })')};
void waitForPort, waitForURL;
`,
      };
  const definition = definitionOf(
    await load(
      { ...recipe, ...files[rule] },
      {
        prepare: (directory) => {
          if (rule === 'file-mode') chmodSync(join(directory, 'id_ed25519'), 0o600);
        },
      },
    ),
  );
  const request = { name: 'x', tags: [], cpuCount: 2, memoryMb: 1024, skipCache: false };
  const plan = await makePlan(definition, request);
  return [...plan.definition.warnings, ...(plan.warnings ?? [])].map((warning) => warning.rule);
}

describe.each(ruleIds)('the check %s', (rule) => {
  test('finds its bad example', async () => {
    expect(await found(rule, rules[rule].bad)).toContain(rule);
  });

  test('finds nothing in its good example, and no other check does', async () => {
    expect((await found(rule, rules[rule].good)).filter((other) => other !== undefined)).toEqual([]);
  });
});
