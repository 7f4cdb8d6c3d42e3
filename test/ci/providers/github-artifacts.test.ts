import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { declareSubject } from '../../../src/ci/providers/github-artifacts.ts';
import { type ArtifactSubject, afterStep } from '../../support/runner-artifacts.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const hex = fc.constantFrom('0'.repeat(64), '1'.repeat(64), 'Ab'.repeat(32));
const name = fc.oneof(
  fc.constantFrom('host/a', 'host/b', 'host:5000/team/a', 'host/a:latest'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);
const subject = fc.record({ name, digest: hex.map((digits) => `sha256:${digits.toLowerCase()}`) });
const line = fc.oneof(
  fc
    .tuple(fc.constantFrom('oci://', 'OCI://', ''), name, hex)
    .map(([scheme, of, digits]) => `${scheme}${of}@sha256:${digits}`),
  fc.constantFrom('', '   ', '# a comment', '  # another'),
);
const text = fc
  .tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, open]) => lines.join(end) + (open ? '' : end));

/** What the runner has after a step, or `undefined` where it fails the step. */
function taken(before: readonly ArtifactSubject[], file: string): ArtifactSubject[] | undefined {
  try {
    return afterStep(before, file);
  } catch {
    return undefined;
  }
}

test('never makes the runner fail a step that it would not have failed without', async () => {
  await using folder = await temporaryDirectory();
  const [file, list] = [join(folder.path, 'file'), join(folder.path, 'list')];
  let declared = 0;
  await fc.assert(
    fc.asyncProperty(
      subject,
      text,
      fc.uniqueArray(subject, { selector: (each) => each.name, maxLength: 3 }),
      fc.constantFrom(0, 0, 0, 494, 496, 498),
      async (own, found, known, more) => {
        const before: ArtifactSubject[] = [
          ...known.map((each) => ({ ...each, kind: 'oci' as const })),
          ...Array.from({ length: more }, (_, index) => ({
            name: `other/${index}`,
            digest: `sha256:${'2'.repeat(64)}`,
            kind: 'oci' as const,
          })),
        ];
        const without = taken(before, found);
        fc.pre(without !== undefined);
        await folder.write({ file: found, list: JSON.stringify({ version: 1, subjects: before }) });
        const why = await declareSubject(own, { file, list });
        const after = taken(before, await readFile(file, 'utf8'));
        expect(after).toBeDefined();
        const isThere = after?.some((each) => each.name === own.name && each.digest === own.digest);
        // Either it is declared, or there is a reason.
        expect(isThere).toBe(why === undefined);
        if (isThere) declared += 1;
        // What was there stays.
        const digests = new Map(after?.map((each) => [each.name, each.digest]));
        expect(without?.filter((each) => digests.get(each.name) !== each.digest)).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
  expect(declared).toBeGreaterThan(50);
});

test('writes nothing into a file that is full', async () => {
  const full = `${'#'.repeat(1024 * 1024 - 20)}\n`;
  await using folder = await temporaryDirectory({ file: full });
  const file = join(folder.path, 'file');
  const why = await declareSubject({ name: 'host/a', digest: `sha256:${'0'.repeat(64)}` }, { file });
  expect(why).toBe('The file of this step is full.');
  expect(await readFile(file, 'utf8')).toBe(full);
});
