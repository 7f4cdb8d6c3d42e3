/** COPY: what comes where, whose it is, and what fails, from archives as clients upload them. */
import { describe, expect, test } from 'vitest';
import { failures } from '../../src/local/failures.ts';
import { upload, uploadArchive } from './archives.ts';
import { run, sharedEngineService, skipWithoutEngine } from './engine-fixtures.ts';

const service = sharedEngineService();
const LS = 'find /srv/x -mindepth 1 -printf "%P %u %m\\n" | sort';

const uploaded = (files: Record<string, string>, ...args: string[]) => upload(service(), files, ...args);

describe.skipIf(skipWithoutEngine())('COPY', () => {
  test.for<[string, Record<string, string>, string[], string[]]>([
    ['a file, under the very name', { 'a.txt': '1' }, ['a.txt', '/srv/x/b.txt'], ['b.txt user 644']],
    ['a file into a folder that is there', { 'a.txt': '1' }, ['a.txt', '/srv/x/'], ['a.txt user 644']],
    [
      'the content of a folder',
      { 'app/a': '1', 'app/.b': '2' },
      ['app', '/srv/x'],
      ['.b user 644', 'a user 644'],
    ],
    [
      'a folder with owner and mode',
      { 'app/a': '1' },
      ['app', '/srv/x/y', 'root', '700'],
      ['y root 755', 'y/a root 700'],
    ],
    ['with a group', { a: '1' }, ['a', '/srv/x/a', 'user:root'], ['a user 644']],
    [
      'what a pattern matches',
      { 'a.py': '1', 'b.py': '2' },
      ['*.py', '/srv/x'],
      ['a.py user 644', 'b.py user 644'],
    ],
    ['what a pattern in a folder matches', { 'src/a.py': '1' }, ['src/*.py', '/srv/x'], ['a.py user 644']],
    [
      'the whole context',
      { a: '1', 'd/b': '2' },
      ['.', '/srv/x'],
      ['a user 644', 'd user 755', 'd/b user 644'],
    ],
    ['a name with spaces and quotes', { "a 'b'": '1' }, ["a 'b'", '/srv/x/c "d"'], ['c "d" user 644']],
  ])('%s', async ([, files, args, expected]) => {
    const copy = await uploaded(files, ...args);
    const built = await service().make([run('mkdir -p /srv/x; chmod 777 /srv/x', 'root'), copy, run(LS)]);
    expect(built.log.at(-1), built.log.join('\n')).toMatch(/^Build finished/);
    expect(built.output(3)).toEqual(expected);
  });

  test('of a file makes the folder that its destination names, and says that the service may not', async () => {
    const copy = await uploaded({ a: '1' }, 'a', '/home/user/new/');
    const built = await service().make([copy, run('ls /home/user/new')]);
    expect(built.output(2)).toEqual(['a']);
    expect(built.warnings).toEqual([expect.stringContaining('/home/user/new/ does not exist yet')]);
  });

  test('goes by the working directory, or the home of the user', async () => {
    const copy = await uploaded({ a: '1' }, 'a', 'b');
    const built = await service().make([
      copy,
      { type: 'WORKDIR', args: ['/srv'] },
      copy,
      { type: 'USER', args: ['dev'] },
      { ...copy, args: ['a', '/home/dev/c'] },
      run('stat -c "%n %U" /home/user/b /srv/b /home/dev/c', 'root'),
    ]);
    expect(built.output(6)).toEqual(['/home/user/b user', '/srv/b user', '/home/dev/c dev']);
  });

  test('does not merge a folder into one with files, as the service does not, and says so', async () => {
    const copy = await uploaded({ 'app/d/new': '1', 'app/e': '2' }, 'app', '/srv/x');
    const built = await service().make([
      run('mkdir -p /srv/x/d; touch /srv/x/d/old', 'root'),
      copy,
      run('ls /srv/x /srv/x/d'),
    ]);
    expect(built.output(3)).toEqual(['/srv/x:', 'd', 'e', '/srv/x/d:', 'old']);
    expect(built.warnings).toEqual([expect.stringContaining('was not copied into it')]);
  });

  test('of an archive that is none, or whose destination cannot be, fails as at the service', async () => {
    const broken = await uploadArchive(service(), Buffer.from('no archive'), 'a', '/b');
    const { reason } = await service().make([broken]);
    expect(reason).toEqual({ message: failures.copyNotExtracted(2), step: '1' });
    const copy = await uploaded({ a: '1' }, 'a', '/etc/passwd/b');
    expect((await service().make([copy])).reason).toEqual({ message: failures.copyNotMoved(1), step: '1' });
  });
});
