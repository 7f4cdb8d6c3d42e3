// A run that a stranger may have caused: a build script and a config file have only what is committed.
import { expect } from 'vitest';
import { write } from '../support/checkouts.ts';
import { guardedTest } from './guarded-kit.ts';

const script = `import 'dotenv/config';
import { config } from 'dotenv';
import { Template } from 'e2b';
config({ path: 'committed.env' });
console.log('FOUND', process.env.FROM_FILE, process.env.FROM_COMMIT);
await Template.build(Template().fromTemplate('base'), 'my-agent');
`;

const test = guardedTest({
  'build.ts': script,
  'committed.env': 'FROM_COMMIT=committed\n',
  'e2b.toml': 'template_name = "my-agent"\ndockerfile = "e2b.Dockerfile"\n',
  'e2b.Dockerfile': 'FROM 127.0.0.1:1/base\n',
  'odd.toml': 'template_name = "my-agent"\ndockerfile = "planted.Dockerfile"\n',
});

test('a build script gets no .env that git does not track', async ({ workspace, checkOut, runGuarded }) => {
  checkOut('the run itself');
  write(workspace.path, { '.env': 'FROM_FILE=planted\n' });
  const { exitCode, log } = await runGuarded({ template: 'build.ts' });
  expect(exitCode, log).toBe(0);
  expect(log).toContain('FOUND undefined committed');
  expect(log).toContain('.env is not read: git does not track it as it is.');
});

test('a config file is read with its Dockerfile, both as they are committed', async ({
  workspace,
  checkOut,
  runGuarded,
}) => {
  checkOut('the run itself');
  const { exitCode, log } = await runGuarded({ template: 'e2b.toml' });
  expect(exitCode, log).toBe(0);

  write(workspace.path, { 'planted.Dockerfile': 'FROM planted\n' });
  const planted = await runGuarded({ template: 'odd.toml' });
  expect(planted.exitCode, planted.log).toBe(1);
  expect(planted.log).toContain('planted.Dockerfile is loaded, and git does not track it.');

  write(workspace.path, { 'e2b.Dockerfile': 'FROM changed\n' });
  const changed = await runGuarded({ template: 'e2b.toml' });
  expect(changed.exitCode, changed.log).toBe(1);
  expect(changed.log).toContain('e2b.Dockerfile is loaded, and it differs from its commit.');
});
