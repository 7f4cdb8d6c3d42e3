import { describe, expect, test } from 'vitest';
import { definitionOf, load, place } from '../support/definition-project.ts';

const base = `import { Template } from 'novita-sandbox';\nconst make = (name: string) => Template().fromTemplate(name);\n`;

describe('which export is taken', () => {
  test.each<
    [label: string, text: string, exportName: string | undefined, taken: [name: string, from: string]]
  >([
    [
      'template',
      `export const template = make('a'); export default make('b'); export const c = make('c');`,
      undefined,
      ['template', 'a'],
    ],
    [
      'the default export',
      `export default make('b'); export const c = make('c');`,
      undefined,
      ['default', 'b'],
    ],
    [
      'the only one, under any name',
      `export const image = make('c'); export const port = 8000; export class X {}`,
      undefined,
      ['image', 'c'],
    ],
    [
      'one template under two names',
      `const t = make('a'); export { t as first, t as second };`,
      undefined,
      ['first', 'a'],
    ],
    [
      'the one that is asked for',
      `export const template = make('a'); export const other = make('b');`,
      'other',
      ['other', 'b'],
    ],
    [
      'default, when asked for',
      `export const template = make('a'); export default make('b');`,
      'default',
      ['default', 'b'],
    ],
    ['a function', `export function template() { return make('a'); }`, undefined, ['template', 'a']],
    ['an async default function', `export default async () => make('a');`, undefined, ['default', 'a']],
    [
      'a function with a default argument',
      `export const template = (name = 'a') => make(name);`,
      undefined,
      ['template', 'a'],
    ],
    [
      'the only function, under any name',
      `export async function image() { return make('a'); }`,
      undefined,
      ['image', 'a'],
    ],
    ['a promise', `export const template = Promise.resolve(make('a'));`, undefined, ['template', 'a']],
    [
      'a promise under another name',
      `export const image = Promise.resolve(make('a'));`,
      undefined,
      ['image', 'a'],
    ],
    [
      'a template where the export template is none',
      `export const template = 'a name'; export default make('b');`,
      undefined,
      ['default', 'b'],
    ],
    [
      'a template, and the helper beside it is not called',
      `export const image = make('a'); export function helper() { process.exit(1); }`,
      undefined,
      ['image', 'a'],
    ],
    ['default { template }', `export default { template: make('a') };`, undefined, ['template', 'a']],
    [
      'a template beside a default export of null',
      `export const template = make('a'); export default null;`,
      undefined,
      ['template', 'a'],
    ],
    ['re-exported', `export { made as template } from './made';`, undefined, ['template', 'm']],
  ])('%s', async (_, text, exportName, [name, from]) => {
    const loaded = await load(
      {
        'template.ts': base + text,
        'made.ts': `import { Template } from 'e2b';\nexport const made = Template().fromTemplate('m');`,
      },
      exportName ? { exportName } : {},
    );
    expect(definitionOf(loaded)).toMatchObject({ exportName: name, recipe: { fromTemplate: from } });
  });
});

describe('what is refused', () => {
  test.each<[label: string, text: string, exportName: string | undefined, line: number, message: RegExp]>([
    ['nothing exported', ``, undefined, 1, /exports nothing.*export const template/],
    ['only null', `export default null;`, undefined, 1, /It exports default \(null\)\. Export the template/],
    [
      'a default export of null and an error',
      `export default null;\nthrow new Error('no image');`,
      undefined,
      4,
      /no image/,
    ],
    [
      'nothing usable',
      `export const a = 1;\nexport const b = { image: 'x' };\nexport class C {}\nexport function d(x: number) {}`,
      undefined,
      1,
      /C \(a class\), a \(the number 1\), b \(an object with image\), d \(a function that takes an argument\)/,
    ],
    [
      'several',
      `export const a = make('a');\nexport const b = make('b');`,
      undefined,
      3,
      /exports 2 templates: a, b\..*export:/,
    ],
    [
      'several functions',
      `export const a = () => make('a');\nexport const b = () => make('b');`,
      undefined,
      1,
      /a \(a function\), b \(a function\)/,
    ],
    [
      'one that is not there',
      `export const template = make('a');`,
      'tempalte',
      1,
      /export: tempalte is not an export of template\.ts\. Did you mean template\? It exports template \(a template\)/,
    ],
    [
      'one that is not there, nothing near',
      `export const template = make('a');`,
      'production',
      1,
      /production is not an export of template\.ts\. It exports/,
    ],
    [
      'one that is a string',
      `\nexport const name = 'x';`,
      'name',
      4,
      /The export name is a string; a template is expected/,
    ],
    [
      'one that takes arguments',
      `\nexport function template(name: string) { return make(name); }`,
      undefined,
      4,
      /template is a function that takes an argument\. Give it one with the input args, a JSON object/,
    ],
    [
      'a function that returns nothing',
      `\nexport default () => { make('a'); };`,
      undefined,
      4,
      /default\(\) returned undefined; a template is expected. Is a return missing\?/,
    ],
    [
      'a function that returns something else',
      `export const template = () => ({ image: 'x' });`,
      undefined,
      3,
      /template\(\) returned an object with image/,
    ],
    [
      'a function that throws',
      `export const template = () => {\n  throw new Error('no image');\n};`,
      undefined,
      4,
      /^no image/,
    ],
    [
      'a promise that is rejected',
      `export const template = Promise.reject(new Error('no image'));`,
      undefined,
      3,
      /^no image/,
    ],
    [
      'a promise of something else',
      `export const template = Promise.resolve(1);`,
      undefined,
      3,
      /The export template is the number 1/,
    ],
    [
      'Template itself',
      `export { Template as template };`,
      undefined,
      3,
      /Template function itself\. Call it/,
    ],
  ])('%s', async (_, text, exportName, line, message) => {
    const loaded = await load({ 'template.ts': base + text }, exportName ? { exportName } : {});
    expect(loaded.problems.map(({ at }) => place(loaded, at))).toEqual([`template.ts:${line}`]);
    expect(loaded.problems[0]?.message).toMatch(message);
  });
});
