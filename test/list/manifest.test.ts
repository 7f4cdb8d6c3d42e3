/** What a manifest gives, and what is said about one that is wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listIn, refused } from './list-in.ts';

const files = { 'agent/template.ts': '', 'worker/template.ts': '' };
const entriesOf = (manifest: string, more = {}) =>
  listIn({ ...files, ...more, 'novita-templates.yml': manifest });
const mistakesIn = (manifest: string | Buffer, more = {}) =>
  refused({ ...files, ...more, 'novita-templates.yml': manifest });

describe('a manifest', () => {
  test('gives the inputs of each template, over the defaults', async () => {
    const manifest = [
      'defaults:',
      '  cpu-count: 4',
      '  memory-mb: 4096',
      'templates:',
      '  - template: agent/template.ts',
      '  - name: my-worker',
      '    template: worker/template.ts',
      '    cpu-count: 8',
      '    tags: [v1, 1.10]',
      '    skip-cache: false',
    ].join('\n');
    expect(await entriesOf(manifest)).toEqual([
      { name: 'agent', template: 'agent/template.ts', 'cpu-count': 4, 'memory-mb': 4096 },
      {
        name: 'my-worker',
        template: 'worker/template.ts',
        'cpu-count': 8,
        'memory-mb': 4096,
        tags: 'v1\n1.10',
        'skip-cache': false,
      },
    ]);
  });

  test('may name a folder, in which the definition is looked for', async () => {
    expect(await entriesOf('templates:\n  - { working-directory: agent }\n')).toEqual([
      { name: 'agent', 'working-directory': 'agent' },
    ]);
  });

  test('keeps texts as they are written', async () => {
    const manifest =
      'templates:\n  - { working-directory: agent, name: 007, comment-key: 1.10, environment: on, export: "null" }';
    expect(await entriesOf(manifest)).toMatchObject([
      { name: '007', 'comment-key': '1.10', environment: 'on', export: 'null' },
    ]);
  });

  test('hands arguments on as JSON, with the types of YAML', async () => {
    const manifest = [
      'templates:',
      '  - working-directory: agent',
      '    args: { dev: true, count: 2, version: "1.10", list: [a, null] }',
      '  - working-directory: worker',
      '    args: \'{"dev": false}\'',
    ].join('\n');
    expect((await entriesOf(manifest)).map(({ args }) => args)).toEqual([
      '{"dev":true,"count":2,"version":"1.10","list":["a",null]}',
      '{"dev": false}',
    ]);
  });

  test('hands build arguments on as lines, as they are written', async () => {
    const manifest = [
      'templates:',
      '  - working-directory: agent',
      '    build-args: { VERSION: 1.10, DEBUG: true }',
      '  - working-directory: worker',
      '    build-args: [VERSION=1, "MESSAGE=a b"]',
    ].join('\n');
    expect((await entriesOf(manifest)).map((entry) => entry['build-args'])).toEqual([
      'VERSION=1.10\nDEBUG=true',
      'VERSION=1\nMESSAGE=a b',
    ]);
  });

  test('shares what an anchor names', async () => {
    const manifest =
      'defaults:\n  tags: &tags [v1, v2]\ntemplates:\n  - { template: agent/template.ts, tags: *tags }';
    expect(await entriesOf(manifest)).toMatchObject([{ tags: 'v1\nv2' }]);
  });

  test.each([
    ['with a byte order mark and CRLF', '\uFEFFtemplates:\r\n  - template: agent/template.ts\r\n'],
    ['in UTF-16', Buffer.from('\uFEFFtemplates:\n  - template: agent/template.ts\n', 'utf16le')],
    ['as JSON', '{"templates": [{"template": "agent/template.ts"}]}'],
  ])('is read %s', async (_, manifest) => {
    expect(await entriesOf(manifest as string)).toEqual([{ name: 'agent', template: 'agent/template.ts' }]);
  });

  test('has one name for two regions, or for two sets of tags', async () => {
    const manifest = [
      'templates:',
      '  - { template: agent/template.ts }',
      '  - { template: agent/template.ts, domain: eu-1.example.com }',
      '  - { template: agent/template.ts, tags: dev }',
    ].join('\n');
    expect(await entriesOf(manifest)).toHaveLength(3);
  });

  test('is found by the name that the input manifest gives', async () => {
    const tree = { ...files, 'ci/list.yml': 'templates: [{ template: agent/template.ts }]' };
    expect(await listIn(tree, { manifest: 'ci/list.yml' })).toMatchObject([{ name: 'agent' }]);
  });
});

describe('a mistake is told at its line', () => {
  test.each<[string, string, RegExp[]]>([
    [
      'no list',
      'defaults: { cpu-count: 4 }',
      [/^novita-templates.yml:1 Key templates: there is none, expected a list/],
    ],
    [
      'an empty list',
      'defaults: {}\ntemplates: []',
      [/^novita-templates.yml:2 Key templates: found an empty list/],
    ],
    [
      'no mapping',
      '- a\n- b',
      [/yml:1 The manifest: found a list, expected a mapping with the list templates:\./],
    ],
    ['an empty file', '', [/yml:1 The manifest: found nothing, expected a mapping/]],
    [
      'a text for a template',
      'templates:\n  - agent/template.ts',
      [/yml:2 Key templates: found "agent\/template.ts", expected a mapping/],
    ],
    [
      'an input at the top',
      'cpu-count: 2\ntemplates: [{ template: agent/template.ts }]',
      [/yml:1 Unknown key: found "cpu-count", expected templates or defaults\. Write it below defaults:/],
    ],
    [
      'a slip at the top',
      'template: [{ template: agent/template.ts }]',
      [
        /yml:1 Unknown key: found "template".* Did you mean templates\?/,
        /yml:1 Key templates: there is none/,
      ],
    ],
    [
      'a slip',
      'templates:\n  - template: agent/template.ts\n    cpuCount: 4',
      [
        /yml:3 Unknown key: found "cpuCount", expected an input of the build action\. Did you mean cpu-count\?$/,
      ],
    ],
    [
      'a key like no other',
      'templates:\n  - template: agent/template.ts\n    frobnicate: 4',
      [/yml:3 Unknown key: found "frobnicate".* They are allow-production-tags, api-url, .*, name, /],
    ],
    [
      'a secret',
      'templates:\n  - template: agent/template.ts\n    api-key: sk_1',
      [/yml:3 Unknown key: found "api-key", which is a secret/],
    ],
    [
      'a merge',
      'defaults: &d { cpu-count: 4 }\ntemplates:\n  - template: agent/template.ts\n    <<: *d',
      [/yml:4 Unknown key: found "<<"; keys are not merged/],
    ],
    [
      'a wrong value',
      'templates:\n  - template: agent/template.ts\n    cpu-count: 3',
      [/yml:3 Key cpu-count: found "3", expected 1 or an even number up to 32\.$/],
    ],
    [
      'a wrong default, once',
      'defaults:\n  wait: maybe\ntemplates:\n  - template: agent/template.ts\n  - template: worker/template.ts',
      [/yml:2 Key wait: found "maybe", expected true or false\.$/],
    ],
    [
      'a mapping for a text',
      'templates:\n  - template: agent/template.ts\n    tags: { a: b }',
      [/yml:3 Key tags: found a mapping, expected a text, a number, or a list of texts\.$/],
    ],
    [
      'arguments that are a list',
      'templates:\n  - template: agent/template.ts\n    args: [a]',
      [/yml:3 Key args: found a list, expected a mapping, or a text with a JSON object\.$/],
    ],
    [
      'build arguments of mappings',
      'templates:\n  - template: agent/template.ts\n    build-args: { a: [b] }',
      [/yml:3 Key build-args: found a mapping, expected a mapping of texts, or lines such as NAME=value\.$/],
    ],
    [
      'arguments that are no JSON',
      'templates:\n  - template: agent/template.ts\n    args: dev',
      [/yml:3 Key args: found "dev", which is not JSON; expected one such as/],
    ],
    [
      'arguments that hold themselves',
      'templates:\n  - template: agent/template.ts\n    args: &a { b: *a }',
      [/yml:3 Key args: found a mapping, expected a mapping/],
    ],
    [
      'a file that is not there',
      'templates:\n  - template: agnet/template.ts',
      [/yml:2 No such definition file: template: agnet\/template\.ts does not exist/],
    ],
    [
      'a folder that is not there',
      'templates:\n  - working-directory: agnet',
      [/yml:2 No such working directory/],
    ],
    [
      'a name that cannot be',
      'templates:\n  - template: agent/template.ts\n    name: My Agent',
      [/yml:3 Key name: found "My Agent", expected lower-case letters/],
    ],
    [
      'a name that comes twice',
      'templates:\n  - template: agent/template.ts\n  - template: worker/template.ts\n    name: agent',
      [
        /yml:3 Key name: found 2 templates with the name "agent": agent\/template\.ts, worker\/template\.ts\..* Give each a name, tags or a domain of its own\.$/,
      ],
    ],
    [
      'a key that comes twice',
      'templates:\n  - template: agent/template.ts\n    name: a\n    name: b',
      [/yml:4 Not a YAML file: Map keys must be unique\.$/],
    ],
    [
      'a tab',
      'templates:\n\t- template: agent/template.ts',
      [/yml:2 Not a YAML file: Tabs are not allowed as indentation\.$/],
    ],
    ['a tag', 'templates:\n  - template: !!js/function x', [/yml:2 Not a YAML file: Unresolved tag/]],
    [
      'two documents',
      'templates: []\n---\ntemplates: []',
      [/yml:2 Not a YAML file: Source contains multiple documents/],
    ],
    ['an alias that leads nowhere', 'templates: *none', [/yml:1 Not a YAML file: Unresolved alias/]],
    [
      'a key that is a list',
      'templates:\n  - ? [a]\n    : b',
      [/yml:2 Unknown key: found a list as a key, expected a word\.$/],
    ],
    [
      'a key of every object',
      'templates:\n  - __proto__: { template: agent/template.ts }\n    constructor: x',
      [/yml:2 Unknown key: found "__proto__"/, /yml:3 Unknown key: found "constructor"/],
    ],
  ])('%s', async (_, manifest, messages) => {
    expect(await mistakesIn(manifest)).toEqual(messages.map((message) => expect.stringMatching(message)));
  });

  test('all of them together', async () => {
    const manifest =
      'templates:\n  - template: agent/template.ts\n    cpu-count: 3\n  - template: none.ts\n    wait: 1';
    expect((await mistakesIn(manifest)).map((message) => message.split(': ', 1)[0])).toEqual([
      'novita-templates.yml:3 Key cpu-count',
      'novita-templates.yml:4 No such definition file',
    ]);
  });

  test('bytes that are no text', async () => {
    expect(await mistakesIn(Buffer.from('a: 1\nb: \xff', 'latin1'))).toEqual([
      expect.stringMatching(
        /^novita-templates\.yml:2 The manifest cannot be read: It is no text: line 2 is not valid/,
      ),
    ]);
  });

  test('a file that no person wrote', async () => {
    expect(await mistakesIn(`templates: [${' '.repeat(1_000_000)}]`)).toEqual([
      expect.stringMatching(/bytes, expected at most 1000000\.$/),
    ]);
  });

  test('aliases that multiply', async () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 12; level++)
      lines.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(',')}]`,
      );
    expect(await mistakesIn(lines.join('\n'))).toEqual([
      expect.stringMatching(/yml:1 Not a YAML file: Excessive alias count/),
    ]);
  });

  test('two manifests', async () => {
    expect(await refused({ ...files, 'novita-templates.yml': '', 'novita-templates.yaml': '' })).toEqual([
      expect.stringMatching(
        /^Several manifests found: Found novita-templates\.yml and novita-templates\.yaml\./,
      ),
    ]);
  });

  test('a manifest that is not there', async () => {
    expect(
      await refused({ ...files, 'novita-templates.yml': '' }, { manifest: 'novita-template.yml' }),
    ).toEqual([
      expect.stringMatching(
        /^No such manifest: manifest: novita-template\.yml does not exist in <workspace>\. Did you mean novita-templates\.yml\?/,
      ),
    ]);
  });
});

/** Pieces of which hostile files are made. */
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...[
        'templates:',
        'defaults:',
        '\n',
        '\n  - ',
        '\n    ',
        '  ',
        ' ',
        ': ',
        '- ',
        '? ',
        ', ',
        '[',
        ']',
        '{',
        '}',
      ],
      ...[
        'name: a',
        'template: agent/template.ts',
        'cpu-count: 4',
        'args: {}',
        'tags: [a, b]',
        '&a ',
        '*a',
        '!!map ',
        '!x ',
      ],
      ...[
        '"',
        "'",
        '|',
        '>',
        '#',
        '---',
        '...',
        '%YAML 1.2',
        '<<',
        '__proto__: 1',
        '\t',
        '\0',
        '\r',
        '\u2028',
        '~',
        'null',
      ],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
);

test('a hostile file gives templates, or mistakes at lines that it has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const text = pieces.join('');
      const lines = text.split('\n').length;
      const outcome = await Promise.any([entriesOf(text), mistakesIn(text)]);
      expect(outcome.length).toBeGreaterThan(0);
      for (const each of outcome) {
        if (typeof each !== 'string') continue;
        const [, line] = /^novita-templates\.yml:(\d+) /.exec(each) ?? [];
        expect(Number(line)).toBeGreaterThanOrEqual(1);
        expect(Number(line)).toBeLessThanOrEqual(lines);
      }
    }),
    { numRuns: 200 },
  );
});
