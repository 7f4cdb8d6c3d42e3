/** The input `args` and a definition that is a function. */
import { describe, expect, test } from 'vitest';
import { load, place, steps } from '../support/definition-project.ts';

const base = `import { Template } from 'novita-sandbox';\nconst make = (name: unknown) => Template().fromTemplate('a').runCmd('echo ' + JSON.stringify(name));\n`;
const run = (text: string, args?: unknown, exportName?: string) =>
  load(
    { 'template.ts': base + text },
    { reading: { ...(args !== undefined && { args }), ...(exportName && { exportName }) } },
  );

describe('a function gets them', () => {
  test.each<[label: string, text: string, exportName?: string]>([
    ['template', 'export const template = ({ dev }: { dev: boolean }) => make(dev);'],
    ['the default export', 'export default async function ({ dev }: { dev: boolean }) { return make(dev); }'],
    [
      'the only one, under any name',
      'export function image(args: { dev: boolean }) { return make(args.dev); }',
    ],
    [
      'the one that is named',
      'export const template = make(0); export const other = (args: any) => make(args.dev);',
      'other',
    ],
    ['with a default value', 'export const template = ({ dev } = { dev: false }) => make(dev);'],
    ['with a rest of parameters', 'export function template(...all: any[]) { return make(all[0].dev); }'],
  ])('%s', async (_, text, exportName) => {
    expect(steps(await run(text, { dev: true }, exportName))).toEqual(['RUN echo true <template.ts:2>']);
  });

  test('as plain data', async () => {
    const loaded = await run('export const template = (args: any) => make(args);', {
      a: [1, 'b', null],
      c: { d: 1.5 },
    });
    expect(steps(loaded)).toEqual(['RUN echo {"a":[1,"b",null],"c":{"d":1.5}} <template.ts:2>']);
  });

  test('and without them, its default values count', async () => {
    expect(steps(await run('export const template = ({ dev } = { dev: false }) => make(dev);'))).toEqual([
      'RUN echo false <template.ts:2>',
    ]);
  });
});

describe('a mistake is told', () => {
  test.each<[label: string, text: string, args: unknown, line: number, title: string, message: RegExp]>([
    [
      'none for a function that needs one',
      'export const template = (args: any) => make(args);',
      undefined,
      3,
      'Export takes arguments',
      /is a function that takes an argument\. Give it one with the input args, a JSON object: args: '\{"dev": true\}'\. Or export one/,
    ],
    [
      'a function that takes none',
      '\nexport const template = () => make(1);',
      { dev: true },
      4,
      'Arguments for a function that takes none',
      /the export template is a function without a parameter\. Let it take them/,
    ],
    [
      'an async function that takes none',
      'export default async function () { return make(1); }',
      {},
      3,
      'Arguments for a function that takes none',
      /the export default is/,
    ],
    [
      'a template',
      'export const template = make(1);',
      { dev: true },
      3,
      'Arguments without a function',
      /the export template is a template; a function that takes them is expected/,
    ],
    [
      'a build script',
      "await Template.build(make(1), 'my-agent');",
      { dev: true },
      1,
      'Arguments without a function',
      /^The input args is given, and template\.ts is no function that could take them: it builds by itself/,
    ],
  ])('%s', async (_, text, args, line, title, message) => {
    const loaded = await run(text, args);
    expect(loaded.problems).toEqual([
      { title, message: expect.stringMatching(message), at: expect.anything() },
    ]);
    expect(place(loaded, loaded.problems[0]?.at)).toBe(`template.ts:${line}`);
  });

  test('a Dockerfile', async () => {
    const { problems } = await load({ Dockerfile: 'FROM debian:12\n' }, { reading: { args: {} } });
    expect(problems).toMatchObject([
      {
        title: 'Arguments without a function',
        message: expect.stringContaining('only a program has functions'),
      },
    ]);
  });
});
