/**
 * Builds examples/python-agent with the bundled action on the embedded service: everything is new, one file has
 * changed, nothing has changed, a package does not exist. The base image is looked up in a small registry on loopback.
 * Prints each log with its groups open and the outputs, and writes the job summaries as HTML files.
 *
 * The service builds in containers where an engine answers, has or gets the base image, and reaches packages. Else it
 * is simulated, and one line says why.
 *
 * Usage: node scripts/demo.ts [--raw] [--simulated]    (--raw prints the log as the runner gets it)
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { singleLine } from '../src/report/text/sanitize.ts';
import { type RunResult, repositoryRoot } from '../test/support/runner.ts';
import { runnerCommand } from '../test/support/runner-log.ts';
import { openExample } from './example.ts';
import { findExampleEngine } from './example-engine.ts';
import { summaryPage } from './pages.ts';

const raw = process.argv.includes('--raw');
/** Set while a group is open. */
let indent = '';

process.stdout.write('Looking for a container engine, the base image and packages ...\n');
const engine = process.argv.includes('--simulated')
  ? { ok: false as const, reason: '--simulated says so' }
  : await findExampleEngine(process.env);
process.stdout.write(
  engine.ok
    ? `Each step runs for real, in containers of ${engine.value.name}.\n`
    : `Each step is simulated: ${singleLine(engine.reason, 400)}.\n`,
);
await using example = await openExample(700, repositoryRoot, engine.ok ? engine.value.executor : undefined);
const folder = mkdtempSync(join(tmpdir(), 'demo-summary-'));

heading('First build: everything is new');
expectStatus('ready', await build('v1.0.0, latest'));

heading('Second build: a file changed, the layers before it are cached');
example.edit('app/main.py', (text) => `${text}\n# changed\n`);
const ready = await build('v1.0.1, latest');
expectStatus('ready', ready);

heading('Third run: nothing changed, so nothing is built');
expectStatus('ready', await build('v1.0.2, latest'));

heading('Fourth build: requirements.txt names a package that does not exist, so it fails');
example.edit('requirements.txt', (text) => text.replace('uvicorn', 'uvicron'));
const failed = await build('v1.0.3, latest');
expectStatus('error', failed);

heading('Job summaries, to open in a browser');
for (const [name, { summary }] of Object.entries({ ready, failed })) {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, summaryPage(summary, 'auto'));
  process.stdout.write(`${file}\n`);
}

async function build(tags: string): Promise<RunResult> {
  let shown = 0;
  const result = await example.build({
    tags,
    onOutput(printed) {
      const end = printed.lastIndexOf('\n') + 1;
      process.stdout.write(readable(printed.slice(shown, end)));
      shown = end;
    },
  });
  process.stdout.write('\nOutputs\n');
  for (const [name, value] of Object.entries(result.outputs)) process.stdout.write(`  ${name}=${value}\n`);
  return result;
}

/** The log as the runner's page shows it, with every group open. */
function readable(text: string): string {
  if (raw) return text;
  return text.replace(/^.*\n/gm, (line) => {
    const command = runnerCommand(line.trimEnd());
    if (!command) return indent + line;
    const { name, data } = command;
    if (name === 'group') {
      indent = '  ';
      return `▾ ${data}\n`;
    }
    if (name === 'endgroup') indent = '';
    if (!['notice', 'warning', 'error'].includes(name)) return '';
    return `${name}: ${data.replaceAll('\n', `\n${' '.repeat(name.length + 2)}`)}\n`;
  });
}

function expectStatus(status: string, { outputs }: RunResult): void {
  if (outputs['status'] !== status) process.exitCode = 1;
}

function heading(text: string): void {
  process.stdout.write(`\n=== ${text} ===\n\n`);
}
