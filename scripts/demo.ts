/**
 * Builds examples/python-agent with the bundled action on the embedded service, three times: everything is new, then
 * one file has changed, then nothing has. The base image is asked of a small registry on loopback. Prints the log with
 * its groups unfolded, then the outputs and the job summary.
 *
 * Usage: node scripts/demo.ts [--raw]    (--raw prints the log as the runner gets it)
 */

import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot, runAction } from '../test/e2e/runner.ts';
import { startRegistry } from '../test/registry/registry-server.ts';

const raw = process.argv.includes('--raw');
/** Set while a group is open. */
let indent = '';
const workspace = mkdtempSync(join(tmpdir(), 'demo-'));
cpSync(join(repositoryRoot, 'examples', 'python-agent'), workspace, { recursive: true });
const registry = await startRegistry();
registry.push('library/python', '3.12-slim');
const recipe = join(workspace, 'template.ts');
writeFileSync(recipe, readFileSync(recipe, 'utf8').replace("'python:", `'${registry.host}/library/python:`));

const service = spawn(
  process.execPath,
  [join(repositoryRoot, 'dist', 'local', 'index.js'), '--step-ms', '700'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const connection: Record<string, string> = {};
for await (const line of createInterface({ input: service.stdout })) {
  const [, name, value] = /^(NOVITA_\w+)=(.*)$/.exec(line) ?? [];
  if (name && value) connection[name] = value;
  if (Object.keys(connection).length === 2) break;
}

try {
  heading('First build: everything is new');
  await build('v1.0.0, latest', () => {});
  heading('Second build: a file changed, the layers before it are cached');
  appendFileSync(join(workspace, 'app', 'main.py'), '\n# changed\n');
  await build('v1.0.1, latest', () => {});
  heading('Third run: nothing changed, so nothing is built');
  await build('v1.0.2, latest', (summary) => {
    heading('Job summary');
    process.stdout.write(summary);
  });
} finally {
  service.kill();
  await registry.close();
  rmSync(workspace, { recursive: true, force: true });
}

async function build(tags: string, then: (summary: string) => void): Promise<void> {
  let shown = 0;
  const result = await runAction({
    workspace,
    inputs: { name: 'python-agent', tags },
    env: connection,
    onOutput(printed) {
      const end = printed.lastIndexOf('\n') + 1;
      process.stdout.write(readable(printed.slice(shown, end)));
      shown = end;
    },
  });
  process.stdout.write('\nOutputs\n');
  for (const [name, value] of Object.entries(result.outputs)) process.stdout.write(`  ${name}=${value}\n`);
  then(result.summary);
  if (result.exitCode !== 0) process.exitCode = 1;
}

/** The log as the runner's page shows it, with every group open. */
function readable(text: string): string {
  if (raw) return text;
  return text.replace(/^.*\n/gm, (line) => {
    if (line.startsWith('::group::')) {
      indent = '  ';
      return `▾ ${line.slice('::group::'.length)}`;
    }
    if (line.startsWith('::endgroup::')) {
      indent = '';
      return '';
    }
    const [, kind, message = ''] = /^::(notice|warning|error)[^:]*::(.*\n)/.exec(line) ?? [];
    if (kind)
      return `${kind}: ${message.replaceAll('%0A', `\n${' '.repeat(kind.length + 2)}`).replaceAll('%25', '%')}`;
    return line.startsWith('::add-mask::') ? '' : indent + line;
  });
}

function heading(text: string): void {
  process.stdout.write(`\n=== ${text} ===\n\n`);
}
