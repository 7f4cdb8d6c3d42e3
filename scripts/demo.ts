/**
 * Builds examples/python-agent with the bundled action on the embedded service, twice: the second build finds
 * every layer in the cache. Prints the log with its groups unfolded, then the outputs and the job summary.
 *
 * Usage: node scripts/demo.ts [--raw]    (--raw prints the log as the runner gets it)
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot, runAction } from '../test/e2e/runner.ts';

const raw = process.argv.includes('--raw');
/** Set while a group is open. */
let indent = '';
const workspace = mkdtempSync(join(tmpdir(), 'demo-'));
cpSync(join(repositoryRoot, 'examples', 'python-agent'), workspace, { recursive: true });

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

let exitCode: number | null = 1;
try {
  heading('First build: everything is new');
  await build('v1.0.0, latest', () => {});
  heading('Second build: nothing changed, every layer is cached');
  exitCode = await build('v1.0.1, latest', (summary) => {
    heading('Job summary');
    process.stdout.write(summary);
  });
} finally {
  service.kill();
  rmSync(workspace, { recursive: true, force: true });
}
process.exitCode = exitCode ?? 1;

async function build(tags: string, then: (summary: string) => void): Promise<number | null> {
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
  return result.exitCode;
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
