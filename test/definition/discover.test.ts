import { chmodSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { discoverDefinition } from '../../src/definition/discover.ts';
import { ProblemsError } from '../../src/problem.ts';
import { project } from '../support/definition-project.ts';

function found(files: string[], template?: string): string {
  const directory = project(Object.fromEntries(files.map((name) => [name, ''])));
  return relative(directory, discoverDefinition(directory, template));
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
  ])('%s is found', (name) => {
    expect(found([name, 'README.md', 'src/template.ts'])).toBe(name);
  });

  test('several candidates are listed across all folders', () => {
    const message = refused(['template.ts', 'template.js', 'sandbox/template.mts', '.novita/template.ts']);
    expect(message).toContain('template.ts, template.js, sandbox/template.mts and .novita/template.ts');
    expect(message).toContain('template:');
  });

  test('none says where it looked', () => {
    const message = refused(['src/template.ts']);
    expect(message).toMatch(/template\.ts, \.mts, \.js, \.mjs or \.cjs, then in sandbox\/ and \.novita\//);
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
    expect(discoverDefinition(directory, join(directory, 'a/template.ts'))).toBe(
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
    ['a Dockerfile', ['Dockerfile'], 'Dockerfile', /is a Dockerfile.*fromDockerfile\('Dockerfile'\)/],
    ['a Python file', ['template.py'], 'template.py', /is a Python file.*novita-sandbox/],
    ['another kind', ['template.json'], 'template.json', /extension \.json.*\.ts, \.mts/],
    ['no extension', ['template'], 'template', /extension \(none\)/],
  ])('%s', (_, files, template, message) => {
    expect(refused(files, template)).toMatch(message);
  });

  test('a file that may not be read', () => {
    const directory = project({ 'template.ts': '' });
    chmodSync(join(directory, 'template.ts'), 0o000);
    // The administrator may read everything, so there the file is simply found.
    const isAdministrator = process.getuid?.() === 0;
    const discover = () => discoverDefinition(directory, 'template.ts');
    if (isAdministrator) expect(discover()).toBe(join(directory, 'template.ts'));
    else expect(discover).toThrow(/may not read it.*chmod \+r/);
  });
});

test('a working directory that is not there is said to be so', () => {
  expect(() => discoverDefinition(join(project({}), 'nowhere'))).toThrow(
    /working-directory: .*nowhere is not a directory/,
  );
});
