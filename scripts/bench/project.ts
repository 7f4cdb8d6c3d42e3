import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../test/support/runner.ts';
import type { Scenario } from './scenarios.ts';

const chunkBytes = 16_000_000;

/** Pinned, so that nobody has to ask a registry what it is. */
const image = `python:3.12@sha256:${createHash('sha256').update('bench').digest('hex')}`;

/**
 * Makes a folder with `template.ts` for the action, `build.mts` for the SDK's own driver, both of one recipe,
 * and what they copy. Gives its path.
 */
export function makeProject({
  files,
  fileBytes,
  nothingInstalled,
}: Pick<Scenario, 'files' | 'fileBytes' | 'nothingInstalled'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  mkdirSync(join(directory, 'app'));
  for (let index = 0; index < files; index++) {
    writeNoise(join(directory, 'app', `${index}.bin`), fileBytes, index);
  }
  const recipe = `Template().fromImage('${image}', undefined, { inheritConfig: false })
  .copy('app', '/app').runCmd('make').setEnvs({ A: '1' }).setStartCmd('serve', waitForPort(8000))`;
  const sdk = `import { Template, waitForPort, defaultBuildLogger } from 'novita-sandbox';`;
  writeFileSync(join(directory, 'template.ts'), `${sdk}\nexport const template = ${recipe};\n`);
  writeFileSync(
    join(directory, 'build.mts'),
    `${sdk}\nconst template = ${recipe};
await Template.build(template, 'bench', { tags: ['v1'], onBuildLogs: defaultBuildLogger() });\n`,
  );
  if (!nothingInstalled) symlinkSync(join(repositoryRoot, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

/** The same noise for the same seed, so that compressing is work: the stream of a cipher. */
function writeNoise(path: string, bytes: number, seed: number): void {
  const key = createHash('sha256').update(`noise ${seed}`).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(Math.min(bytes, chunkBytes));
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; ) {
    written += writeSync(file, cipher.update(zeros.subarray(0, bytes - written)));
  }
  closeSync(file);
}
