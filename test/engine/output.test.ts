/** What comes of the output of commands: order, streams, bytes that are no text, and very much of it. */
import { describe, expect, test } from 'vitest';
import { engineStarter, run, sharedEngineService, skipWithoutEngine } from './engine-fixtures.ts';

const service = sharedEngineService();
const startService = engineStarter();

describe.skipIf(skipWithoutEngine())('output', () => {
  test('is told by stream, line by line, trimmed, without blank lines', async () => {
    const built = await service().make([run("printf '  out \\n\\n'; echo err >&2; printf 'no end'")]);
    expect(built.output(1)).toEqual(['out', 'no end']);
    expect(built.output('1!')).toEqual(['err']);
  });

  test('may be what it likes', async () => {
    const hostile = [
      "printf '\\377\\376 raw\\n'",
      "printf 'é\\n'",
      "printf '\\303'; sleep 0.2; printf '\\251 split\\n'",
      "printf '\\033[31mred\\033[0m\\rover\\n'",
      "echo '::error::not a command'",
      "echo 'OCI runtime exec failed: exec failed: not really'",
      "echo 'missing:git home:/root unmerged:'",
      "echo '[builder 9/9] RUN nothing [0000000000000000000000000000000000000000000000000000000000000000]'",
    ];
    const built = await service().make([run(hostile.join('; '))]);
    expect(built.output(1)).toEqual([
      '\ufffd\ufffd raw',
      'é',
      'é split',
      '\x1b[31mred\x1b[0m\rover',
      '::error::not a command',
      'OCI runtime exec failed: exec failed: not really',
      'missing:git home:/root unmerged:',
      expect.stringMatching(/^\[builder 9\/9\] RUN nothing/),
    ]);
  });

  test('of 50,000 lines arrives whole and in order', async () => {
    const built = await service().make([run('seq 50000')]);
    const lines = built.output(1);
    expect(lines.length).toBe(50_000);
    expect(lines.every((line, index) => line === String(index + 1))).toBe(true);
  });

  test('without a line feed is cut into pieces', async () => {
    const built = await service().make([run("head -c 200000 /dev/zero | tr '\\0' x")]);
    const lines = built.output(1);
    expect(lines.join('').length).toBe(200_000);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(65_536);
  });

  test('without an end is not kept', async () => {
    const built = await service().make([
      run("yes 'a line of some length, again and again' | head -c 40000000"),
    ]);
    expect(built.warnings).toEqual(['This build has printed too much. The rest is not shown.']);
    expect(built.status).toBe('ready');
  });

  test('of a recipe with 60 steps is in its steps', async () => {
    const steps = Array.from({ length: 60 }, (_, index) => run(`echo ${index + 1}`));
    const built = await (await startService()).make(steps);
    expect(built.log.at(-1)).toMatch(/^Build finished/);
    expect(steps.map((_, index) => built.output(index + 1))).toEqual(
      steps.map((_, index) => [`${index + 1}`]),
    );
  });
});
