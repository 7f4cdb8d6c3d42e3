import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../src/definition/dockerfile/read.ts';

const marks = { mistake: '✗', warning: '!', notice: 'i' };

/** What is said about a Dockerfile: `✗ 2 …` is a mistake on line 2, `!` a warning, `i` a notice. */
function told(text: string, buildArgs: Record<string, string> = {}): string[] {
  return readDockerfile(text, { buildArgs })
    .findings.filter(({ message }) => !message.startsWith('There is no '))
    .map(({ severity, line, message }) => `${marks[severity]} ${line} ${message}`);
}

describe('an instruction is told to be', () => {
  test.each<readonly [instruction: string, ...told: RegExp[]]>([
    ['RUN --mount=type=secret,id=x npm ci', /^! 2 --mount=type=secret,id=x is left out: .*gets no secret/],
    ['RUN --mount=type=secret,id=x,required npm ci', /^✗ 2 .*has no secrets.*earlier step of the job/],
    ['RUN --mount=type=ssh git clone x', /^! 2 /],
    ['RUN --mount=target=/x npm ci', /^✗ 2 .*files would not be there\. COPY them first/],
    ['RUN --network=none a', /^! 2 --network=none is left out/],
    ['RUN --security=insecure x', /^✗ 2 A build has no --security=insecure/],
    [
      'RUN --mount=type=cache,target=/x a\nRUN --mount=type=cache,target=/y b',
      /^i 2 Left out: --mount=type=cache \(lines 2, 3; the command runs without it\)\.$/,
    ],
    ['RUN', /^✗ 2 RUN has no command/],
    ['RUN []', /^✗ 2 .*list of RUN is empty/],
    ['RUN ["a", 1]', /^✗ 2 .*something else than texts/],
    ['RUN source x', /^! 2 .*\/bin\/sh, which does not know source .*SHELL \["\/bin\/bash", "-c"\]/],
    ['RUN <<EOF\na', /^✗ 2 The here-document EOF has no end/],
    ['ENV A', /^✗ 2 ENV needs a name and a value/],
    ['ENV A=1 B', /^✗ 2 "B" has no name and value/],
    ['ENV A="x', /^✗ 2 .*double quote is never closed/],
    ['ENV A=${B', /^✗ 2 /],
    ['ENV A=${B:?}', /^✗ 2 The value of B is not known here/],
    ['ENV A=$HOME/x', /^! 2 \$HOME in the value of A is empty/],
    ['ENV A=$B', /^! 2 The Dockerfile does not set B above\./],
    ['ENV A=$PATH B=x$B C=${D:-e}'],
    ['ENV A.B=1', /^! 2 No shell can set a variable named "A\.B"/],
    ['ARG', /^✗ 2 ARG has no name/],
    ['ARG NPM_TOKEN'],
    ['ARG NPM_TOKEN=abc', /^! 2 The value of NPM_TOKEN stands in each RUN below/],
    ['COPY a', /^✗ 2 COPY needs a source and a destination/],
    ['COPY a b /x', /^✗ 2 "\/x" does not end in a slash.*Write \/x\/\./],
    ['COPY "a b" /x', /^✗ 2 .*double quote is never closed/],
    [
      'COPY --from=builder /a /x',
      /^✗ 2 --from=builder copies from another image, .*build that image first, push it, and start from it: FROM image/,
    ],
    ['COPY --exclude=*.md . /x', /^✗ 2 .*the line \*\.md into \.dockerignore/],
    ['COPY --parents a/b /x', /^✗ 2 --parents cannot be built/],
    ['COPY --chmod=+x a /x', /^✗ 2 .*no octal mode.*--chmod=755/],
    ['COPY a $WHERE/', /^✗ 2 The Dockerfile does not set WHERE above.*ARG or ENV/],
    ['COPY --bogus a /x', /^✗ 2 COPY has no flag --bogus/],
    [
      'ADD git@github.com:o/r.git#v1 /x',
      /^✗ 2 .*RUN git clone 'git@github\.com:o\/r\.git' \/x && git -C \/x checkout v1\.$|^✗ 2 .*RUN git clone git@github\.com:o\/r\.git \/x && git -C \/x checkout v1\.$/,
    ],
    [
      'COPY <<EOF /x\n$host\nEOF',
      /^! 2 The Dockerfile does not set host above, .*Write <<'EOF' to keep dollar signs/,
    ],
    ['ADD --chown=a x.tgz /x', /^✗ 2 .*tar -xf/],
    ['ADD --checksum=md5:1 https://h/x /x', /^✗ 2 .*no SHA-256/],
    ['ADD https://h/ /x/', /^✗ 2 .*no file name/],
    ['WORKDIR', /^✗ 2 WORKDIR has no path/],
    ['WORKDIR $HOME', /^✗ 2 .*does not set HOME/],
    ['USER', /^✗ 2 USER has no name/],
    [
      'RUN useradd -m -u 1000 app',
      /^! 2 .*number 1000, so useradd -m -u 1000 may fail\. Leave the number out/,
    ],
    ['RUN useradd -m user && a', /^! 2 .*useradd -m user may fail/],
    ['RUN id -u user || useradd -m user'],
    ['RUN useradd -u 1001 users'],
    ['COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/', /^✗ 2 .*RUN pip install uv, or build/],
    ['USER 1000', /^✗ 2 .*by name, not by the number 1000/],
    ['USER a:b', /^! 2 The group b is left out.*usermod -aG b a/],
    ['SHELL bash', /^✗ 2 SHELL needs a list/],
    ['CMD', /^✗ 2 CMD has no command/],
    ['CMD []', /^! 2 An empty list does not take away/],
    ['ENTRYPOINT /e\nCMD ["b"]', /^! 3 Docker does not use CMD beside an ENTRYPOINT that is a shell command/],
    ['HEALTHCHECK x', /^✗ 2 HEALTHCHECK needs CMD or NONE/],
    [
      'HEALTHCHECK --interval=5s CMD x',
      /^i 2 Its command is the ready command.*--interval has no counterpart/,
    ],
    [
      'EXPOSE 80\nLABEL a=b\nEXPOSE 81',
      /^i 2 Left out: EXPOSE \(lines 2, 4; a sandbox exposes every port\), LABEL \(line 3; .*\)\.$/,
    ],
    ['VOLUME /x', /^i 2 Left out: VOLUME/],
    ['STOPSIGNAL 9', /^i 2 Left out: STOPSIGNAL/],
    ['ONBUILD RUN x', /^i 2 Left out: ONBUILD/],
    ['RUM x', /^✗ 2 Docker has no instruction RUM\. Write RUN\./],
  ])('%j', (instruction, ...expected) => {
    expect(told(`FROM debian\n${instruction}`)).toEqual(expected.map((text) => expect.stringMatching(text)));
  });
});

test.each<[text: string, ...told: RegExp[]]>([
  ['', /^✗ 1 A Dockerfile must name its base/],
  ['RUN a', /^✗ 1 RUN stands before the first FROM/],
  ['<!DOCTYPE html>\n<html\nlang=en>', /^✗ 1 Docker has no instruction "<!DOCTYPE"\. Is it another file\?/],
  ['FRM debian', /^✗ 1 Docker has no instruction "FRM"\. Write FROM\./],
  ['FROM debian:$V', /^✗ 1 V has no value before FROM.*build-args/],
  ['FROM a b', /^✗ 1 FROM has another form/],
  ['FROM scratch', /^✗ 1 A sandbox needs the system that scratch lacks/],
  ['FROM --platform=linux/arm64 a', /^! 1 --platform=linux\/arm64 is left out/],
  ['FROM --platform=$BUILDPLATFORM a AS b'],
  ['# syntax=docker/dockerfile:1.7-labs\nFROM a'],
  ['# syntax=r2d4/mockerfile\nFROM a', /^! 1 r2d4\/mockerfile is not asked/],
])('%j', (text, ...expected) => {
  expect(told(text)).toEqual(expected.map((one) => expect.stringMatching(one)));
});

test('says once that the service chooses user and folder', () => {
  const notices = (text: string) => readDockerfile(text).findings.map(({ message }) => message);
  expect(notices('FROM a')).toEqual([
    'There is no USER, so the sandbox runs as user, and no WORKDIR, so it starts in /home/user.',
  ]);
  expect(notices('FROM a\nUSER b')).toEqual(['There is no WORKDIR, so it starts in /home/user.']);
  expect(notices('FROM a\nUSER b\nWORKDIR /c')).toEqual([]);
});

const pieces = [
  ...['RUN ', 'COPY ', 'ADD ', 'ENV ', 'ARG ', 'CMD ', 'FROM ', 'USER ', 'SHELL ', 'WORKDIR ', 'ENTRYPOINT '],
  ...[
    'HEALTHCHECK CMD ',
    '["',
    '"]',
    '", "',
    '<<EOF',
    "<<-'E'",
    '\nEOF\n',
    '--from=',
    '--mount=',
    '--chmod=755 ',
  ],
  ...[
    '\\\n',
    '\n',
    ' ',
    '  ',
    '"',
    "'",
    '\\',
    '`',
    '$A',
    '${A',
    '${A:-b}',
    '${A:+',
    '}',
    '$(',
    '(',
    ')',
    '#',
    '=',
    ':',
  ],
  ...['a', 'b', '/x', 'https://x/y', '{a,b}', '[a]', '*', '\0', '\uFEFF', 'é', '%', '${A%', '${A/'],
];

test('whatever stands in a Dockerfile, each instruction is built or told at its line', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), (text) => {
      const whole = `FROM a\n${text.join('')}`;
      const lines = whole.split('\n').length;
      const { calls, findings } = readDockerfile(whole, {
        files: { ignores: true, kind: () => 'file', target: (path) => path, match: () => ['a'] },
      });
      for (const { line } of [...calls, ...findings]) {
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lines);
      }
      for (const { message } of findings) expect(message).toMatch(/^\S[\s\S]*\.$/);
    }),
    { numRuns: 1000 },
  );
});
