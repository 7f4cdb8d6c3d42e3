import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definitionOf, type Loaded, load, place } from '../../support/definition-project.ts';

const offline = `globalThis.fetch = async () => new Response('{}', { status: 404 });`;
const recipe = (call: string) => `import { Template } from 'novita-sandbox';
${offline}
export const template = Template()
  .${call};`;

/** A base that no registry is asked about, since the plan reports it. */
const from = 'FROM Debian\n';

const steps = (loaded: Loaded) =>
  definitionOf(loaded).steps.map(({ wire, source }) =>
    `${wire.type} ${(wire.args ?? []).filter(Boolean).join(' ')} <${place(loaded, source)}>`.replace(
      /[A-Za-z\d+/=]{80,}/,
      '…',
    ),
  );

test('a Dockerfile alone is a definition, and its folder the context', async () => {
  const loaded = await load(
    {
      'docker/e2b.Dockerfile': `${from}ARG V\nRUN make $V\nCOPY a b /x/\nCMD ["serve", "80 80"]\nHEALTHCHECK CMD curl x\nEXPOSE 80\n`,
      'docker/a': '1',
      'docker/b/c': '2',
    },
    { reading: { buildArgs: { V: '2' } } },
  );
  const { kind, contextDirectory, sources, recipe, warnings, notices } = definitionOf(loaded);
  expect([kind, contextDirectory, warnings]).toEqual(['dockerfile', join(loaded.directory, 'docker'), []]);
  expect(steps(loaded)).toEqual([
    'USER root <docker/e2b.Dockerfile:1>',
    'WORKDIR / <docker/e2b.Dockerfile:1>',
    'RUN export V=2; make $V <docker/e2b.Dockerfile:3>',
    'COPY a /x/a <docker/e2b.Dockerfile:4>',
    'COPY b /x/ <docker/e2b.Dockerfile:4>',
    'USER user <docker/e2b.Dockerfile:1>',
    'WORKDIR /home/user <docker/e2b.Dockerfile:1>',
  ]);
  expect(recipe).toEqual({
    fromImage: 'Debian',
    force: false,
    startCmd: "serve '80 80'",
    readyCmd: 'curl x',
  });
  const { base, start, ready } = sources;
  expect([base, start, ready].map((at) => at?.line)).toEqual([1, 5, 6]);
  expect(notices.map(({ at, message }) => `${at?.line} ${message}`)).toEqual([
    expect.stringMatching(/^1 There is no USER/),
    expect.stringMatching(/^6 Its command is the ready command/),
    expect.stringMatching(/^7 Left out: EXPOSE/),
  ]);
});

test('a recipe with fromDockerfile gives the same steps as the Dockerfile alone', async () => {
  const Dockerfile = `${from}ENV A="x y" PATH=/a:$PATH\nRUN echo "a\\nb"\nUSER app\nCOPY . .\nENTRYPOINT ["a"]\n`;
  const alone = definitionOf(await load({ Dockerfile }));
  const called = definitionOf(
    await load({ 'template.ts': recipe(`fromDockerfile('Dockerfile')`), Dockerfile }),
  );
  expect(called.recipe).toEqual(alone.recipe);
  expect(called.steps.map(({ wire }) => wire)).toEqual(alone.steps.map(({ wire }) => wire));
});

test('mistakes are reported together, each at its line', async () => {
  const loaded = await load({
    'template.ts': recipe(`fromDockerfile('Dockerfile').runCmd('a')`),
    Dockerfile: `${from}COPY --from=x /a /b\nRUN a\nUSER 1000\nRUM b\n`,
  });
  expect(loaded.problems.map(({ title, at }) => `${place(loaded, at)} ${title}`)).toEqual([
    'Dockerfile:2 COPY cannot be built',
    'Dockerfile:4 USER cannot be built',
    'Dockerfile:5 RUM cannot be built',
  ]);
});

test('a start command in the recipe replaces that of the Dockerfile, and what was said about it', async () => {
  const Dockerfile = `${from}CMD []\n`;
  const warned = await load({ 'template.ts': recipe(`fromDockerfile('Dockerfile')`), Dockerfile });
  expect(definitionOf(warned).warnings).toHaveLength(1);
  const given = await load({
    'template.ts': recipe(`fromDockerfile('Dockerfile').setStartCmd('x', 'y')`),
    Dockerfile,
  });
  expect(definitionOf(given).warnings).toEqual([]);
});

test('a path counts from the working directory, else from the file that names it', async () => {
  const files = {
    'app/template.ts': recipe(`fromDockerfile('Dockerfile')`),
    'app/Dockerfile': `${from}RUN beside\n`,
  };
  expect(steps(await load(files))).toContain('RUN beside <app/Dockerfile:2>');
  expect(steps(await load({ ...files, Dockerfile: `${from}RUN here\n` }))).toContain(
    'RUN here <Dockerfile:2>',
  );
});

test('a path to nothing is told with the places where it was looked for', async () => {
  const loaded = await load({ 'app/template.ts': recipe(`fromDockerfile('e2b.Dockerfile')`) });
  expect(loaded.problems.map(({ at, message }) => `${place(loaded, at)} ${message}`)).toEqual([
    `app/template.ts:4 fromDockerfile("e2b.Dockerfile") names a file that does not exist. Looked for ${join(loaded.directory, 'e2b.Dockerfile')} and ${join(loaded.directory, 'app/e2b.Dockerfile')}. A path is relative to the working directory, else to the file that names it: correct it, or set the input working-directory.`,
  ]);
});

test('a text in the recipe is told at the call, with the line in the text', async () => {
  const loaded = await load({ 'template.ts': recipe('fromDockerfile(`FROM a\nRUN []\nCMD x`)') });
  expect(loaded.problems.map(({ at, message }) => `${place(loaded, at)} ${message}`)).toEqual([
    'template.ts:4 Line 2 of the Dockerfile: The list of RUN is empty. Name a program in it.',
  ]);
});

test.each([
  ['a byte order mark', Buffer.from(`\uFEFF${from}RUN a\n`)],
  ['UTF-16', Buffer.from(`\uFEFF${from}RUN a\n`, 'utf16le')],
])('a file with %s is read', async (_, content) => {
  const loaded = await load(
    { Dockerfile: '' },
    { prepare: (directory) => writeFileSync(join(directory, 'Dockerfile'), content) },
  );
  expect(steps(loaded)).toContain('RUN a <Dockerfile:2>');
});

test('a file of unclear encoding is refused', async () => {
  const loaded = await load(
    { Dockerfile: '' },
    {
      prepare: (directory) =>
        writeFileSync(join(directory, 'Dockerfile'), Buffer.from('FROM a\nRUN \xff\n', 'latin1')),
    },
  );
  expect(loaded.problems.map(({ at, title }) => `${place(loaded, at)} ${title}`)).toEqual([
    'Dockerfile:2 Encoding of the Dockerfile',
  ]);
});

test('the content of a file decides whether ADD unpacks it', async () => {
  // The header of an archive that holds an empty file "a".
  const header = Buffer.alloc(1536);
  header.write('a');
  header.write('0000644\0', 100);
  header.write('00000000000\0', 124);
  header.write('        ', 148);
  header.write('0', 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const loaded = await load(
    { Dockerfile: `${from}ADD real named.tar /x/\nCOPY real /y\n` },
    {
      prepare: (directory) => {
        writeFileSync(join(directory, 'real'), header);
        writeFileSync(join(directory, 'named.tar'), 'no archive');
      },
    },
  );
  expect(steps(loaded).slice(2, -2)).toEqual([
    'COPY real /opt/.dockerfile-add-2/real <Dockerfile:2>',
    'RUN mkdir -p /x/ && tar -xf /opt/.dockerfile-add-2/real -C /x/ && rm -r /opt/.dockerfile-add-2 <Dockerfile:2>',
    'COPY named.tar /x/named.tar <Dockerfile:2>',
    'COPY real /y <Dockerfile:3>',
  ]);
});

test('a pattern that takes a folder copies what it holds, or is warned about where ignore rules may leave it out', async () => {
  const files = {
    Dockerfile: `${from}COPY src/* /x/\nCOPY src/*.[jt]s /y/\n`,
    'src/a.ts': '',
    'src/sub/b': '',
  };
  const copied = await load(files);
  expect(steps(copied).slice(2, -2)).toEqual([
    'COPY src/a.ts /x/a.ts <Dockerfile:2>',
    'COPY src/sub /x/ <Dockerfile:2>',
    'COPY src/*.[jt]s /y/ <Dockerfile:3>',
  ]);
  const warned = await load({ ...files, '.dockerignore': 'src/sub' });
  expect(definitionOf(warned).warnings.map(({ at, message }) => `${at?.line} ${message}`)).toEqual([
    expect.stringMatching(
      /^2 The service keeps the folders that src\/\* takes \(src\/sub\), where Docker copies what they hold/,
    ),
  ]);
});

test('a link is copied as what it leads to', async () => {
  const loaded = await load(
    { Dockerfile: `${from}COPY link /x/\n`, a: '' },
    { prepare: (directory) => symlinkSync('a', join(directory, 'link')) },
  );
  expect(steps(loaded)).toContain('COPY a /x/link <Dockerfile:2>');
});
