/** The files to paste for other CI systems: their commands are held to the options that there are. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { packageName } from '../../scripts/package.ts';
import { parseCommandLine } from '../../src/command/parse.ts';
import { repositoryRoot } from '../support/runner.ts';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const { version } = JSON.parse(read('package.json'));
const examples = globSync('examples/ci/*', { cwd: repositoryRoot }).sort();
const component = 'templates/build.yml';

/** The texts of a file in which commands stand, with folded lines as one. */
function textsOf(path: string): string[] {
  if (!path.endsWith('.yml')) return read(path).split('\n');
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') texts.push(...value.split('\n'));
    else if (typeof value === 'object' && value !== null)
      for (const inner of Object.values(value)) visit(inner);
  };
  for (const document of parseAllDocuments(read(path))) visit(document.toJS());
  return texts;
}

/** The command lines of a file: what stands behind the name of the package, and that name. */
function commandsOf(path: string): { readonly called: string; readonly words: string[] }[] {
  return textsOf(path).flatMap((text) => {
    const [, called, rest] = /npx --yes ("[^"]+"|\S+) (.*)$/.exec(text) ?? [];
    if (called === undefined || rest === undefined) return [];
    const words = [...rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, one, two, three]) => one ?? two ?? three ?? '',
    );
    return [{ called: called.replaceAll('"', ''), words }];
  });
}

function mistakesOf(words: readonly string[]): string {
  let said = '';
  const parsed = parseCommandLine(words, {
    out() {},
    error(text) {
      said += text;
    },
  });
  return 'exitCode' in parsed ? said || `exit code ${parsed.exitCode}` : '';
}

describe.each([...examples, component])('%s', (path) => {
  const commands = commandsOf(path);

  test('uses options that there are', () => {
    expect(commands.length).toBeGreaterThan(0);
    for (const { words } of commands) expect(mistakesOf(words), words.join(' ')).toBe('');
  });

  test('names the scope and the exact version of the package', () => {
    for (const { called } of commands)
      expect(called.replace('$[[ inputs.version ]]', version)).toBe(`${packageName}@${version}`);
    expect(read(path).replace(/@OWNER\/novita-template@/g, '')).not.toMatch(/npx .*novita-template@/);
  });

  test('has a time limit, and no key in it', () => {
    expect(read(path)).toMatch(/time-?out|max-time/i);
    expect(read(path)).not.toMatch(/--api-key|NOVITA_API_KEY[:=] *['"]?[a-z0-9]{8}/i);
  });
});

test('a wrong option, or another package, would be found', () => {
  expect(mistakesOf(['build', '--outputs-fil', 'x'])).toContain('Did you mean --outputs-file?');
});

test('the documents name the same package', () => {
  for (const path of globSync('docs/*.md', { cwd: repositoryRoot }))
    for (const [, found] of read(path).matchAll(/npx (?:--yes )?(\S+)/g))
      expect(found, path).toBe(`${packageName}@${version}`);
});

test('each is in the documents', () => {
  const documents = globSync('docs/*.md', { cwd: repositoryRoot }).map(read).join('\n');
  expect(examples.filter((path) => !documents.includes(`(../${path})`))).toEqual([]);
  expect(documents).toContain(component);
});

test('the component has inputs with descriptions, and uses each', () => {
  const [header = {}, ...jobs] = parseAllDocuments(read(component)).map((document) => document.toJS());
  const inputs: Record<string, { description: string; default: string }> = header['spec'].inputs;
  expect(inputs['version']?.default).toBe(version);
  const text = read(component).slice(read(component).indexOf('\n---\n'));
  for (const [name, { description }] of Object.entries(inputs)) {
    expect(description).toMatch(/\.$/);
    expect(text, name).toContain(`$[[ inputs.${name} ]]`);
  }
  expect(jobs).toHaveLength(1);
});

test('a later job of GitLab reads a variable that the outputs have', () => {
  const { test: job, '.build': build } = parse(read('examples/ci/gitlab-ci.yml'));
  expect(job.script.join()).toContain('$NOVITA_REFERENCE');
  expect(build.artifacts.reports.dotenv).toBe('template.env');
});
