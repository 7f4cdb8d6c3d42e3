import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapedSource, parseCopySource } from '../../src/context/copy-source.ts';

it('an escaped path matches itself, with any name', () => {
  const name = fc
    .string({ unit: fc.constantFrom(...'ab1.,-+@!?*()[]{}\\ ^|~#$'), minLength: 1, maxLength: 8 })
    .filter((text) => !/^\.+$/.test(text));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (names) => {
      const path = names.join('/');
      // A leading backslash is that of a network path of Windows.
      fc.pre(!/^(?:\\|[A-Za-z]:)/.test(path));
      expect(parseCopySource(escapedSource(path))).toMatchObject({ start: path, literal: true });
    }),
    { numRuns: 300 },
  );
});
