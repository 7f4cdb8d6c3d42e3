/** What a person sees on a terminal while a build runs, and what stays. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainCommands } from '../../../src/ci/providers/plain-commands.ts';
import { jobOutput, type Output } from '../../../src/report/log/output.ts';
import { liveCommands } from '../../../src/report/terminal/live-log.ts';
import { columnsOf, cutToColumns } from '../../../src/report/terminal/width.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { type ModelScreen, modelScreen } from '../../support/screen.ts';

/** Shows something, and gives the screen as it was at each call of `look`. */
async function shown(
  columns: number,
  act: (output: Output, look: () => string[], screen: ModelScreen) => void,
): Promise<{ screen: ModelScreen; rows: string[] }> {
  const screen = modelScreen(columns);
  const write = process.stdout.write;
  process.stdout.write = ((text: string) => screen.write(text)) as typeof write;
  try {
    const commands = liveCommands(
      plainCommands((_, text) => text, false),
      { screen, env: { NO_COLOR: '1' }, now: () => 5000 },
    );
    const output = jobOutput(commands);
    act(output, () => screen.rows(), screen);
    output.close();
    await commands.finish?.();
  } finally {
    process.stdout.write = write;
  }
  return { screen, rows: screen.rows() };
}

const step = (output: Output, title: string, lines: readonly string[], end?: string): void => {
  output.startGroup(title);
  for (const line of lines) output.printUntrusted(line);
  if (end !== undefined) output.line(end);
};

test.each([80, 40])('the running step is redrawn, and leaves one line, at %s columns', async (columns) => {
  const { rows } = await shown(columns, (output, look) => {
    output.line('Build started');
    step(output, '[1/3] COPY app /app', ['a'], 'done in 0.1s');
    output.endGroup();
    step(output, `[2/3] RUN apt-get install ${'-y '.repeat(30)}`, [
      'one',
      'two',
      'three',
      'four',
      `${'five '.repeat(30)}`,
    ]);
    const live = look();
    expect(live.slice(0, 2)).toEqual([
      'Build started',
      expect.stringMatching(/^✓ \[1\/3\] COPY app \/app {2}done in 0\.1s$/),
    ]);
    expect(live[2]).toMatch(/^⠋ \[2\/3\] RUN apt-get install .*… +0\.0s$/);
    expect(live.slice(3, 6)).toEqual(['  │ two', '  │ three', '  │ four']);
    expect(live[6]).toMatch(/^ {2}│ five .*…$/);
    expect(live[7]).toMatch(/^█+░+ 1 of 3 steps, 0\.0s$/);
    expect(live.slice(8)).toEqual(['']);
    output.endGroup();
    output.line('DONE 1m 12s');
  });
  expect(rows.slice(2)).toEqual([expect.stringMatching(/^✓ \[2\/3\] RUN apt.*… {2}done in 1m 12s$/), '']);
  for (const row of rows) expect(columnsOf(row)).toBeLessThanOrEqual(columns);
});

test('a step that fails stays with all its lines, and the error below it', async () => {
  const { rows } = await shown(80, (output) => {
    step(output, '[1/2] RUN make', ['cc main.c', 'main.c:1: error'], 'failed after 2.0s: exit status 2');
    output.error('Step 1 failed', { title: 'make' });
  });
  expect(rows).toEqual([
    '▸ [1/2] RUN make',
    '  │ cc main.c',
    '  │ main.c:1: error',
    '  failed after 2.0s: exit status 2',
    'Error: make: Step 1 failed',
    '',
  ]);
});

test('what a terminal echoes for Ctrl-C leaves nothing behind', async () => {
  const { rows } = await shown(60, (output, _, screen) => {
    step(output, '[1/2] RUN make', ['cc main.c']);
    screen.write('^C');
    output.error('The job was cancelled');
  });
  expect(rows).toEqual(['▸ [1/2] RUN make', '  │ cc main.c', 'Error: The job was cancelled', '']);
});

test('no text does anything to the terminal but be seen', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileText(), { maxLength: 6 }),
      fc.integer({ min: 20, max: 100 }),
      async (texts, columns) => {
        const { screen } = await shown(columns, (output) => {
          for (const text of texts) {
            step(output, text, [text, text], 'done in 1s');
            output.warning(text);
            output.line(text);
          }
        });
        expect(screen.unknown).toEqual([]);
        expect(screen.rows().join('')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      },
    ),
    { numRuns: 200 },
  );
});

test.each([
  ['abc', 5, 'abc'],
  ['abcdef', 4, 'abc…'],
  ['日本語', 5, '日本…'],
  ['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
  ['abc', 0, ''],
])('%j in %s columns is %j', (text, columns, fitted) => {
  expect(cutToColumns(text, columns)).toBe(fitted);
});
