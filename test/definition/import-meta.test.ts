// `import.meta` in every use has the values of the file, and the steps keep their lines.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { load, steps } from '../support/definition-project.ts';

const sdk = `import { Template } from 'novita-sandbox';`;

test.each([
  ['Bun', "[import.meta.dir, import.meta.path, import.meta.file].join(' ')", '{folder} {folder}/x.ts x.ts'],
  ['Node', "import.meta.dirname + ' ' + import.meta.filename", '{folder} {folder}/x.ts'],
  ['a name in quotes', "import.meta['dirname']", '{folder}'],
  ['an optional one', 'import.meta?.dirname', '{folder}'],
  ['a cast', '(import.meta as any).dir', '{folder}'],
  ['the program that was started', 'String(import.meta.main)', 'false'],
  ['a module beside it', "import.meta.resolve('./lib.ts')", '{url}/lib.ts'],
  ['what bundlers have', '(import.meta as any).env.FROM_JOB', 'set'],
  ['its names', "String('url' in import.meta)", 'true'],
  ['what is not there', 'typeof (import.meta as any).hot', 'undefined'],
])('%s: %s', async (_, expression, expected) => {
  const loaded = await load(
    {
      'a/x.ts': `${sdk}\n\nexport const template = Template().fromTemplate('x')\n  .runCmd(${expression})\n  .copy('lib.ts', '/lib.ts');`,
      'a/lib.ts': '',
    },
    { env: { FROM_JOB: 'set' } },
  );
  const folder = join(loaded.directory, 'a');
  const value = expected.replaceAll('{folder}', folder).replace('{url}', pathToFileURL(folder).href);
  expect(steps(loaded)).toEqual([`RUN ${value} <a/x.ts:4>`, 'COPY lib.ts /lib.ts <a/x.ts:5>']);
  expect(loaded.definition?.contextDirectory).toBe(folder);
});

test.each([
  ['taken apart', 'const { dirname: folder,\n  url } = import.meta;'],
  ['handed on', 'const meta = import.meta;\nconst folder = meta.dirname, url = meta.url;'],
  ['printed', 'console.log(import.meta);\nconst { dirname: folder, url } = import.meta;'],
])('%s, in a helper too', async (_, code) => {
  const loaded = await load({
    'template.ts': `${sdk}\nimport { there } from './lib/there.ts';\n${code}\nexport const template = Template().fromTemplate('x')\n  .runCmd(folder + ' ' + url)\n  .runCmd(there);`,
    'lib/there.ts': `export const { dirname: there } = import.meta;`,
  });
  const { directory } = loaded;
  expect(steps(loaded)).toEqual([
    `RUN ${directory} ${pathToFileURL(join(directory, 'template.ts')).href} <template.ts:6>`,
    `RUN ${join(directory, 'lib')} <template.ts:7>`,
  ]);
});

test('a mistake beside it keeps its line', async () => {
  const loaded = await load({
    'template.ts': `const { dir } = import.meta as any;\n\nthrow new Error('in ' + dir);`,
  });
  expect(loaded.problems).toMatchObject([
    { message: expect.stringContaining(`in ${loaded.directory}`), at: { line: 3 } },
  ]);
});
