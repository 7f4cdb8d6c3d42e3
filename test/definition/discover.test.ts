import { chmodSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { discoverDefinition } from '../../src/definition/discover.ts';
import { ProblemsError } from '../../src/problem.ts';
import { project } from '../support/definition-project.ts';

function found(files: string[], template?: string): string {
  const directory = project(Object.fromEntries(files.map((name) => [name, ''])));
  return relative(directory, discoverDefinition(directory, template).file);
}

function refused(files: string[], template?: string): string {
  try {
    found(files, template);
  } catch (error) {
    if (error instanceof ProblemsError) return error.message;
    throw error;
  }
  throw new Error('A definition was found.');
}

describe('without a path', () => {
  test.each([
    'template.ts',
    'template.mts',
    'template.js',
    'template.mjs',
    'template.cjs',
    'sandbox/template.ts',
    'sandbox/template.mjs',
    '.novita/template.ts',
    '.novita/template.cjs',
    'template.py',
    'e2b/template.py',
    'sandbox-templates/web/template.ts',
    'novita.toml',
    'e2b.toml',
    'e2b-xl.toml',
    'sandbox/build.ts',
    'sandbox/build.prod.ts',
    'e2b/build_prod.py',
    'e2b.Dockerfile',
    'sandbox/Dockerfile',
    'Dockerfile',
    'Containerfile',
  ])('%s is found', (name) => {
    expect(found([name, 'README.md', 'src/template.ts'])).toBe(name);
  });

  test.each<[best: string, others: string[]]>([
    ['template.ts', ['e2b.toml', 'e2b.Dockerfile', 'Dockerfile']],
    ['sandbox/template.ts', ['sandbox/build.dev.ts', 'sandbox/build.prod.ts', 'sandbox/e2b.toml']],
    ['e2b.toml', ['e2b.Dockerfile', 'Dockerfile']],
    ['sandbox/template.ts', ['Dockerfile', 'build.ts', 'build.py']],
    ['e2b.Dockerfile', ['Dockerfile', 'Dockerfile.dockerignore', 'pyproject.toml']],
  ])('%s is taken before %j', (best, others) => {
    expect(found([best, ...others])).toBe(best);
  });

  test.each<[files: string[], lines: string]>([
    [
      ['template.ts', 'template.js', 'sandbox/template.mts', '.novita/template.ts'],
      'template: template.js, template: template.ts, template: sandbox/template.mts or template: .novita/template.ts',
    ],
    [['template.ts', 'template.py'], 'template: template.py or template: template.ts'],
    [['template.ts', 'e2b/e2b.toml'], 'template: template.ts or template: e2b/e2b.toml'],
    [['e2b/build.dev.ts', 'e2b/build.prod.ts'], 'template: e2b/build.dev.ts or template: e2b/build.prod.ts'],
    [
      ['sandbox-templates/a/template.ts', 'sandbox-templates/b/template.py'],
      'template: sandbox-templates/a/template.ts or template: sandbox-templates/b/template.py',
    ],
  ])('several candidates are listed: %j', (files, lines) => {
    const message = refused(files);
    expect(message).toContain(`${lines}.`);
    expect(message).toContain('with:');
  });

  test.each(['build.ts', 'build.py', 'Dockerfile.dockerignore', 'pyproject.toml', 'netlify.toml'])(
    '%s at the top is not taken for a definition',
    (name) => {
      expect(refused([name])).toContain('found none');
    },
  );

  test('none says where it looked', () => {
    const message = refused(['src/template.ts']);
    expect(message).toMatch(/template\.ts, template\.py, novita\.toml.*then in sandbox\/, \.novita\/, e2b\//);
    expect(message).toContain('actions/checkout');
  });

  test('a folder of that name is no candidate', () => {
    expect(found(['template.ts/readme.md', 'sandbox/template.ts'])).toBe('sandbox/template.ts');
  });
});

describe('with a path', () => {
  test.each([
    ['images/base.ts', 'images/base.ts'],
    ['./images/base.ts', 'images/base.ts'],
    [' images/base.ts ', 'images/base.ts'],
    ['images/../images/base.ts', 'images/base.ts'],
  ])('%s', (template, expected) => {
    expect(found(['images/base.ts', 'template.ts'], template)).toBe(expected);
  });

  test('an absolute path is taken as it is', () => {
    const directory = project({ 'a/template.ts': '' });
    expect(discoverDefinition(directory, join(directory, 'a/template.ts')).file).toBe(
      join(directory, 'a/template.ts'),
    );
  });

  test.each([
    [
      'missing, near miss',
      ['sandbox/tempalte.ts'],
      'sandbox/template.ts',
      /does not exist.*Did you mean sandbox\/tempalte\.ts\?/,
    ],
    [
      'missing, found elsewhere',
      ['.novita/template.ts'],
      'template.ts',
      /Did you mean \.novita\/template\.ts\?/,
    ],
    [
      'missing, nothing near',
      ['x.txt'],
      'template.ts',
      /does not exist in .*relative to the working directory/,
    ],
    [
      'a directory',
      ['sandbox/template.ts', 'sandbox/notes.txt'],
      'sandbox',
      /is a directory.*sandbox\/template\.ts/,
    ],
    ['an empty directory', ['sandbox/x.txt'], 'sandbox', /is a directory, a file is expected/],
    [
      'another kind',
      ['template.json'],
      'template.json',
      /extension \.json.*\.ts, \.mts.*Python.*Dockerfile.*novita\.toml/,
    ],
    ['no extension', ['template'], 'template', /extension \(none\)/],
  ])('%s', (_, files, template, message) => {
    expect(refused(files, template)).toMatch(message);
  });

  test('a file that may not be read', () => {
    const directory = project({ 'template.ts': '' });
    chmodSync(join(directory, 'template.ts'), 0o000);
    // The administrator may read everything, so there the file is simply found.
    const isAdministrator = process.getuid?.() === 0;
    const discover = () => discoverDefinition(directory, 'template.ts').file;
    if (isAdministrator) expect(discover()).toBe(join(directory, 'template.ts'));
    else expect(discover).toThrow(/may not read it.*chmod \+r/);
  });
});

describe('the kind', () => {
  test.each([
    ['template.ts', 'module'],
    ['Template.TSX', 'module'],
    ['a.cts', 'module'],
    ['template.py', 'python'],
    ['Dockerfile', 'dockerfile'],
    ['e2b.Dockerfile', 'dockerfile'],
    ['e2b-web.Dockerfile', 'dockerfile'],
    ['Dockerfile.e2b', 'dockerfile'],
    ['Containerfile', 'dockerfile'],
    ['dockerfile', 'dockerfile'],
    ['e2b.toml', 'config'],
    ['templates.toml', 'config'],
  ])('%s is of the kind %s', (name, kind) => {
    const directory = project({ [name]: '' });
    expect(discoverDefinition(directory, name).kind.name).toBe(kind);
  });
});

test('a working directory that is not there is said to be so', () => {
  expect(() => discoverDefinition(join(project({}), 'nowhere'))).toThrow(
    /working-directory: .*nowhere is not a directory/,
  );
});
