/** A process that waits for a definition, and what is left of it when it ends by itself. */

import { expect, test } from 'vitest';
import { startHostEarly } from '../../../src/definition/process/host-child.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('a process that ended by itself is not handed out, and its number is not killed later', async () => {
  await using dist = await temporaryDirectory({ 'definition/index.js': '' });
  const before = process.listeners('exit');
  const early = startHostEarly(dist.path, { PATH: process.env['PATH'] });
  expect(process.listeners('exit')).toHaveLength(before.length + 1);
  await expect.poll(() => process.listeners('exit')).toEqual(before);
  expect(early?.take()).toBeUndefined();
  await early?.end();
});
