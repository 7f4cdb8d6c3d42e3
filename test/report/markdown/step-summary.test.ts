import { expect, test } from 'vitest';
import {
  type SummaryCommands,
  stepSummary,
  summaryLimit,
} from '../../../src/report/markdown/step-summary.ts';

/** As `core.summary` does: what was added is written together, and kept where it cannot be. */
function summaryFile() {
  let buffer = '';
  const file = { text: '', broken: false };
  const commands: SummaryCommands = {
    addRaw(text) {
      buffer += text;
      return {
        async write() {
          if (file.broken) throw new Error('no space left');
          file.text += buffer;
          buffer = '';
        },
      };
    },
    emptyBuffer() {
      buffer = '';
    },
  };
  return { file, commands };
}

test('a piece that does not fit into the summary of a step is left out, and that is said once', async () => {
  const { file, commands } = summaryFile();
  const append = stepSummary(commands, true);
  await append('ä'.repeat(summaryLimit / 2 - 5));
  await append('0123456789A');
  await append('never seen');
  expect(file.text.replace(/ä/g, '')).toBe('\nMore does not fit into this summary; the log has it.\n');
  expect(Buffer.byteLength(file.text)).toBeLessThan(2 ** 20);
});

test('a piece that could not be written does not come again with the next one', async () => {
  const { file, commands } = summaryFile();
  const append = stepSummary(commands, true);
  file.broken = true;
  await expect(append('lost')).rejects.toThrow('no space left');
  file.broken = false;
  await append('kept');
  expect(file.text).toBe('kept');
});

test('nothing is written where there is no summary', async () => {
  const { file, commands } = summaryFile();
  await stepSummary(commands, false)('text');
  expect(file.text).toBe('');
});
