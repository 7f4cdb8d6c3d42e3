import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseTags } from '../../src/tags/choose.ts';
import { nameProblems, tagProblems } from '../../src/tags/names.ts';

describe('the name of a template', () => {
  test.each(['my-agent', 'a', 'team/my_agent', '0', 'a'.repeat(128)])('%j is taken', (name) => {
    expect(nameProblems(name)).toEqual([]);
  });

  test.each([
    ['', 'is empty, expected the name of the template'],
    ['My-Agent', 'write "my-agent"'],
    ['my agent', '" " is not taken, expected lower-case letters, digits, - and _.'],
    ['my.agent', '"." is not taken'],
    ['agent:v1', 'Write "agent" and put "v1" into tags.'],
    ['a/b/c', 'at most one slash'],
    ['/a', 'both sides of the slash'],
    ['a'.repeat(129), 'it has 129 characters, at most 128 are taken.'],
    ['naïve', '"ï" is not taken'],
  ])('%j is a problem', (name, message) => {
    expect(nameProblems(name)).toEqual([{ title: 'Input name', message: expect.stringContaining(message) }]);
  });
});

describe('tags', () => {
  test.each(['latest', 'v1.2.3', 'pr-12', '1.x', '_', 'default'])('%j is taken', (tag) => {
    expect(tagProblems([tag])).toEqual([]);
  });

  test.each([
    ['Latest', 'write "latest"'],
    ['v1+build', '"+" is not taken, expected lower-case letters, digits, -, _ and .'],
    ['feature/x', '"/" is not taken'],
    ['0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b', 'the form of a build identifier'],
    ['x'.repeat(200), 'it has 200 characters'],
  ])('%j is a problem', (tag, message) => {
    expect(tagProblems([tag])).toEqual([{ title: 'Input tags', message: expect.stringContaining(message) }]);
  });

  test('whatever is taken is what the service takes', () => {
    fc.assert(
      fc.property(fc.string(), (tag) => {
        if (tagProblems([tag]).length === 0) expect(tag).toMatch(/^[a-z0-9-_.]{1,128}$/);
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-_.]{1,35}$/), (tag) => {
        expect(tagProblems([tag])).toEqual([]);
      }),
    );
  });
});

describe('the tags of a build', () => {
  const event = { name: 'push' };

  test('are those that were asked for, once each', () => {
    expect(chooseTags(['v1', 'latest', 'v1'], event)).toEqual(['v1', 'latest']);
  });

  test('without any, a pull request gets its own and never default', () => {
    expect(chooseTags([], { name: 'pull_request', pullRequest: 12 })).toEqual(['pr-12']);
    expect(chooseTags([], { name: 'pull_request_target', pullRequest: 12 })).toEqual(['pr-12']);
  });

  test('without any, other builds get default', () => {
    expect(chooseTags([], event)).toEqual(['default']);
  });
});
