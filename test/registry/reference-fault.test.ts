import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseImageReference } from '../../src/registry/reference.ts';
import { imageReferenceFault } from '../../src/registry/reference-fault.ts';

describe('a text that is no image reference is named with what to write instead', () => {
  test.each<[image: string, found: RegExp, write: string | undefined]>([
    ['', /^is an empty text, .* not set\./, undefined],
    [' \n', /^is " \\n", blanks alone/, undefined],
    ['debian:12\n', /^is "debian:12\\n", which has blanks or a line end around it/, 'debian:12'],
    ['debian:12\r\n', /line end/, 'debian:12'],
    [' debian:12', /blanks/, 'debian:12'],
    ['debian: 12', /a blank inside/, undefined],
    ['debian:12\ndebian:13', /a blank inside/, undefined],
    ['\ufeffdebian:12', /U\+FEFF|blanks/, 'debian:12'],
    ['debian:\u200b12', /U\+200B/, 'debian:12'],
    ['ghcr.io/Acme/Agent:1', /capitals/, 'ghcr.io/acme/agent:1'],
    ['Python:3.12', /capitals/, 'python:3.12'],
    ['ghcr.io/Acme/Agent:V1-Beta', /capitals/, 'ghcr.io/acme/agent:V1-Beta'],
    ['docker://python:3.12', /web address/, 'python:3.12'],
    ['https://ghcr.io/acme/agent:1', /web address/, 'ghcr.io/acme/agent:1'],
    ['https://hub.docker.com/_/python/', /web address/, 'python'],
    ['https://hub.docker.com/r/acme/agent', /web address/, 'acme/agent'],
    ['python:${V}', /\$\{V\} was not replaced/, undefined],
    ['${BASE}', /\$\{BASE\}/, undefined],
    ['python:$VERSION', /\$VERSION/, undefined],
    ['python:{{version}}', /\{\{version\}\}/, undefined],
    ['python:<version>', /<version>/, undefined],
    ['python:[object Object]', /an object is written/, undefined],
    ['python:', /not an image reference/, undefined],
    ['/agent:1', /not an image reference/, undefined],
    ['ghcr.io//agent:1', /not an image reference/, undefined],
    ['python@3.12', /not an image reference/, undefined],
    ['python:undefined', /undefined stands for a missing value/, undefined],
    ['python:null', /null stands/, undefined],
    ['python:NaN', /NaN stands/, undefined],
    ['python:undefined-slim', /undefined stands/, undefined],
    ['python:3.undefined', /undefined stands/, undefined],
    ['undefined:3.12', /undefined stands/, undefined],
    ['ghcr.io/undefined/agent:1', /undefined stands/, undefined],
    ['ghcr.io/null/agent:1', /null stands/, undefined],
    ['123456789012.dkr.ecr.undefined.amazonaws.com/agent:1', /undefined stands/, undefined],
    ['localhost:5000/undefined', /undefined stands/, undefined],
    ['scratch', /Docker's word for an empty base/, undefined],
    ['docker.io/library/scratch:latest', /Docker's word/, undefined],
  ])('%j', (image, found, write) => {
    const fault = imageReferenceFault(image) ?? '';
    expect(fault).toMatch(found);
    expect(/Write "(.*)"\.$/.exec(fault)?.[1]).toBe(write);
    if (write === undefined) expect(fault).toContain('Write an image such as python:3.12');
    expect(fault).not.toMatch(/[\n\r\u200b\ufeff]/);
  });

  test.each([
    'python',
    'python:3.12',
    'my-null-agent:1',
    'acme/scratch:1',
    'scratchpad',
    'undefinedbehavior:1',
    'nan:1',
    'acme/nulls:nullable',
    'GHCR.IO/acme/agent:V1',
    `python@sha256:${'a'.repeat(64)}`,
    'localhost:5000/a/b:1',
  ])('and %s is one', (image) => {
    expect(imageReferenceFault(image)).toBeUndefined();
  });

  test('whatever it is, and what is to be written in its place is one', () => {
    const pieces = fc.constantFrom(
      ...[
        'docker://',
        'https://',
        'Acme/',
        'ghcr.io/',
        'python',
        ':3.12',
        ':',
        '@',
        ' ',
        '\n',
        '${V}',
        '\u200b',
        '/',
        'é',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 6 }), (parts) => {
        const image = parts.join('');
        const fault = imageReferenceFault(image);
        if (!parseImageReference(image)) expect(fault).toBeDefined();
        const write = /Write ("(?:[^"\\]|\\.)*")\.$/.exec(fault ?? '')?.[1];
        if (write !== undefined && !write.includes('…'))
          expect(imageReferenceFault(JSON.parse(write) as string)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
