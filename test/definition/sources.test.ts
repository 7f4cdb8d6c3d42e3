import { describe, expect, test } from 'vitest';
import { readInstructions } from '../../src/definition/dockerfile/instructions.ts';
import { parseFrame } from '../../src/definition/stack-frames.ts';
import { definitionOf, load, place, steps } from '../support/definition-project.ts';

/** A registry that has no image: the definition's own `fetch` answers at once. */
const offline = `globalThis.fetch = async () => new Response('{}', { status: 404 });`;

describe('the line of each step', () => {
  test('is that of the call, also for steps of several sources, of lists and of helpers', async () => {
    const loaded = await load({
      'template.ts': `import { Template } from 'novita-sandbox';
import { tools } from './tools';

const chain = Template()
  .fromTemplate('x')
  .copy(['a', 'b'], '/app/')
  .copyItems([
    { src: 'c', dest: '/c' },
    { src: ['d', 'e'], dest: '/d' },
  ])
  .aptInstall(['git', 'curl'])
  .setEnvs({})
  .setEnvs({ A: '1' });
for (const name of ['one', 'two']) {
  chain.runCmd(name);
}
export const template = tools(chain)
  .makeDir('/x').setUser('user');`,
      'tools.ts': `export function tools(chain: any) {
  return chain
    .pipInstall('requests');
}`,
    });
    expect(steps(loaded)).toEqual([
      'COPY a /app/ <template.ts:6>',
      'COPY b /app/ <template.ts:6>',
      'COPY c /c <template.ts:7>',
      'COPY d /d <template.ts:7>',
      'COPY e /d <template.ts:7>',
      expect.stringMatching(/^RUN apt-get update .*git curl root <template\.ts:11>$/),
      'ENV A 1 <template.ts:13>',
      'RUN one <template.ts:15>',
      'RUN two <template.ts:15>',
      'RUN pip install requests root <tools.ts:3>',
      'RUN mkdir -p /x <template.ts:18>',
      'USER user <template.ts:18>',
      'RUN (environment)',
    ]);
  });

  test('is right where the definition replaces the way in which stacks are written', async () => {
    const loaded = await load({
      'template.ts': `import { Template } from 'novita-sandbox';
Error.prepareStackTrace = () => 'nothing';
Error.stackTraceLimit = 0;
export const template = Template().fromTemplate('x')
  .runCmd('a');`,
    });
    expect(steps(loaded)).toEqual(['RUN a <template.ts:5>']);
  });

  test("is the user's own where an installed package calls the builder", async () => {
    const loaded = await load({
      'template.ts': `import { withTools } from 'tools';
import { Template } from 'e2b';

export const template = withTools(Template());`,
      'node_modules/tools/package.json': '{ "name": "tools", "type": "module", "exports": "./index.js" }',
      'node_modules/tools/index.js': `import { Template } from 'e2b';
export const withTools = (chain) => chain.fromTemplate(typeof Template.toJSON).runCmd('tool');`,
    });
    expect(steps(loaded)).toEqual(['RUN tool <template.ts:4>']);
    expect(definitionOf(loaded).recipe.fromTemplate).toBe('function');
  });
});

describe('a Dockerfile', () => {
  test('that is a file gives its own lines', async () => {
    const loaded = await load({
      'template.ts': `import { Template } from 'e2b';
${offline}
export const template = Template().fromDockerfile('Dockerfile')
  .runCmd('after');`,
      Dockerfile: `# syntax=docker/dockerfile:1

FROM example.test/app:1
ARG VERSION
ARG MODE=ci
ENV EMPTY=
ENV A=1 \\
    B=2
# RUN comment
RUN apt-get update && \\
    # a comment between

    apt-get install -y git
COPY requirements.txt \\
     /app/
ADD extra /app/
EXPOSE 8000
WORKDIR /app
run echo lower
CMD ["serve", "--port", "8000"]
`,
    });
    expect(steps(loaded)).toEqual([
      'USER root <Dockerfile:3>',
      'WORKDIR / <Dockerfile:3>',
      'ENV EMPTY <Dockerfile:6>',
      'ENV A 1 B 2 <Dockerfile:7>',
      'RUN export MODE=ci; apt-get update && apt-get install -y git <Dockerfile:10>',
      'COPY requirements.txt /app/ <Dockerfile:14>',
      'COPY extra /app/ <Dockerfile:16>',
      'WORKDIR /app <Dockerfile:18>',
      'RUN export MODE=ci; echo lower <Dockerfile:19>',
      'USER user <Dockerfile:3>',
      'RUN after <template.ts:4>',
      'RUN (environment)',
    ]);
    const { base, start, ready } = definitionOf(loaded).sources;
    expect([base, start, ready].map((at) => place(loaded, at))).toEqual([
      'Dockerfile:3',
      'Dockerfile:20',
      'Dockerfile:20',
    ]);
  });

  test('that is text in the definition gives the line of the call', async () => {
    const loaded = await load({
      'template.ts': `import { Template } from 'e2b';
${offline}
export const template = Template()
  .fromDockerfile(\`FROM example.test/app:1
RUN a
\`);`,
    });
    expect(steps(loaded)).toContain('RUN a <template.ts:4>');
    expect(place(loaded, definitionOf(loaded).sources.base)).toBe('template.ts:4');
  });

  test.each([
    [
      'here-documents',
      'FROM a\nRUN <<EOF\nRUN no\nEOF\nRUN <<-"A" cat <<B\n\tx\n\tA\ny\nB\nUSER u',
      ['FROM 1', 'RUN 2', 'RUN 5', 'USER 10'],
    ],
    ['another escape character', '# escape=`\nFROM a\nRUN a `\n  b\nUSER u', ['FROM 2', 'RUN 3', 'USER 5']],
    ['line ends of Windows', 'FROM a\r\nRUN a \\\r\n b\r\nUSER u\r\n', ['FROM 1', 'RUN 2', 'USER 4']],
    ['a continuation that never ends', 'FROM a\nRUN a \\', ['FROM 1', 'RUN 2']],
    ['nothing', '', []],
  ])('with %s', (_, content, expected) => {
    expect(readInstructions(content).instructions.map(({ keyword, line }) => `${keyword} ${line}`)).toEqual(
      expected,
    );
  });
});

describe('a line of a stack', () => {
  test.each([
    ['    at /repo/template.ts:3:5', { file: '/repo/template.ts', line: 3, column: 5 }],
    ['    at make (/repo/template.ts:3:5)', { file: '/repo/template.ts', line: 3, column: 5 }],
    [
      '    at async Function.import [as x] (/repo/a (b)/t.ts:3:5)',
      { file: '/repo/a (b)/t.ts', line: 3, column: 5 },
    ],
    ['    at file:///repo/t.mjs?v=1:3:5', { file: '/repo/t.mjs', line: 3, column: 5 }],
    [
      '    at async file:///repo/with%20space/t.mjs:3:5',
      { file: '/repo/with space/t.mjs', line: 3, column: 5 },
    ],
    ['    at Module.load (node:internal/modules/cjs/loader:1651:32)', undefined],
    ['    at eval (eval at x (/repo/t.ts:1:1), <anonymous>:1:1)', undefined],
    ['    at parse (<anonymous>)', undefined],
    ['TypeError: at /repo/t.ts:1:1', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(parseFrame(text)).toEqual(expected);
  });
});
