import { describe, expect, test } from 'vitest';
import { parentOf } from '../../src/api/names.ts';
import { pinnedBase, type ResolvedBase } from '../../src/plan/base.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const other = `sha256:${'cd'.repeat(32)}`;
const buildId = '6f9c1e7a-1111-4222-8333-444455556666';
const image: ResolvedBase = { kind: 'image', digest };
const parent: ResolvedBase = { kind: 'template', buildId };
const unknown: ResolvedBase = { kind: 'unknown', why: 'the registry is down' };

describe('the base as it is sent', () => {
  test.each([
    ['python', `python@${digest}`],
    ['python:3.12', `python@${digest}`],
    [' python:3.12\n', `python@${digest}`],
    ['registry.test:5000/team/app', `registry.test:5000/team/app@${digest}`],
    ['registry.test:5000/team/app:1', `registry.test:5000/team/app@${digest}`],
    // A written digest stays, also when it is that of a list and the look-up found one in the list.
    [`python@${digest}`, `python@${digest}`],
    [`python:3.12@${other}`, `python:3.12@${other}`],
  ])('image %j becomes %s', (fromImage, pinned) => {
    expect(pinnedBase({ fromImage }, image)).toEqual({ fromImage: pinned });
  });

  test.each([
    ['parent', `parent:${buildId}`],
    ['Parent', `parent:${buildId}`],
    ['parent:v1', `parent:${buildId}`],
    ['team/parent', `team/parent:${buildId}`],
    [' Team/Parent:V1 ', `team/parent:${buildId}`],
    ['parent:00000000-0000-4000-8000-000000000000', `parent:${buildId}`],
    ['0a1b2c3d4e5f6g7h8i9j', `0a1b2c3d4e5f6g7h8i9j:${buildId}`],
  ])('template %j becomes %s', (fromTemplate, pinned) => {
    expect(pinnedBase({ fromTemplate }, parent)).toEqual({ fromTemplate: pinned });
  });

  test.each<[string, Parameters<typeof pinnedBase>[0], ResolvedBase]>([
    ['an image of which nothing is known', { fromImage: 'python' }, unknown],
    ['a template of which nothing is known', { fromTemplate: 'parent' }, unknown],
    ['a template, where an image was found', { fromTemplate: 'parent' }, image],
    ['an image, where a template was found', { fromImage: 'python' }, parent],
    ['nothing', {}, image],
    ['an empty name', { fromImage: '', fromTemplate: '' }, parent],
  ])('%s stays as it was written', (_, recipe, resolved) => {
    expect(pinnedBase(recipe, resolved)).toEqual({});
  });
});

test.each([
  ['name', { name: 'name', tag: 'default' }],
  ['name:default', { name: 'name', tag: 'default' }],
  ['name:v1.2_3-x', { name: 'name', tag: 'v1.2_3-x' }],
  ['team/name', { name: 'team/name', tag: 'default' }],
  ['team/name:v1', { name: 'team/name', tag: 'v1' }],
  [' Team/Name:V1\n', { name: 'team/name', tag: 'v1' }],
  ['name : v1', { name: 'name', tag: 'v1' }],
  [`name:${buildId}`, { name: 'name', tag: buildId, buildId }],
  [`NAME:${buildId.toUpperCase()}`, { name: 'name', tag: buildId, buildId }],
  [`team/name:${buildId}`, { name: 'team/name', tag: buildId, buildId }],
  [buildId, { name: buildId, tag: 'default' }],
  // None of these names anything; they must not come to mean something else.
  ['name:', { name: 'name', tag: '' }],
  ['name:v1:v2', { name: 'name', tag: 'v1:v2' }],
  [`name:${buildId}:x`, { name: 'name', tag: `${buildId}:x` }],
  [':v1', { name: '', tag: 'v1' }],
  ['', { name: '', tag: 'default' }],
])('%j refers to %j', (reference, parts) => {
  expect(parentOf(reference)).toEqual(parts);
});
