import { expect, test } from 'vitest';
import { stepSummary, summaryLimit } from '../../../src/report/markdown/step-summary.ts';

test('a piece that does not fit into the summary of a step is left out, and that is said once', async () => {
  let text = '';
  const append = stepSummary(async (piece) => {
    text += piece;
  });
  await append('ä'.repeat(summaryLimit / 2 - 5));
  await append('0123456789A');
  await append('never seen');
  expect(text.replace(/ä/g, '')).toBe('\nMore does not fit into this summary; the log has it.\n');
  expect(Buffer.byteLength(text)).toBeLessThan(2 ** 20);
});
