import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';

const test = testWith({ defaults: { inputs: { name: 'my-agent', tags: 'v1' } } });

/** The runner's commands of one kind: `file:line title`. */
function annotations(log: string, kind: 'warning' | 'error'): string[] {
  const commands = log.matchAll(new RegExp(`^::${kind} (\\S.*?)::`, 'gm'));
  return [...commands].map(([, properties = '']) => {
    const property = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(properties)?.[1] ?? '';
    return `${property('file')}:${property('line')} ${property('title')}`;
  });
}

test('a recipe that throws changes nothing at the service, and does not say that nothing was sent', async ({
  workspace,
  run,
  service,
}) => {
  await workspace.write({ 'template.ts': `throw new Error('no');\nexport const template = 1;\n` });
  const { log, exitCode } = await run();
  expect(exitCode, log).toBe(1);
  expect(log).toMatch(/\nNothing was built: A mistake was found before anything was changed\.\n$/);
  expect(service.requests.map(({ method }) => method).filter((method) => method !== 'GET')).toEqual([]);
});

describe('a recipe that does something else than it says', () => {
  test('is built with a warning at each line', async ({ workspace, run }) => {
    await workspace.write({
      'template.ts': `import { Template } from 'novita-sandbox';
import { user } from '#own/user.js';
export const template = Template()
  .fromImage('debian:12', undefined, { inheritConfig: false })
  .setUser(user)
  .copy('.', '/app')
  .copy('key', '/home/user/key')
  .pipInstall(['requests>=2.31,<3']);
`,
      'package.json': '{ "type": "module", "imports": { "#own/*.js": "./src/*.js" } }',
      'src/user.ts': `export const user: string = 'app';`,
      '.git/HEAD': 'ref: refs/heads/main',
      '.git/config': '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic c2VjcmV0\n',
      key: 'KEY',
    });
    await chmod(join(workspace.path, 'key'), 0o600);
    const { log, exitCode, result } = await run();
    expect(exitCode, log).toBe(0);
    const expected = [
      'template.ts:8 The shell misreads an argument of pipInstall() [shell-argument]',
      'template.ts:6 A token in the template [copied-credentials]',
      'template.ts:6 A file loses its mode [file-mode]',
      'template.ts:7 A file loses its mode [file-mode]',
    ];
    expect(annotations(log, 'warning')).toEqual(expected);
    expect(log).not.toContain('c2VjcmV0');
    expect(result).toMatchObject({
      warnings: expected.map((text) => ({ title: text.replace(/^\S+ | \[.*/g, '') })),
    });
  });

  test('is not built where the Dockerfile holds what a template cannot have, and all is told at once', async ({
    workspace,
    run,
  }) => {
    await workspace.write({
      'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template()
  .fromDockerfile('Dockerfile');
`,
      Dockerfile: `FROM debian:12
RUN --mount=target=/x make
COPY --from=build /a /b
`,
    });
    const { log, exitCode } = await run();
    expect(exitCode, log).toBe(1);
    expect(annotations(log, 'error')).toEqual([
      'Dockerfile:2 RUN cannot be built',
      'Dockerfile:3 COPY cannot be built',
    ]);
  });

  test('is not built where an ignore file cannot be read for certain', async ({ workspace, run }) => {
    await workspace.write({
      'template.ts': `import { Template } from 'novita-sandbox';
export const template = Template().fromTemplate('base').copy('.', '/app');
`,
      '.dockerignore': 'a\n.\0e\0n\0v\0\n',
    });
    const { log, exitCode } = await run();
    expect(exitCode, log).toBe(1);
    expect(annotations(log, 'error')).toEqual(['.dockerignore:2 Encoding of .dockerignore']);
  });
});
