// Each Dockerfile is built by a container engine, and its builder calls are run as the service runs steps. A container of
// each must hold the same.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../src/definition/dockerfile/read.ts';
import { contextFiles } from '../../../src/definition/host/dockerfile/context-files.ts';
import { type Engine, findEngine, openEngine } from '../../support/engine.ts';
import { ServiceSteps } from '../../support/service-steps.ts';

const found = findEngine();
if (typeof found === 'string')
  leaveOut(`Tests of Dockerfiles against a container engine are left out: ${found}.`);
// Older ones read here-documents only with a frontend from a registry.
const hereDocuments = typeof found !== 'string' && found.major >= 23;
if (typeof found !== 'string' && !hereDocuments)
  console.warn(
    `Tests of here-documents against a container engine are left out: it is version ${found.major}.`,
  );

function leaveOut(line: string): void {
  if (process.env['REQUIRE_ENGINE'] === '1') throw new Error(line);
  console.warn(line);
}

const dockerfiles: Readonly<Record<string, string>> = {
  'commands as they are written': `
RUN printf 'a\\tb\\n' > /1 && echo "x   y" >> /1 && echo 'it'"'"'s' >> /1
RUN echo "a\\nb" > /2 && echo '\\t' >> /2 && echo {a,b} >> /2; echo ~ >> /2; echo "$0" >> /2
RUN mkdir -p /3/{a,b} && \\
    # a comment
    touch /3/x \\

      /3/y
RUN ["/bin/sh", "-c", "echo \\"$HOME\\" > /4"]
RUN ["cp", "/1", "/5 with blanks"]
RUN a=1; if [ "$a" = 1 ]; then echo "one  two" > /6; fi; for i in 1 2; do echo $i >> /6; done
RUN echo \${X:-d} $((2+3)) \`echo back\` "\\$Y" '\\$Y' > /7
run umask > /8`,

  'here-documents': `
RUN <<EOF
set -e
echo "one   two" > /1
cat > /2 <<'X'
$HOME \\
end
X
EOF
RUN cat > /3 <<'A' && cat > /4 <<B
a $HOME \\n
A
b \${Z:-z} \\$Y \\
c
B
RUN <<-E
	echo a > /5
		echo b >> /5
	E
RUN <<EOF
#!/bin/bash
echo "\${BASH_VERSION:+bash} \${0##*/}" > /6
EOF
RUN <<"EOF"
echo $((1<<2)) > /7
EOF
COPY <<EOF /h/8
$A "\\$B" 'c' \\\\
EOF
ENV A=a
COPY --chmod=600 --chown=user:staff <<one <<"two" /h/
$A
one
$A
two`,

  shells: `
SHELL ["/bin/bash", "-c"]
RUN echo "a\\nb" > /1 && [[ a == a ]] && echo {a,b} >> /1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN (false | true) || echo failed > /2
SHELL ["/bin/bash", "-euxc"]
RUN echo "$-" | grep -o u > /3
SHELL ["/bin/sh", "-c"]
RUN echo "a\\nb" > /4
CMD echo "$0 \\n" {a,b}`,

  variables: `
ENV A=1 B="two words" C='$A' D=\\$A E=a\\ b F="a\\"b" G= H=x$A$B
ENV OLD one "two"   three
ENV A=2 I=$A J=\${A}x K=\${NONE:-d} L=\${A:+set} M=\${G:-empty} O=\${NONE}o
ENV P='\${LITERAL_DOLLAR}' Q="back\\slash \\\\ end" R=\`tick\` S='$(echo no)' T="a # b" U=~ V=*
RUN for n in A B C D E F G H I J K L M O OLD P Q R S T U V; do eval "printf '%s=%s\\n' $n \\"\\$$n\\""; done > /env`,

  'a path': `
RUN mkdir -p /opt/x/bin /opt/y/bin && printf '#!/bin/sh\\necho tool' > /opt/x/bin/tool && chmod +x /opt/x/bin/tool
ENV PATH=/opt/x/bin:$PATH
RUN tool > /1 && echo $PATH > /2
ENV PATH="/opt/y/bin:\${PATH}:/after"
RUN echo $PATH > /3
RUN ["/bin/sh", "-c", "tool > /4"]
USER user
RUN tool > /home/user/5
CMD tool; echo $PATH`,

  arguments: `
ARG A=1
ARG B
ARG C='x  y' D=$A-1
RUN echo "$A|$B|$C|$D" > /1
ENV A=env
RUN echo "$A" > /2
ARG A=later
RUN echo "$A" > /3
ARG TARGETARCH TARGETPLATFORM
RUN echo "$TARGETARCH $TARGETPLATFORM" > /4
COPY a /$C/`,

  files: `
COPY a /1
COPY a dir sub/b /2/
COPY ["with blank", "/3 x/"]
COPY dir /4
COPY dir/ /5/
COPY . /6/
COPY *.txt /7/
COPY d?r/* /8/
COPY --chown=user:staff --chmod=640 a b.txt /2/
COPY --chmod=755 a /10
COPY none* a /11/
COPY /a /12
COPY link /13/
WORKDIR /14/w
COPY a .
COPY a ./
COPY b.txt new
COPY dir sub/b rel/
ADD a dir /15/
ADD archive.tar.gz /16/`,

  'users and folders': `
WORKDIR /w
RUN pwd > 1 && id -un > 2
WORKDIR x/y
RUN pwd > 3
USER user
WORKDIR /u/v
RUN id -un > 4; pwd > 5
COPY a /owned/
COPY --chown=user a /given/
RUN echo $HOME > /u/v/6
ADD archive.tar.gz /u/v/
USER root
RUN groupadd team && useradd -m -g team app
USER app:team
WORKDIR /home/app
RUN id -gn > 7`,

  stages: `
RUN echo base > /base
ENV A=1
CMD ["no"]
FROM base AS unused
RUN echo unused > /unused
FROM base AS middle
WORKDIR /m
RUN echo $A > middle
ARG V=x
SHELL ["/bin/bash", "-c"]
ENTRYPOINT ["/bin/echo", "a b"]
FROM middle
RUN echo "$PWD $V" {a,b} > final
CMD ["c", "$d"]`,

  'a start command in list form': `
ENTRYPOINT ["/bin/echo", "a  b", "$HOME", "it's"]
CMD ["c", "\\"d\\"", "", "*"]`,
  'a start command of a list and a shell command': `
ENTRYPOINT ["/bin/echo"]
CMD echo "x  y" $HOME`,
  'a start command for the shell': `
ENV A="1  2"
WORKDIR /usr
ENTRYPOINT echo "$A" '$A' $A; pwd`,
};

let engine: Engine;
let context: string;

beforeAll(() => {
  if (typeof found === 'string') return;
  engine = openEngine(found.program);
  context = mkdtempSync(join(tmpdir(), 'context-'));
  const files = {
    a: 'a',
    'b.txt': 'b',
    'c.txt': 'c',
    'dir/one': '1',
    'dir/deep/two': '2',
    'sub/b': 'sb',
    'with blank': 'w',
    'pack/p': 'p',
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(context, name)), { recursive: true });
    writeFileSync(join(context, name), content);
  }
  symlinkSync('a', join(context, 'link'));
  execFileSync('tar', ['-C', join(context, 'pack'), '-czf', join(context, 'archive.tar.gz'), 'p']);
});

afterAll(() => {
  if (context) rmSync(context, { recursive: true, force: true });
});

/** Every file with its type, mode, owner and content. */
const listing = `cd / && find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./usr/bin -o -path ./usr/sbin -o -path ./usr/lib -o -path ./usr/lib64 -o -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/resolv.conf -o -path ./.dockerenv \\) -prune -o -printf '%P %y %m %U:%G %l ' \\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\) | sed 's|  \\./.*||' | grep -vE '^(etc/(shadow|gshadow|passwd|group|subuid|subgid)-? |opt d|tmp d|run|home d|var)' | sort`;

const rows = Object.entries(dockerfiles).filter(([, text]) => hereDocuments || !text.includes('<<'));

describe.skipIf(typeof found === 'string')('a container holds what that of the engine holds', () => {
  test.each(rows)('%s', (_, instructions) => {
    const text = `# syntax=docker/dockerfile:1\nFROM ${engine.base} AS base${instructions}\n`.replace(
      /^# syntax.*\n/,
      '',
    );
    const image = engine.run(['build', '-q', '--network=none', '-f', '-', context], text).trim();
    const files = contextFiles(context, false);
    const reading = readDockerfile(text, { files });
    expect(reading.findings.filter(({ severity }) => severity === 'mistake')).toEqual([]);
    const inspected = JSON.parse(engine.run(['image', 'inspect', image]))[0].Config;
    const idle = ['run', '-d', '--rm', '--network=none', '--user=0', '--entrypoint', '/bin/sleep'];
    const docker = engine.run([...idle, image, '600']).trim();
    const own = engine.run([...idle, engine.base, '600']).trim();
    try {
      const steps = new ServiceSteps(engine, own, context, files);
      for (const call of reading.calls) steps.take(call);
      expect(steps.root(listing)).toBe(engine.run(['exec', '-u', '0', docker, '/bin/bash', '-c', listing]));

      const { env, user, workdir } = steps.state;
      const { PATH, ...declared } = Object.fromEntries(
        (inspected.Env as string[]).map((line) => [
          line.slice(0, line.indexOf('=')),
          line.slice(line.indexOf('=') + 1),
        ]),
      );
      expect({ PATH, ...env }).toEqual({ PATH, ...declared });
      if (inspected.User) expect(user).toBe(inspected.User.split(':')[0]);
      if (inspected.WorkingDir) expect(workdir).toBe(inspected.WorkingDir);
      const starts = Boolean(inspected.Entrypoint ?? inspected.Cmd);
      expect(reading.start !== undefined).toBe(starts);
      if (!reading.start) return;
      // A sandbox has the variables of ENV from its profile, PATH among them.
      const path = env['PATH'] === undefined ? '' : `export PATH='${env['PATH']}'; `;
      if (!inspected.User) steps.state.user = 'root';
      if (!inspected.WorkingDir) steps.state.workdir = '/';
      expect(steps.command(`${path}${reading.start.command}`)).toBe(
        engine.run(['run', '--rm', '--network=none', image]),
      );
    } finally {
      engine.run(['kill', docker, own]);
      engine.run(['image', 'rm', '-f', image]);
    }
  });
});
