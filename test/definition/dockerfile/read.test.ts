import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../src/definition/dockerfile/read.ts';
import type { BuilderCall, ContextFiles } from '../../../src/definition/dockerfile/state.ts';

/** A call as one line: `RUN a @root`, `COPY a /b app:app 755`, `ENV A=1`. */
function shown(call: BuilderCall): string {
  switch (call.method) {
    case 'runCmd':
      return `RUN ${call.command}${call.user ? ` @${call.user}` : ''}`;
    case 'copy':
      return ['COPY', call.source, call.destination, call.user, call.mode?.toString(8)]
        .filter((part) => part !== undefined)
        .join(' ');
    case 'setEnvs':
      return `ENV ${Object.entries(call.envs)
        .map(([name, value]) => `${name}=${value}`)
        .join(' | ')}`;
    case 'setUser':
      return `USER ${call.user}`;
    default:
      return `WORKDIR ${call.path}`;
  }
}

/** The calls of the instructions below `FROM debian`, without those that begin and end every Dockerfile. */
function calls(instructions: string, files?: ContextFiles): string[] {
  const reading = readDockerfile(`FROM debian\n${instructions}`, files && { files });
  expect(reading.findings.filter(({ severity }) => severity === 'mistake')).toEqual([]);
  const own = reading.calls.filter(({ line }) => line > 1).map(shown);
  return [
    ...own,
    ...(reading.start ? [`START ${reading.start.command}`] : []),
    ...(reading.ready ? [`READY ${reading.ready.command}`] : []),
  ];
}

const bash = 'SHELL ["/bin/bash", "-c"]\n';

describe('RUN', () => {
  test.each([
    ['RUN a b', 'RUN a b'],
    ['run  a', 'RUN a'],
    ['RUN a && \\\n    b \\\n  # a comment\n\n  c   d', 'RUN a && b c d'],
    ['RUN a && \\\r\n  b\r\n', 'RUN a && b'],
    [
      `RUN printf 'a\\tb\\n' > /x && sed -i 's/\\.old$/\\.new/' /x`,
      `RUN printf 'a\\tb\\n' > /x && sed -i 's/\\.old$/\\.new/' /x`,
    ],
    [`RUN grep -E '\\d+  x' "a   b"`, `RUN grep -E '\\d+  x' "a   b"`],
    ['RUN a "$(b   "c  d")"', 'RUN a "$(b   "c  d")"'],
    ['RUN a\\\\', 'RUN a\\\\'],
    ['RUN pip install a==1.0 "b==2"', 'RUN pip install a==1.0 "b==2"'],
    ['RUN echo "a ALL=(ALL) x" >>/x', 'RUN echo "a ALL=(ALL) x" >>/x'],
    ['RUN ["apt-get", "install", "-y", "a b"]', "RUN apt-get install -y 'a b'"],
    ['RUN ["echo", "$HOME"]', "RUN exec echo '$HOME'"],
    ["RUN ['a']", "RUN ['a']"],
    ['RUN --mount=type=cache,target=/x --network=default a', 'RUN a'],
    ['RUN <<EOF\na\n  b \\\n  c\nEOF', 'RUN a\n  b \\\n  c'],
    ['RUN <<-EOF\n\ta\n\tEOF', 'RUN a'],
    ['RUN << A\nb\nA', 'RUN b'],
    ["RUN cat > /x << 'A'\nb\nA", "RUN cat > /x << 'A'\nb\nA"],
    ['RUN a $((1 << 2))', "RUN /bin/sh -c 'a $((1 << 2))'"],
    [
      "RUN cat > /x <<'A' && cat <<B\n# 1\nA\n2\nB\nRUN b",
      "RUN cat > /x <<'A' && cat <<B\n# 1\nA\n2\nB",
      'RUN b',
    ],
    [`RUN cat <<<abc && echo $((1<<n))`, `RUN /bin/sh -c 'cat <<<abc && echo $((1<<n))'`],
  ])('%j', (text, ...expected) => {
    expect(calls(text)).toEqual(expected);
  });

  test('with a shebang runs its text as a program', () => {
    expect(calls('RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF')).toEqual([
      expect.stringMatching(
        /^RUN folder=\$\(mktemp -d\) .*<<'EOF'\n#!\/usr\/bin\/env python3\nprint\(1\)\nEOF\nchmod 755/s,
      ),
    ]);
  });

  test.each([
    ['RUN echo "a\\nb"', `RUN /bin/sh -c 'echo "a\\nb"'`],
    ['RUN mkdir /x/{a,b}', `RUN /bin/sh -c 'mkdir /x/{a,b}'`],
    ['RUN [ a == b ]', `RUN /bin/sh -c '[ a == b ]'`],
    [`${bash}RUN [[ a == b ]] && echo -e "\\n"`, 'RUN [[ a == b ]] && echo -e "\\n"'],
    ['SHELL ["/bin/bash", "-lc"]\nRUN a', 'RUN a'],
    ['SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a | b', "RUN /bin/bash -o pipefail -c 'a | b'"],
    ['SHELL ["pwsh", "-Command"]\nRUN Get-Item x', "RUN pwsh -Command 'Get-Item x'"],
    [`${bash}RUN ["a"]`, 'RUN a'],
  ])('uses the shell that Docker uses: %j', (text, expected) => {
    expect(calls(text)).toEqual([expected]);
  });
});

describe('ENV', () => {
  test.each([
    ['ENV A=1 B="two words" C=\'x\' D=a\\ b E=', 'ENV A=1 | B=two words | C=x | D=a b | E='],
    ['ENV A one "two"  three', 'ENV A=one two  three'],
    ['ENV A=1 \\\n  B=2', 'ENV A=1 | B=2'],
    ['ENV A=1 A=2', 'ENV A=2'],
    ['ENV PATH="/x:$PATH"', 'ENV PATH=/x:$PATH'],
    ['ENV A=${B}c D=${E:-f} G=${H:+:$H}', 'ENV A=${B}c | D=${E:-f} | G=${H:+:$H}'],
    [
      `ENV A='$B' C=\\$D E="\\$F"`,
      'ENV A=${LITERAL_DOLLAR:-$}B | C=${LITERAL_DOLLAR:-$}D | E=${LITERAL_DOLLAR:-$}F',
    ],
    ['ENV A=a$ B="$ c"', 'ENV A=a$ | B=$ c'],
    ['ENV A="a\\nb" B=a\\.b', 'ENV A=a\\nb | B=a.b'],
    ['ENV A=$1 B=$@x', 'ENV A= | B=x'],
  ])('%j', (text, expected) => {
    expect(calls(text)).toEqual([expected]);
  });

  test.each([
    ['ENV A=1\nENV B=$A C=${A}x D=${A:+y}', 'ENV A=1', 'ENV B=1 | C=1x | D=y'],
    ['ENV A=1\nENV A=2 B=$A', 'ENV A=1', 'ENV A=2 | B=1'],
    [
      'ENV V=1.2.3\nENV A=${V%.*} B=${V%%.*} C=${V#*.} D=${V/./-} E=${V//./-}',
      'ENV V=1.2.3',
      'ENV A=1.2 | B=1 | C=2.3 | D=1-2.3 | E=1-2-3',
    ],
    ['ENV A=\nENV B=${A:-x} C=${A-x} D=${A:+y} E=${A+y}', 'ENV A=', 'ENV B=x | C= | D= | E=y'],
    ['ENV PATH=/a:$PATH\nENV PATH=/b:$PATH', 'ENV PATH=/a:$PATH', 'ENV PATH=/b:/a:$PATH'],
  ])('takes the values above: %j', (text, ...expected) => {
    expect(calls(text)).toEqual(expected);
  });

  test('of PATH is given to each RUN, since a login shell resets it', () => {
    expect(calls('ENV PATH=/a:$PATH\nRUN b')).toEqual(['ENV PATH=/a:$PATH', 'RUN export PATH=/a:$PATH; b']);
    expect(calls('ENV PATH="/a b:${PATH}"\nRUN b')).toEqual([
      'ENV PATH=/a b:$PATH',
      'RUN export PATH="/a b:$PATH"; b',
    ]);
  });
});

describe('ARG', () => {
  test.each([
    ['ARG A=1\nRUN b', 'RUN export A=1; b'],
    ["ARG A='x y' B\nRUN b", "RUN export A='x y'; b"],
    ['ARG A=1\nENV A=$A\nRUN b', 'ENV A=1', 'RUN b'],
    ['ARG TARGETARCH\nRUN b', 'RUN export TARGETARCH=amd64; b'],
    ['ARG A=x\nCOPY $A/y /$A/', 'COPY x/y /x/'],
    ['ARG A=/x\nWORKDIR $A/y\nARG B=me\nUSER $B', 'WORKDIR /x/y', 'USER me'],
  ])('%j', (text, ...expected) => {
    expect(calls(text)).toEqual(expected);
  });

  const withArguments = (text: string, buildArgs: Record<string, string>) => {
    const reading = readDockerfile(text, { buildArgs });
    return [
      reading.base?.image,
      ...reading.calls.filter(({ method }) => method === 'runCmd' || method === 'setEnvs').map(shown),
      ...reading.findings.filter(({ severity }) => severity !== 'notice').map(({ message }) => message),
    ];
  };

  test('gets its value from build arguments, before FROM too', () => {
    expect(withArguments('ARG V=1\nFROM x:$V\nARG V\nARG W=2\nRUN a', { V: '3', W: "it's" })).toEqual([
      'x:3',
      `RUN export V=3 W="it's"; a`,
    ]);
    expect(withArguments('ARG V=1\nFROM x:${V:-9}\nRUN $V\nARG V\nRUN a', {})).toEqual([
      'x:1',
      'RUN $V',
      'RUN export V=1; a',
    ]);
    expect(withArguments('FROM x\nRUN a', { HTTP_PROXY: 'http://p', U: '1' })).toEqual([
      'x',
      'RUN export HTTP_PROXY=http://p; a',
      expect.stringContaining('build argument U'),
    ]);
  });
});

const files: ContextFiles = {
  ignores: false,
  target: (path) => (path.startsWith('link') ? path.replace('link', 'real') : path),
  kind: (path) =>
    path.endsWith('.tgz')
      ? 'archive'
      : path.includes('dir')
        ? 'directory'
        : path === 'none'
          ? undefined
          : 'file',
  match: (pattern) =>
    pattern.startsWith('optional')
      ? []
      : pattern.startsWith('one')
        ? ['one1']
        : pattern.startsWith('src')
          ? ['src/dir', 'src/x']
          : ['a', 'b'],
};

describe('COPY', () => {
  test.each([
    ['COPY a /b', 'COPY a /b'],
    ['COPY . .', 'COPY . .'],
    ['COPY a b dir /x/', 'COPY a /x/a', 'COPY b /x/b', 'COPY dir /x/'],
    ['COPY /a ./', 'COPY a ./'],
    ['COPY ["a b", "/x y/"]', 'COPY a b /x y/a b'],
    ['COPY --chown=u:g --chmod=0755 --link a /x', 'COPY a /x u:g 755'],
    [
      'COPY --chown=u a /x/y/',
      'RUN for d in /x /x/y; do [ -d "$d" ] || install -d -o u -g u "$d"; done',
      'COPY a /x/y/a u',
    ],
    ['COPY --chmod=700 dir /d', 'RUN [ -d /d ] || install -d -m 700 -o root -g root /d', 'COPY dir /d 700'],
    ['WORKDIR /w\nCOPY --chown=u:g dir .', 'WORKDIR /w', 'COPY dir . u:g'],
    ['COPY --chown=u:g dir /d', 'RUN [ -d /d ] || install -d -o u -g g /d', 'COPY dir /d u:g'],
    ['USER app\nCOPY a /x', 'USER app', 'COPY a /x root'],
    ['USER app\nCOPY --chown=app a /x', 'USER app', 'COPY a /x app'],
    ['COPY *.json ./', 'COPY *.json ./'],
    ['COPY optional* a ./', 'COPY a ./'],
    ['COPY link /x/', 'COPY real /x/link'],
    ['COPY link ./', 'COPY real link'],
    ['COPY link /x', 'COPY real /x'],
    ['COPY linkdir /x', 'COPY realdir /x'],
    ['COPY src* /x/', 'COPY src/dir /x/', 'COPY src/x /x/x'],
    ['COPY one* /x', 'COPY one1 /x'],
    ['COPY {a,b} /x/', 'COPY \\{a,b} /x/{a,b}'],
    ['COPY none /x/', 'COPY none /x/'],
    ['COPY << EOF /x\nhi\nEOF', "RUN install -D -m 644 /dev/stdin /x <<'EOF'\nhi\nEOF"],
    ['COPY <<EOF /x\nhi\nEOF', "RUN install -D -m 644 /dev/stdin /x <<'EOF'\nhi\nEOF"],
    [
      'ENV A=1\nCOPY <<EOF /x\n$A "\\$B" \\\\\nEOF',
      'ENV A=1',
      `RUN install -D -m 644 /dev/stdin /x <<'EOF'\n1 "$B" \\\nEOF`,
    ],
    [
      'COPY <<EOF /x\n$A \\$B `c`$HOME\nEOF',
      'RUN install -D -m 644 /dev/stdin /x <<EOF\n${A} \\$B \\`c\\`\nEOF',
    ],
    [`COPY <<'EOF' /x\n$A\nEOF`, "RUN install -D -m 644 /dev/stdin /x <<'EOF'\n$A\nEOF"],
    [
      'USER app\nCOPY --chown=app:staff --chmod=600 <<a <<b /x/\n1\na\n2\nb',
      'USER app',
      "RUN install -D -m 600 -o app -g staff /dev/stdin /x/a <<'a'\n1\na @root",
      "RUN install -D -m 600 -o app -g staff /dev/stdin /x/b <<'b'\n2\nb @root",
    ],
  ])('%j', (text, ...expected) => {
    expect(calls(text, files)).toEqual(expected);
  });
});

describe('ADD', () => {
  const hash = 'a'.repeat(64);
  test.each([
    ['ADD a /b', 'COPY a /b'],
    [
      'ADD https://h/x.tgz?v=1 /y/',
      "RUN curl -fsSLR --create-dirs -o /y/x.tgz 'https://h/x.tgz?v=1' && chmod 600 /y/x.tgz",
    ],
    [
      `ADD --checksum=sha256:${hash} --chmod=755 --chown=u https://h/x /y`,
      `RUN curl -fsSLR --create-dirs -o /y https://h/x && echo ${hash} /y | sha256sum -c - && chmod 755 /y && chown u:u /y`,
    ],
    [
      'USER app\nADD a.tgz /y',
      'USER app',
      'COPY a.tgz /opt/.dockerfile-add-3/a.tgz root',
      'RUN mkdir -p /y && tar -xf /opt/.dockerfile-add-3/a.tgz -C /y && rm -r /opt/.dockerfile-add-3 @root',
    ],
    ['ADD --unpack=false a.tgz /y', 'COPY a.tgz /y'],
  ])('%j', (text, ...expected) => {
    expect(calls(text, files)).toEqual(expected);
  });
});

describe('other instructions', () => {
  test.each([
    ['WORKDIR /a b\nWORKDIR "c"', 'WORKDIR /a b', 'WORKDIR c'],
    ['USER app:app\nUSER 0:0', 'USER app', 'USER root'],
    ['CMD ["serve", "80 80"]', "START serve '80 80'"],
    ['CMD a && b', 'START a && b'],
    ['CMD a\nENTRYPOINT ["e", "x"]', 'START e x /bin/sh -c a'],
    ['ENTRYPOINT ["/e"]\nCMD ["b", "c d"]', "START /e b 'c d'"],
    ['ENTRYPOINT ["/e"]', 'START /e'],
    ['ENTRYPOINT []\nCMD ["a"]', 'START a'],
    ['ENTRYPOINT /e\nCMD ["a"]', 'START /e'],
    ['CMD a\nCMD ["b"]', 'START b'],
    ['HEALTHCHECK --interval=5s CMD curl -f http://x || exit 1', 'READY curl -f http://x || exit 1'],
    ['HEALTHCHECK CMD ["a", "b c"]\nCMD x', 'START x', "READY a 'b c'"],
    ['HEALTHCHECK CMD a\nHEALTHCHECK NONE'],
    ['EXPOSE 80\nLABEL a=b\nVOLUME /x\nSTOPSIGNAL 9\nONBUILD RUN x\nMAINTAINER me'],
  ])('%j', (text, ...expected) => {
    expect(calls(text)).toEqual(expected);
  });
});

describe('a Dockerfile', () => {
  const whole = (text: string) => {
    const { base, calls: made } = readDockerfile(text);
    return [`${base?.line} ${base?.image}`, ...made.map((call) => `${call.line} ${shown(call)}`)];
  };

  test('begins as root in /, and ends with the user and folder of the service', () => {
    expect(whole('# syntax=docker/dockerfile:1\n\n# a\nFROM x AS y\nRUN a')).toEqual([
      '4 x',
      '4 USER root',
      '4 WORKDIR /',
      '5 RUN a',
      '4 USER user',
      '4 WORKDIR /home/user',
    ]);
    expect(whole('FROM x\nUSER a\nWORKDIR /b').slice(3)).toEqual(['2 USER a', '3 WORKDIR /b']);
  });

  test('of several stages is the final one, with those that it starts from', () => {
    const text = `ARG V=1
FROM go AS build
RUN compile
FROM x:$V AS base
ENV A=1
CMD a
FROM Base
RUN echo $A
ENTRYPOINT ["/e"]`;
    expect(whole(text)).toEqual([
      '4 x:1',
      '4 USER root',
      '4 WORKDIR /',
      '5 ENV A=1',
      '8 RUN echo $A',
      '4 USER user',
      '4 WORKDIR /home/user',
    ]);
    // A new ENTRYPOINT takes away the CMD of the stage before.
    expect(readDockerfile(text).start).toEqual({ command: '/e', line: 9 });
  });

  test('may have another escape character', () => {
    expect(whole('# escape=`\nFROM x\nRUN a `\n  b\nENV A=c:\\d B=e` f')).toEqual([
      '2 x',
      '2 USER root',
      '2 WORKDIR /',
      '3 RUN a b',
      '5 ENV A=c:\\d | B=e f',
      '2 USER user',
      '2 WORKDIR /home/user',
    ]);
    expect(whole('# a comment\n# escape=`\nFROM x\nRUN a \\\n  b')).toContain('4 RUN a b');
  });
});
