import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/plan/make-plan.ts';
import { ProblemsError } from '../../src/problem.ts';
import { definitionOf, type Loaded, load, place, steps } from '../support/definition-project.ts';

const first = `import { Template } from 'e2b';\n`;

/** What the plan of a loaded definition says is wrong, each with its line. */
async function planProblems(loaded: Loaded): Promise<string[]> {
  const request = { name: 'x', tags: [], cpuCount: 2, memoryMb: 1024, skipCache: false };
  try {
    await makePlan(definitionOf(loaded), request);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return error.problems.map(({ title, at }) => `${title} <${place(loaded, at)}>`);
  }
}

test('a COPY that the SDK refuses is reported together with all problems of the others', async () => {
  const loaded = await load({
    'template.ts': `${first}export const template = Template().fromTemplate('x')
  .copy('nope', '/a')
  .copy('../x', '/b')
  .copy('g*.zz', '/c')
  .copyItems([
    { src: '/etc/passwd', dest: '/d' },
    { src: 'none', dest: '/e' },
  ])
  .runCmd('last');`,
  });
  expect(await planProblems(loaded)).toEqual([
    'Missing COPY source <template.ts:3>',
    'Invalid COPY source <template.ts:4>',
    'COPY sends nothing <template.ts:5>',
    'Invalid COPY source <template.ts:6>',
    'Missing COPY source <template.ts:6>',
  ]);
});

describe('every step stays where it is written', () => {
  test('among several sources', async () => {
    const loaded = await load({
      'template.ts': `${first}export const template = Template().fromTemplate('x')
  .copy(['a', '../b', 'c', '/d'], '/x')
  .runCmd('last');`,
    });
    expect(steps(loaded)).toEqual([
      'COPY a /x <template.ts:3>',
      'COPY ../b /x <template.ts:3>',
      'COPY c /x <template.ts:3>',
      'COPY /d /x <template.ts:3>',
      'RUN last <template.ts:4>',
    ]);
  });

  test('in a Dockerfile', async () => {
    const loaded = await load({
      'template.ts': `${first}export const template = Template().fromDockerfile('Dockerfile');`,
      Dockerfile: 'FROM Example\nUSER me\nCOPY ../b /b\nCOPY a /a\n',
    });
    expect(steps(loaded).filter((step) => step.startsWith('COPY'))).toEqual([
      'COPY ../b /b <Dockerfile:3>',
      'COPY a /a root <Dockerfile:4>',
    ]);
  });
});

test.each(['..', 'a/../../b', './../x', '/', '/etc/*', '../{a,b}', '{a,b/../../../c}'])(
  'the plan refuses what the SDK refuses: %s',
  async (source) => {
    const loaded = await load({
      'template.ts': `${first}export const template = Template().fromTemplate('x').copy(${JSON.stringify(source)}, '/x');`,
    });
    expect(await planProblems(loaded)).toEqual(['Invalid COPY source <template.ts:2>']);
  },
);
