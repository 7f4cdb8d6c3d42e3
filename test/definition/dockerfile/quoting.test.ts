import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../src/definition/dockerfile/read.ts';
import { isPortable, tidyBlanks } from '../../../src/definition/dockerfile/shell.ts';

/** Runs a script for each text in one process of a shell, and gives back what each printed. */
function run(program: string, scripts: readonly string[], env: Record<string, string> = {}): string[] {
  // `eval` in a subshell, so that neither an error nor an exit ends the others.
  const whole = scripts.map(
    (script) => `(eval ' ${script.replaceAll("'", `'\\''`)}') 2>/dev/null; printf '\\1%s\\2' $(($? ? 1 : 0))`,
  );
  const { stdout } = spawnSync(`/bin/${program}`, ['-c', whole.join('\n')], {
    // bash reads ~/.bashrc where its input is a socket, as a pipe of Node is.
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: '/h', ...env },
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  return stdout.split('\x02').slice(0, -1);
}

function commandsOf(text: string): string[] {
  return readDockerfile(`FROM a\n${text}`).calls.flatMap((call) =>
    call.method === 'runCmd' ? [call.command] : [],
  );
}

const anyText = fc
  .string({ unit: 'binary-ascii', maxLength: 12 })
  .map((text) => text.replace(/[\0\x01\x02]/g, '\n'));
const words = fc.array(anyText, { minLength: 1, maxLength: 4 });

describe('through a real shell', () => {
  test('the exec form keeps each word', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 20, maxLength: 20 }), (lists) => {
        const scripts = lists.flatMap((list) =>
          commandsOf(`RUN ${JSON.stringify(['printf', '<%s>', ...list])}`),
        );
        const expected = lists.map((list) => `${list.map((word) => `<${word}>`).join('')}\x010`);
        expect(run('bash', scripts)).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  test('the value of ARG and of ENV PATH is what the Dockerfile says', () => {
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 20 }), (values) => {
        const scripts = values.flatMap((text) => {
          const written = `"${text.replace(/["$\\]/g, '\\$&')}"`;
          return commandsOf(`ARG A=${written}\nENV PATH=${written}:$PATH\nRUN printf '%s|%s' "$A" "$PATH"`);
        });
        const expected = values.map((text) => `${text}|${text}:/base\x010`);
        expect(run('bash', scripts, { PATH: '/base' })).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  test('the service expands what is a variable in ENV, and nothing else', () => {
    const piece = fc.constantFrom(
      ...'$ ` \\ " \' { } ( ) ! # ~ * a B _ 1 $HOME ${X} $( [ - ? @ : / ='.split(' '),
      ' ',
    );
    const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 20 }), (values) => {
        const scripts = values.flatMap((text) => {
          const written = `"${text.replace(/["$\\]/g, '\\$&')}\${BASE}"`;
          const { calls } = readDockerfile(`FROM a\nENV A=${written}`);
          const sent = calls.flatMap((call) => (call.method === 'setEnvs' ? [call.envs['A'] ?? ''] : []));
          // What the service does with a value.
          return sent.map((one) => {
            const escaped = one.replace(/[\\"`]/g, '\\$&').replaceAll('$(', '\\$(');
            return `printf "%s" "${escaped}"`;
          });
        });
        const expected = values.map((text) => `${text}/b\x010`);
        for (const shell of ['bash', 'sh']) expect(run(shell, scripts, { BASE: '/b' })).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  /** Pieces of commands, some of which bash and sh read differently. */
  const command = fc
    .array(
      fc.constantFrom(
        ...[
          'echo ',
          'printf %s ',
          'a ',
          'b',
          '  ',
          '"',
          "'",
          '\\',
          '\\n',
          '$A',
          '${A:-x  y}',
          '$(echo  c)',
          '; ',
          '&& ',
        ],
        ...[
          '|| ',
          '{a,b} ',
          '[[ a == a ]] ',
          '[ a = a ] ',
          '~',
          '=',
          '<<<x ',
          '$((1+1)) ',
          '`echo  e`',
          '$"x"',
          "$'\\t'",
        ],
        ...[
          'true ',
          'false ',
          '#',
          '! ',
          '(',
          ') ',
          'cat ',
          '${A%b}',
          '${A//a/b}',
          'if true; then ',
          'fi ',
          'set -e; ',
          '-n ',
          '-e ',
        ],
      ),
      { maxLength: 9 },
    )
    .map((pieces) => pieces.join(''));

  test('a command means the same with the blanks of its continuation lines removed', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 60, maxLength: 60 }), (commands) => {
        const env = { A: 'a  b' };
        expect(run('bash', commands.map(tidyBlanks), env)).toEqual(run('bash', commands, env));
      }),
      { numRuns: 4 },
    );
  });

  test('a command that stays as it is means the same to bash and sh', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 60, maxLength: 60 }), (commands) => {
        const env = { A: 'a  b' };
        const same = commands.filter(isPortable);
        expect(run('bash', same, env)).toEqual(run('sh', same, env));
      }),
      { numRuns: 4 },
    );
  });
});
