/** A Dockerfile that a recipe in Python names is read by the reader of all recipes. */
import { expect } from 'vitest';
import { definitionOf, load, steps } from '../../support/definition-project.ts';
import { loadPython, mistakes, pythonTest as test } from './load-python.ts';

const dockerfile = `FROM scratch-of a
ENV NAME="a  b"
COPY template.* /app/
RUN printf 'a\\\\nb   c' \\
    > /x
CMD ["run", "it now"]
`;

test('it becomes the same steps as in TypeScript, at its own lines', async () => {
  const files = { 'parts/Dockerfile': dockerfile.replace('scratch-of a', 'a') };
  const python = await loadPython({
    'template.py': `from e2b import Template\ntemplate = Template().from_dockerfile("parts/Dockerfile").run_cmd("after")`,
    ...files,
  });
  const typescript = await load({
    'template.ts': `import { Template } from 'e2b';\nexport const template = Template().fromDockerfile('parts/Dockerfile').runCmd('after')`,
    ...files,
  });
  expect([...mistakes(python), ...mistakes(typescript)]).toEqual([]);
  expect(steps(python).map((step) => step.replace('.py', '.ts'))).toEqual(steps(typescript));
  expect(definitionOf(python).recipe).toEqual(definitionOf(typescript).recipe);
  expect(steps(python).join('\n')).toMatch(/<parts\/Dockerfile:4>[\s\S]*RUN after <template\.py:2>/);
});

test('a start command of the recipe replaces that of the file', async () => {
  const loaded = await loadPython({
    'template.py': `from e2b import Template
import os
here = os.path.dirname(os.path.abspath(__file__))
template = Template().from_dockerfile(os.path.join(here, "Dockerfile")).set_start_cmd("mine", "ready")`,
    Dockerfile: 'FROM a\nCMD theirs\n',
  });
  expect(definitionOf(loaded).recipe).toMatchObject({ startCmd: 'mine', readyCmd: 'ready' });
});

test('its mistakes are at its lines', async () => {
  const loaded = await loadPython({
    'template.py': `from e2b import Template\ntemplate = Template().from_dockerfile("Dockerfile")`,
    Dockerfile: 'FROM a\nCOPY --from=other /x /y\n',
  });
  expect(mistakes(loaded)).toEqual([expect.stringMatching(/^Dockerfile:2 /)]);
});
