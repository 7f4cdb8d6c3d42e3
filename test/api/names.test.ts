import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameProblems, tagMistake } from '../../src/api/names.ts';

describe('the name of a template', () => {
  test.each(['my-agent', 'a', 'team/my_agent', '0', 'a'.repeat(128)])('%j is taken', (name) => {
    expect(nameProblems(name)).toEqual([]);
  });

  test.each([
    ['', 'is empty, expected the name of the template'],
    ['My-Agent', 'such as "my-agent".'],
    ['my agent', 'expected lower-case letters, digits, - and _, such as "my-agent".'],
    ['Team/My Agent', 'such as "team/my-agent".'],
    ['my.agent', 'such as "my-agent".'],
    ['agent:v1', 'Write "agent" and put "v1" into tags.'],
    ['a/b/c', 'at most one slash'],
    ['/a', 'both sides of the slash'],
    ['a'.repeat(129), 'it has 129 characters, at most 128 are allowed.'],
    ['naïve', 'such as "na-ve".'],
  ])('%j is a problem', (name, message) => {
    expect(nameProblems(name)).toEqual([{ title: 'Input name', message: expect.stringContaining(message) }]);
  });
});

describe('tags', () => {
  test.each(['latest', 'v1.2.3', 'pr-12', '1.x', '_', 'default'])('%j is taken', (tag) => {
    expect(tagMistake(tag)).toBeUndefined();
  });

  test.each([
    ['Latest', 'write "latest"'],
    ['v1+build', '"+" is not allowed, expected lower-case letters, digits, -, _ and .'],
    ['feature/x', '"/" is not allowed'],
    ['0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b', 'the form of a build identifier'],
    [`content-${'ab'.repeat(32)}`, 'the form of a tag that the action keeps for itself'],
    [`content-${'ab'.repeat(32)}.0123456`, 'the form of a tag that the action keeps for itself'],
    ['candidate-12-1-0123456789ab', 'the form of a tag that the action keeps for itself'],
    [`passed-${'ab'.repeat(32)}`, 'the form of a tag that the action keeps for itself'],
    ['x'.repeat(200), 'it has 200 characters'],
  ])('%j is a problem', (tag, message) => {
    expect(tagMistake(tag)).toContain(message);
  });

  test('whatever is taken is what the service takes', () => {
    fc.assert(
      fc.property(fc.string(), (tag) => {
        if (tagMistake(tag) === undefined) expect(tag).toMatch(/^[a-z0-9-_.]{1,128}$/);
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-_.]{1,35}$/), (tag) => {
        expect(tagMistake(tag)).toBeUndefined();
      }),
    );
  });
});
