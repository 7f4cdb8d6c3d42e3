import fc from 'fast-check';
import { Template, TemplateBase } from 'novita-sandbox';
import { describe, expect, test, vi } from 'vitest';
import { readDockerfile } from '../../src/definition/dockerfile/read.ts';
import { recordBuilder } from '../../src/definition/host/recorder.ts';
import { definitionOf, load, place } from '../support/definition-project.ts';

const recorder = recordBuilder(TemplateBase, {
  find: () => ({ file: '/template.ts', line: 1 }),
  isUserFile: () => true,
});

/** The messages about a Dockerfile, in the order of its lines: `✗ 2 …` is a mistake on line 2, `! 2 …` a warning. */
function told(
  dockerfile: string,
  after: (template: ReturnType<ReturnType<typeof Template>['fromDockerfile']>) => void = () => {},
): string[] {
  // The SDK prints what it leaves out.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const template = Template();
  after(template.fromDockerfile(dockerfile));
  const line = (mark: string, text: string) =>
    text.replace(/^Line (\d+) of the Dockerfile, ([A-Z]+): /, `${mark} $1 $2 `);
  return [
    ...recorder.mistakes(template).map(({ message }) => line('✗', message)),
    ...recorder.warnings(template).map(({ message }) => line('!', message)),
  ];
}

/** An instruction below `FROM debian`, and the message about it. */
const lost: ReadonlyArray<readonly [instruction: string, ...told: RegExp[]]> = [
  [`RUN printf 'a\\tb\\n' > /x`, /✗ 2 RUN .*each \\ that ends no line: .*printf 'atbn' > \/x.*script/],
  [`RUN grep -E '\\d+' x`, /✗ 2 RUN/],
  ['RUN echo "a \\"b\\""', /✗ 2 RUN/],
  [`RUN echo "a   b"`, /✗ 2 RUN .*several blanks to one, even in quotes/],
  [`RUN echo 'a \\\n    b'`, /✗ 2 RUN .*several blanks to one/],
  ['RUN <<EOF\necho hi\nEOF', /✗ 2 RUN .*here-document/],
  [`RUN cat > /x <<-'EOF' && echo\nx\n\tEOF`, /✗ 2 RUN .*here-document/],
  ['RUN ["apt-get", "install", "-y", "curl"]', /✗ 2 RUN .*exec form.*Write RUN apt-get install -y curl\./],
  ['RUN ["sh", "-c", "a b"]', /Write RUN sh -c 'a b'\./],
  [
    'RUN --mount=type=secret,id=npmrc npm ci',
    /✗ 2 RUN .*--mount=type=secret,id=npmrc: a build has no secrets/,
  ],
  ['RUN --mount=target=/x npm ci', /✗ 2 RUN .*files would not be there/],
  [
    'RUN --mount=type=cache,target=/x --network=none npm ci',
    /! 2 RUN .*--mount=type=cache/,
    /! 2 RUN .*--network=none/,
  ],
  ['RUN --security=insecure x', /✗ 2 RUN .*--security=insecure/],
  ['ENV A=1 B="two words"', /✗ 2 ENV .*blanks.* B would be.*\.setEnvs\(\{ B: '…' \}\) in the definition/],
  ['ENV A="x" B=\'y\'', /✗ 2 ENV .*quotes of A, B.*Write A, B as NAME=value, without quotes/],
  ['ENV PATH="/x:$PATH"', /✗ 2 ENV .*Write PATH as NAME=value/],
  ['ENV A two words', /✗ 2 ENV .*setEnvs/],
  ['ENV A=a\\ b', /✗ 2 ENV .*setEnvs/],
  ['ENV A=\\$x', /✗ 2 ENV .*setEnvs/],
  ['ENV A=1 B', /✗ 2 ENV .*needs names and values/],
  ['ENV A', /! 2 ENV .*needs names and values/],
  ['ENV A=a\\.b', /! 2 ENV .*Docker removes the \\ in A.*Write it twice/],
  ['ENV A=1\nENV PATH=/a$A:$PATH', /! 3 ENV .*value of A may be missing in PATH/],
  ['ARG A="x"', /✗ 2 ARG .*without quotes/],
  ['ARG A=1 B=2 C', /! 2 ARG .*ENV of ARG: every sandbox has A, B, C.*a build gets no arguments/],
  ['ARG A B', /✗ 2 ARG .*ARG for each name/],
  ['ARG TARGETARCH', /✗ 2 ARG .*Write ARG TARGETARCH=amd64/],
  ['ENV A=1\nARG A=2', /✗ 3 ARG .*Remove this ARG/],
  ['COPY a b /x/', /✗ 2 COPY .*"a" alone.*COPY a \/x\/ and COPY b \/x\//],
  ['COPY ["a", "b", "/x/"]', /✗ 2 COPY .*brackets.*Write COPY a \/x\/ and COPY b \/x\//],
  ['COPY ["a b", "/x"]', /✗ 2 COPY .*Write \.copy\('a b', '\/x'\) in the definition/],
  ['COPY "a b" /x', /✗ 2 COPY .*blanks from quotes.*\.copy\('a b', '\/x'\)/],
  [`COPY 'a' /x`, /✗ 2 COPY .*neither quotes nor escapes/],
  ['COPY --from=builder /a /x', /✗ 2 COPY .*--from=builder/],
  ['COPY <<EOF /x\nhi\nEOF', /✗ 2 COPY .*here-document/],
  ['COPY --chmod=755 a /x', /✗ 2 COPY .*--chmod=755.*RUN chmod 755.*mode: 0o755/],
  ['COPY --exclude=*.md a /x', /✗ 2 COPY .*--exclude=\*\.md.*\.dockerignore/],
  ['COPY --parents a/b /x', /✗ 2 COPY .*--parents/],
  ['COPY --link --chown=u:g a /x', /! 2 COPY .*--link/],
  ['COPY --chown=$U a /x', /! 2 COPY .*owner would be \$U/],
  ['ENV A=d\nCOPY $A/x ${A:-e}', /✗ 3 COPY .*Write COPY d\/x d\./],
  ['ADD https://h/x.tgz?v=1 /x/', /✗ 2 ADD .*RUN curl -fsSL -o \/x\/x\.tgz https:\/\/h\/x\.tgz\?v=1/],
  [
    'ADD git@github.com:o/r.git#v1 /x',
    /✗ 2 ADD .*RUN git clone git@github\.com:o\/r\.git \/x && git -C \/x checkout v1\.$/,
  ],
  ['ADD a.tar.gz /x', /✗ 2 ADD .*Docker unpacks it.*tar -xf \/opt\/a\.tar\.gz -C \/x/],
  ['WORKDIR', /✗ 2 WORKDIR .*has nothing after it.*remove the line/],
  ['USER', /✗ 2 USER .*has nothing after it/],
  ['RUN --network=none', /✗ 2 RUN .*has nothing after it/],
  ['CMD', /✗ 2 CMD .*has nothing after it/],
  ['WORKDIR /a b', /✗ 2 WORKDIR .*setWorkdir\(\)/],
  ['WORKDIR "/a"', /✗ 2 WORKDIR .*Write WORKDIR \/a\./],
  ['ENV A=/a\nWORKDIR $A/b', /! 3 WORKDIR .*Write WORKDIR \/a\/b\./],
  [`USER 'app'`, /✗ 2 USER .*Write USER app\./],
  ['USER $APP', /! 2 USER .*Write the value itself/],
  ['USER app:app', /! 2 USER .*Write USER app\./],
  ['SHELL ["/bin/bash", "-o", "pipefail", "-c"]', /! 2 SHELL .*set -o pipefail &&/],
  ['SHELL ["pwsh", "-Command"]', /✗ 2 SHELL/],
  ['HEALTHCHECK --interval=5s CMD x', /! 2 HEALTHCHECK .*setReadyCmd\(\)/],
  ['VOLUME /x', /! 2 VOLUME .*RUN mkdir -p/],
  ['ONBUILD RUN x', /! 2 ONBUILD/],
  ['STOPSIGNAL 9', /! 2 STOPSIGNAL/],
  ['LABEL a=b', /! 2 LABEL/],
  ['MAINTAINER x', /! 2 MAINTAINER/],
  ['RUM x', /✗ 2 RUM .*Write RUN\./],
  ['CMD ["serve", "80 80"]', /✗ 2 CMD .*serve 80 80.*Write CMD serve '80 80'\./],
  ['CMD ["a", "$HOME"]', /✗ 2 CMD .*Write CMD a '\$HOME'\./],
  ['CMD echo "a  b"', /✗ 2 CMD .*script/],
  [
    'ENTRYPOINT ["/e"]\nCMD ["b", "c d"]',
    /✗ 2 ENTRYPOINT .*CMD on line 3.*Write one CMD for both: CMD \/e b 'c d'/,
    /✗ 3 CMD/,
  ],
  ['CMD ["b"]\nENTRYPOINT ["/e"]', /✗ 2 CMD .*CMD \/e b\./],
  ['ENTRYPOINT /e\nCMD ["b"]', /✗ 3 CMD .*Remove CMD/],
];

const kept = [
  'RUN a \\\n  b \\\n# a comment\n\n  c   d # another   one',
  'run echo $HOME ${X:-1} `id` && cat <<<abc && echo $((1<<n))',
  `RUN bash -lc "a && \\\n    b" && X="$(c \\\n   | d)" && sh -c 'a   b'`,
  'RUN a &&\\\r\n b\r\nRUN c',
  'RUN --network=default a',
  'ENV A=1 B=$HOME/x \\\n  C=3 A=2\nENV D four\nENV E=',
  'copy --chown=u:g a* ./x/\nADD --unpack=false a.tar /x\nCOPY a\\\n b',
  'WORKDIR app\nUSER app',
  'EXPOSE 80\nHEALTHCHECK NONE',
  'CMD ["npm", "start"]\nCMD ["node", "--x=1"]',
  'CMD a   "b c" && d',
  'ENTRYPOINT ["/e"]',
  'CMD b\nENTRYPOINT /e',
  `CMD ['a']`,
  'CMD []',
];

describe('what the SDK loses of a Dockerfile', () => {
  test.each(lost)('%s', (instruction, ...expected) => {
    expect(told(`FROM debian\n${instruction}`)).toEqual(expected.map((text) => expect.stringMatching(text)));
  });

  test.each(kept)('nothing of %s', (instruction) => {
    expect(told(`FROM debian\n${instruction}`)).toEqual([]);
  });

  test.each<[string, ...RegExp[]]>([
    ['# escape=`\nFROM a\nRUN a `\n b\nRUN dir c:\\x'],
    [
      '# syntax=docker/dockerfile:1\n# Escape = `\nFROM a\nRUN echo `\n  "a  b"',
      /✗ 4 RUN .*several blanks to one/,
    ],
    ['FROM --platform=$BUILDPLATFORM a AS b'],
    ['FROM --platform=linux/arm64 a', /! 1 FROM .*linux\/amd64/],
    ['ARG V=12\nFROM debian:${V}', /✗ 2 FROM .*Write FROM debian:12\./, /! 1 ARG/],
    ['FROM debian:$V', /✗ 1 FROM .*name of the image itself/],
    ['ARG V=1\nFROM debian\nARG V', /✗ 3 ARG .*Write ARG V=1/, /! 1 ARG/],
  ])('%s', (dockerfile, ...expected) => {
    expect(told(dockerfile)).toEqual(expected.map((text) => expect.stringMatching(text)));
  });

  test('nothing of a start command that the definition gives itself', () => {
    expect(
      told('FROM debian\nENTRYPOINT ["/e"]\nCMD ["b c"]', (template) => template.setStartCmd('x', 'y')),
    ).toEqual([]);
  });

  test.each([
    ['FROM a\nRUN b\nFROM c', /one stage only/],
    ['RUN a\nRUN b', /must name its base/],
    ['Dockerfile.none', /there is no file .*Dockerfile\.none.*working-directory/],
  ])('%j, which the SDK refuses', (dockerfile, message) => {
    expect(() => told(dockerfile)).toThrow();
    expect(recorder.problems.at(-1)?.message).toMatch(message);
  });
});

test('every message about a Dockerfile names its line and instruction', () => {
  const pieces = [
    'RUN ',
    'COPY ',
    'ADD ',
    'ENV ',
    'ARG ',
    'CMD ',
    'FROM ',
    'USER ',
    'SHELL ',
    '["',
    '"]',
    '", "',
    '<<EOF',
    '\nEOF\n',
    '--from=',
    '--mount=',
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
    '$(',
    '(',
    ')',
    '#',
    '=',
    'a',
    'b',
    '/x',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), (text) => {
      for (const { message } of readDockerfile(`FROM a\n${text.join('')}`, undefined).findings()) {
        expect(message).toMatch(/^Line \d+ of the Dockerfile, [A-Z]+: \S/);
      }
    }),
    { numRuns: 500 },
  );
});

const template = `import { Template } from 'novita-sandbox';
globalThis.fetch = async () => new Response('{}', { status: 404 });
export const template = Template()
  .fromDockerfile('Dockerfile');`;

describe('a Dockerfile that is a file', () => {
  test('has its mistakes reported together, each at its line', async () => {
    const Dockerfile = `ARG V=12
FROM debian:\${V}
ENV A=1 B="two words"
COPY --chmod=755 a b /x/
RUN ["apt-get", "install", "-y", "curl"]
RUN --mount=type=secret,id=npmrc npm ci
ENTRYPOINT ["/entry.sh"]
CMD ["serve", "80 80"]
RUN printf 'a\\tb' > /x
`;
    const loaded = await load({ 'template.ts': template, Dockerfile });
    expect(loaded.problems.map(({ title, at }) => `${place(loaded, at)} ${title}`)).toEqual([
      'Dockerfile:2 The SDK misreads FROM',
      'Dockerfile:3 The SDK misreads ENV',
      'Dockerfile:4 The SDK misreads COPY',
      'Dockerfile:4 The SDK misreads COPY',
      'Dockerfile:5 The SDK misreads RUN',
      'Dockerfile:6 The SDK misreads RUN',
      'Dockerfile:7 The SDK misreads ENTRYPOINT',
      'Dockerfile:8 The SDK misreads CMD',
      'Dockerfile:9 The SDK misreads RUN',
    ]);
  });

  test('has its warnings at their lines, without those of another template', async () => {
    const loaded = await load({
      'template.ts': `${template}\nTemplate().fromDockerfile('FROM x\\nRUN <<A\\nA\\nVOLUME /y');`,
      Dockerfile: 'FROM debian\nLABEL a=b\n\nVOLUME /x\n',
      'Dockerfile.dockerignore': 'secret',
    });
    const { warnings } = definitionOf(loaded);
    expect(warnings.map(({ title, at }) => `${place(loaded, at)} ${title}`)).toEqual([
      'Dockerfile.dockerignore:1 An ignore file without effect',
      'Dockerfile:2 LABEL is not fully supported',
      'Dockerfile:4 VOLUME is not fully supported',
      expect.stringMatching(/^Dockerfile:1 The base image/),
    ]);
  });

  test('has several stages reported at the second, and another encoding at its first line', async () => {
    const stages = await load({ 'template.ts': template, Dockerfile: 'FROM a AS b\nRUN x\nFROM c\n' });
    expect(stages.problems.map(({ at, message }) => `${place(stages, at)} ${message}`)).toEqual([
      expect.stringMatching(/^Dockerfile:3 .*one stage only/),
    ]);
    const bytes = await load({ 'template.ts': template, Dockerfile: '\uFEFFFROM a\n' });
    expect(bytes.problems.map(({ at, message }) => `${place(bytes, at)} ${message}`)).toEqual([
      expect.stringMatching(/^Dockerfile:1 .*Save it as plain UTF-8/),
    ]);
  });
});
