/**
 * Writes the tables of inputs and outputs of each README.md from the action.yml beside it, between the marks
 * `<!-- inputs -->` … `<!-- /inputs -->` and `<!-- outputs -->` … `<!-- /outputs -->`.
 *
 * Usage: node scripts/readme-tables.ts
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

interface Metadata {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
}

/** README text with fresh tables; throws when a pair of marks is missing. */
export function withTables(readme: string, actionYml: string): string {
  const { inputs, outputs }: Metadata = parse(actionYml);
  const inputRows = Object.entries(inputs).map(
    ([name, { description, required, default: fallback }]) =>
      `| \`${name}\` | ${cell(description)} | ${required ? '**required**' : fallback ? `\`${fallback}\`` : ''} |`,
  );
  const outputRows = Object.entries(outputs).map(
    ([name, { description }]) => `| \`${name}\` | ${cell(description)} |`,
  );
  const withInputs = between(readme, 'inputs', [
    '| Input | Meaning | Default |',
    '| --- | --- | --- |',
    ...inputRows,
  ]);
  return between(withInputs, 'outputs', ['| Output | Meaning |', '| --- | --- |', ...outputRows]);
}

function between(text: string, mark: string, rows: string[]): string {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`README.md has no ${open} … ${close}`);
  return `${text.slice(0, start + open.length)}\n${rows.join('\n')}\n${text.slice(end)}`;
}

function cell(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

/** Folders of the published actions, relative to the repository's root: `.` and those beside it. */
export function actionFolders(root: string): string[] {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => entry.name)
    .sort();
  return ['.', ...folders].filter((folder) => existsSync(join(root, folder, 'action.yml')));
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  for (const folder of actionFolders(root)) {
    const readme = join(root, folder, 'README.md');
    const metadata = readFileSync(join(root, folder, 'action.yml'), 'utf8');
    writeFileSync(readme, withTables(readFileSync(readme, 'utf8'), metadata));
  }
}
