/** Comments that silence checks, and the input `check`. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commentsOf, readComments } from '../../src/checks/comments.ts';
import { type CheckLevel, judge } from '../../src/checks/judge.ts';
import { planted } from '../support/temporary-directory.ts';

/** Whether a comment silences the check at a line, where each line that has `(` or begins with RUN or ENV begins a call. */
function silenced(text: string, line: number): boolean {
  const lines = text.split(/\r?\n/);
  const beginnings = lines.flatMap((one, index) =>
    /^ *\.?\w+\(|^(?:RUN|ENV) /.test(one) ? [index + 1] : [],
  );
  return readComments(text, '/t', new Set(beginnings)).silence('apt-update', line);
}

describe('a comment that silences a check', () => {
  test.each<[string, string, number]>([
    ['stands on the line', 'a() // novita-check: ignore apt-update', 1],
    ['stands after #', 'RUN x # novita-check: ignore apt-update', 1],
    ['stands between others', 'a() /* novita-check: ignore x, apt-update , y */', 1],
    ['stands on the line above', '  // novita-check: ignore apt-update\n  a()', 2],
    ['stands in the comment above', '# novita-check: ignore apt-update\n# since it is\r\nRUN x', 3],
    ['gives a reason', '# novita-check: ignore apt-update -- the image has lists\nRUN x', 2],
    ['has no blanks', '#novita-check:ignore apt-update\nRUN x', 2],
    ['is a block', '/*\n * novita-check: ignore apt-update\n */\na()', 4],
    ['stands at the end of the call', 'a(\n  1,\n) // novita-check: ignore apt-update\nb()', 1],
    ['stands within the call', 'a(\n  1, # novita-check: ignore apt-update\n)', 1],
    ['stands alone within the call', 'a(\n  // novita-check: ignore apt-update\n  1,\n)\nb()', 1],
    ['stands within an instruction', 'RUN a \\\n  # novita-check: ignore apt-update\n  && b', 1],
  ])('%s', (_, text, line) => expect(silenced(text, line)).toBe(true));

  test.each<[string, string, number]>([
    ['names another check', 'a() // novita-check: ignore moving-base', 1],
    ['belongs to the line above', 'a() // novita-check: ignore apt-update\nb()', 2],
    ['stands below', 'a()\n// novita-check: ignore apt-update', 1],
    ['is parted by an empty line', '// novita-check: ignore apt-update\n\na()', 3],
    ['is no comment', 'novita-check: ignore apt-update', 1],
    ['says another word', '// novita-check: disable apt-update\na()', 2],
    ['names no check', '// novita-check: ignore\na()', 2],
    ['belongs to the line below', 'a()\n// novita-check: ignore apt-update\nb()', 1],
    ['belongs to the call above', 'a(\n) // novita-check: ignore apt-update\nb()', 3],
    ['belongs to the next call', 'a(\n)\nb() // novita-check: ignore apt-update', 1],
    ['stands after a line of blanks', 'a()\n  \nx; // novita-check: ignore apt-update', 1],
    ['stands after an empty line', 'a()\n\nx; // novita-check: ignore apt-update', 1],
    ['has code beside it on the line above', 'x; // novita-check: ignore apt-update\na()', 2],
  ])('does not where it %s', (_, text, line) => expect(silenced(text, line)).toBe(false));

  test('is a finding where it names no check', () => {
    const text =
      '# novita-check: ignore apt-updat\n#\n# novita-check: ignore\n# novita-check: off apt-update\n# novita-check: ignore qwertz, apt-update';
    const { findings } = readComments(text, '/t', new Set());
    expect(findings.map(({ rule, at, message }) => `${rule} ${at?.line} ${message}`)).toEqual([
      'unknown-check 1 This comment silences "apt-updat", and there is no check of that name. Did you mean apt-update?',
      expect.stringMatching(/^unknown-check 3 .*expected the names of checks, such as novita-check: ignore/),
      expect.stringMatching(/^unknown-check 4 .*found "novita-check: off apt-update"/),
      expect.stringMatching(/^unknown-check 5 .*"qwertz".*The checks are moving-base, /),
    ]);
  });

  test('may be any text', () => {
    const piece = fc.constantFrom(
      '// novita-check:',
      ' ignore',
      ' apt-update',
      ',',
      '#',
      '\n',
      '\r',
      '/*',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), fc.integer(), (pieces, line) => {
        const { silence, findings } = readComments(pieces.join(''), '/t', new Set());
        expect(typeof silence('apt-update', line)).toBe('boolean');
        for (const { message } of findings) expect(message.length).toBeLessThan(700);
      }),
    );
  });
});

describe('the level', () => {
  async function judged(level: CheckLevel) {
    const path = await planted();
    const file = join(path, 'template.ts');
    await writeFile(
      file,
      'a()\nb() // novita-check: ignore apt-update\nc() // novita-check: ignore apt-updat\n',
    );
    const steps = (...lines: number[]) =>
      lines.map((line) => ({ wire: { type: 'RUN' }, source: { file, line } }));
    const about = (line: number) => ({ title: 'T', message: 'm', at: { file, line } });
    const found = [
      { ...about(1), rule: 'apt-update' as const },
      { ...about(2), rule: 'apt-update' as const },
      { ...about(2), title: 'A fact' },
      { ...about(3), rule: 'dockerfile-difference' as const },
    ];
    const comments = await commentsOf({ file, steps: steps(1, 2, 3), sources: {}, warnings: [] });
    const { warnings, problems } = judge([...found, ...comments.findings], level, comments);
    const show = ({ title, at }: (typeof warnings)[number]) => `${title} ${at?.line}`;
    return { warnings: warnings.map(show), problems: problems.map(show) };
  }

  test('warn leaves what no comment silences, and says which comment is wrong', async () => {
    expect(await judged('warn')).toEqual({
      warnings: ['T 1', 'A fact 2', 'T 3', 'A check that does not exist 3'],
      problems: [],
    });
  });

  test('error makes problems of findings, with the name of the check, and none of facts', async () => {
    expect(await judged('error')).toEqual({
      warnings: ['A fact 2'],
      problems: [
        'T [apt-update] 1',
        'T [dockerfile-difference] 3',
        'A check that does not exist [unknown-check] 3',
      ],
    });
  });

  test('off leaves facts, and how a template differs from its Dockerfile', async () => {
    expect(await judged('off')).toEqual({ warnings: ['A fact 2', 'T 3'], problems: [] });
  });
});

describe('the comments of a recipe', () => {
  const ignore = '# novita-check: ignore apt-update';
  const recipe = { steps: [], sources: {}, warnings: [] };

  test('are those of all its files', async () => {
    const path = await planted({
      a: `x()\n${ignore}\nb(`,
      b: `c() ${ignore}\nd(\n) ${ignore}`,
      c: `y() ${ignore}x`,
    });
    const file = (name: string) => join(path, name);
    const { silence, findings } = await commentsOf({
      file: file('a'),
      steps: [{ wire: { type: 'RUN' }, source: { file: file('b'), line: 2 } }, { wire: { type: 'RUN' } }],
      sources: { base: { file: file('b'), line: 1 }, start: { file: file('a'), line: 3 } },
      warnings: [{ title: 'T', message: 'm', at: { file: file('c'), line: 1 } }],
    });
    const silenced = (name: string, line: number) => silence('apt-update', { file: file(name), line });
    expect([silenced('a', 1), silenced('a', 3), silenced('b', 1), silenced('b', 2)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(silence('apt-update', { file: file('d'), line: 1 })).toBe(false);
    expect(findings.map((found) => found.at)).toEqual([{ file: file('c'), line: 1 }]);
  });

  test('are none where a file cannot be read, is a pipe or no text of a person', async () => {
    const path = await planted({ long: `a() ${ignore}x\n${' '.repeat(1_000_000)}` });
    execFileSync('mkfifo', [join(path, 'pipe')]);
    for (const name of ['missing', '.', 'pipe', 'long'])
      expect((await commentsOf({ ...recipe, file: join(path, name) })).findings).toEqual([]);
  });
});
