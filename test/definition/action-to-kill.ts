/** Loads the definition in the folder that is given, and prints what it prints: a process to be killed meanwhile. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDefinition } from '../../src/definition/process/load.ts';
import { bundledSdk, host } from '../support/definition-bundles.ts';

const [workingDirectory = '.'] = process.argv.slice(2);
await loadDefinition(
  {
    kind: 'module',
    file: join(workingDirectory, 'template.ts'),
    workingDirectory,
    temporaryDirectory: tmpdir(),
    timeLimitMs: 60_000,
    env: process.env,
  },
  { host, bundledSdk, output: (line) => console.log(line) },
);
