import { describe, expect, test } from 'vitest';
import { load, place } from '../support/definition-project.ts';
import { expectOneProblem, type Mistake } from './one-problem.ts';

const first = `import { Template, waitForPort } from 'e2b';`;

const rows: [label: string, ...mistake: Mistake][] = [
  [
    'an unset variable in setEnvs',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setEnvs({\n  MODE: 'ci',\n  API_BASE: process.env.API_URL,\n});`,
    },
    'template.ts:4',
    /^setEnvs: API_BASE is undefined.*process\.env\.API_URL, which is not set in this job.*env: of the step.*default/,
  ],
  [
    'an unset variable by index',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setEnvs({ 'API_BASE': process.env['API_URL'] });`,
    },
    'template.ts:2',
    /API_BASE is undefined.*process\.env\.API_URL/,
  ],
  [
    'a key that is withheld',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setEnvs({ KEY: process.env.NOVITA_API_KEY });`,
    },
    'template.ts:2',
    /process\.env\.NOVITA_API_KEY, which the action does not hand to a definition/,
  ],
  [
    'an undefined whose origin is not seen',
    {
      'template.ts': `${first}\nconst { API_BASE } = process.env;\nexport const template = Template().fromTemplate('x').setEnvs({ API_BASE });`,
    },
    'template.ts:3',
    /API_BASE is undefined.*not set in this job/,
  ],
  [
    'a number in setEnvs',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setEnvs({ PORT: 8080 as any });`,
    },
    'template.ts:2',
    /PORT is the number 8080; a string is expected\. Write PORT: '8080'/,
  ],
  [
    'null in setEnvs',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setEnvs({ A: null as any });`,
    },
    'template.ts:2',
    /setEnvs: A is null/,
  ],
  [
    'an undefined image',
    { 'template.ts': `${first}\nexport const template = Template()\n  .fromImage(process.env.IMAGE!);` },
    'template.ts:3',
    /fromImage: argument 1 is undefined; a string is expected.*environment variable/,
  ],
  [
    'an undefined command',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x')\n  .runCmd(process.env.CMD!);`,
    },
    'template.ts:3',
    /runCmd: argument 1 is undefined/,
  ],
  [
    'an undefined command in a list',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').runCmd(['a', process.env.CMD!]);`,
    },
    'template.ts:2',
    /runCmd: argument 1, item 2, is undefined/,
  ],
  [
    'an undefined working directory',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setWorkdir(undefined as any);`,
    },
    'template.ts:2',
    /setWorkdir: argument 1 is undefined; a path is expected/,
  ],
  [
    'no destination',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').copy('a', undefined as any);`,
    },
    'template.ts:2',
    /copy: argument 2 is undefined; a path is expected/,
  ],
  [
    'a port for a ready command',
    {
      'template.ts': `${first}\nexport const template = Template().fromTemplate('x').setStartCmd('serve', 8000 as any);`,
    },
    'template.ts:2',
    /setStartCmd: argument 2 is the number 8000.*waitForPort\(\)/,
  ],
];

describe('a value that is missing or of the wrong kind', () => {
  test.each(rows)('%s', (_, ...row) => expectOneProblem(...row));
});

test('all wrong arguments are named together', async () => {
  const loaded = await load({
    'template.ts': `${first}
export const template = Template()
  .fromTemplate('x')
  .setEnvs({
    A: undefined as any,
    B: process.env.B_URL,
  })
  .setUser(undefined as any)
  .runCmd('a');`,
  });
  expect(loaded.problems.map(({ title, at }) => `${title} <${place(loaded, at)}>`)).toEqual([
    'Environment variable A is undefined <template.ts:5>',
    'Environment variable B is undefined <template.ts:6>',
    'setUser() got undefined <template.ts:8>',
  ]);
});
