/** Comments that silence checks, and the input `check`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readComments } from '../../src/checks/comments.ts';
import { type CheckLevel, judge } from '../../src/checks/judge.ts';
import { planted } from '../support/temporary-directory.ts';

function silenced(text: string, line: number): boolean {
  return readComments(text, '/t').silence('apt-update', line);
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
  ])('%s', (_, text, line) => expect(silenced(text, line)).toBe(true));

  test.each<[string, string, number]>([
    ['names another check', 'a() // novita-check: ignore moving-base', 1],
    ['belongs to the line above', 'a() // novita-check: ignore apt-update\nb()', 2],
    ['stands below', 'a()\n// novita-check: ignore apt-update', 1],
    ['is parted by an empty line', '// novita-check: ignore apt-update\n\na()', 3],
    ['is no comment', 'novita-check: ignore apt-update', 1],
    ['says another word', '// novita-check: disable apt-update\na()', 2],
    ['names no check', '// novita-check: ignore\na()', 2],
  ])('does not where it %s', (_, text, line) => expect(silenced(text, line)).toBe(false));

  test('is a finding where it names no check', () => {
    const text =
      '# novita-check: ignore apt-updat\n#\n# novita-check: ignore\n# novita-check: off apt-update\n# novita-check: ignore qwertz, apt-update';
    const { findings } = readComments(text, '/t');
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
        const { silence, findings } = readComments(pieces.join(''), '/t');
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
    const about = (line: number) => ({ title: 'T', message: 'm', at: { file, line } });
    const found = [
      { ...about(1), rule: 'apt-update' as const },
      { ...about(2), rule: 'apt-update' as const },
      { ...about(2), title: 'A fact' },
      { ...about(3), rule: 'dockerfile-difference' as const },
    ];
    const { warnings, problems } = await judge(found, level, [file]);
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
