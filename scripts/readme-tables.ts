/**
 * Writes the tables that the documents share with the code, between marks such as `<!-- inputs -->` and
 * `<!-- /inputs -->`: inputs and outputs of each README.md from the action.yml beside it, and the failure classes of
 * README.md and docs/failures.md from src/driver/diagnosis/failure-classes.ts, and the recipe checks of docs/checks.md from
 * src/recipe/rules.ts.
 *
 * Usage: node scripts/readme-tables.ts
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { failureClasses } from '../src/driver/diagnosis/failure-classes.ts';
import { rules } from '../src/recipe/rules.ts';

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

/** README.md with the words of all failure classes, one row per group; throws when the marks are missing. */
export function withFailureWords(readme: string): string {
  const rows = Object.entries(failureClasses).map(([group, classes]) => {
    const words = Object.keys(classes).map((name) => `\`${name}\``);
    return `| ${group} | ${words.join(', ')} |`;
  });
  return between(readme, 'failures', ['| What is at fault | `failure` |', '| --- | --- |', ...rows]);
}

/** docs/failures.md with each class and its meaning, one table per group; throws when the marks are missing. */
export function withFailureMeanings(text: string): string {
  const tables = Object.entries(failureClasses).flatMap(([group, classes]) => {
    const rows = Object.entries(classes).map(([name, meaning]) => `| \`${name}\` | ${cell(meaning)} |`);
    return ['', `## ${group}`, '', '| `failure` | Meaning |', '| --- | --- |', ...rows];
  });
  return between(text, 'failures', [...tables, '']);
}

/** docs/checks.md with a row for each recipe check; throws when the marks are missing. */
export function withRules(text: string): string {
  const rows = Object.entries(rules).map(
    ([id, { what, cure, bad, good }]) =>
      `| \`${id}\` | ${cell(what)} | ${cell(cure)} | \`${cell(bad)}\` | \`${cell(good)}\` |`,
  );
  return between(text, 'checks', [
    '| Check | What it finds, and why | Cure | Found | Not found |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ]);
}

function between(text: string, mark: string, rows: string[]): string {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`The document has no ${open} … ${close}`);
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
  const rewrite = (path: string, change: (text: string) => string) =>
    writeFileSync(join(root, path), change(readFileSync(join(root, path), 'utf8')));
  for (const folder of actionFolders(root)) {
    const metadata = readFileSync(join(root, folder, 'action.yml'), 'utf8');
    rewrite(join(folder, 'README.md'), (text) => withTables(text, metadata));
  }
  rewrite('README.md', withFailureWords);
  rewrite('docs/failures.md', withFailureMeanings);
  rewrite('docs/checks.md', withRules);
}
