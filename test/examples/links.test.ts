/** What the documents point at is there: files, headings, and the paths that they name. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/runner.ts';

const documents = globSync(['*.md', '*/README.md', 'docs/*.md'], { cwd: repositoryRoot })
  .filter((path) => !path.startsWith('node_modules') && path !== 'CHANGELOG.md')
  .sort();
const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');

/** What GitHub makes of a heading. */
function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(documents)('%s', (document) => {
  const text = read(document);

  test('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g)];
    const broken = links.filter(([, file = '', anchor]) => {
      const target = file === '' ? document : join(dirname(document), file);
      return !existsSync(join(repositoryRoot, target)) || (anchor && !anchorsOf(target).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test('names paths of this repository that are there', () => {
    const paths = [...text.matchAll(/`((?:src|test|scripts|docs|examples|\.github)\/[\w./-]+)`/g)];
    expect(
      paths.map(([, path = '']) => path).filter((path) => !existsSync(join(repositoryRoot, path))),
    ).toEqual([]);
  });
});
