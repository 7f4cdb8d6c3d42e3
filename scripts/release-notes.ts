/**
 * Prints what the changelog says of the version in package.json, for its release.
 *
 * Usage: node scripts/release-notes.ts [tag that was pushed]
 */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface ReleaseFacts {
  /** That of package.json. */
  readonly version: string;
  /** That which the action tells of itself. */
  readonly told: string;
  /** Text of CHANGELOG.md. */
  readonly changelog: string;
  /** The tag that started the release; empty where none did. */
  readonly tag: string;
}

/**
 * The section of the version, without its heading.
 *
 * @throws Error that says what is to be done before this version can be released
 */
export function releaseNotes({ version, told, changelog, tag }: ReleaseFacts): string {
  if (tag !== '' && tag !== `v${version}`)
    throw new Error(`The tag is ${tag}, and package.json has the version ${version}: tag v${version}.`);
  if (told !== version)
    throw new Error(
      `src/version.ts has ${told}, and package.json has ${version}: set both, and build dist/.`,
    );
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((one) => one.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no heading "## ${version} — <date>".`);
  const [heading = '', ...lines] = section.split('\n');
  if (!/ — \d{4}-\d\d-\d\d$/.test(heading))
    throw new Error(
      `CHANGELOG.md has the heading "## ${heading}": expected "## ${version} — <date as 2027-01-31>".`,
    );
  const notes = lines.join('\n').trim();
  if (notes === '') throw new Error(`CHANGELOG.md says nothing below "## ${heading}".`);
  return notes;
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const [, told = ''] = /version = '(.*)'/.exec(read('src/version.ts')) ?? [];
  try {
    console.log(
      releaseNotes({
        version: JSON.parse(read('package.json')).version,
        told,
        changelog: read('CHANGELOG.md'),
        tag: process.argv[2] ?? '',
      }),
    );
  } catch (error) {
    console.error(`::error::${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
