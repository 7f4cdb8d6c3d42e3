/** What each instruction does in a container: the rules of the service, as a table. */
import { describe, expect, test } from 'vitest';
import type { Instruction } from '../../src/api/types.ts';
import { failures } from '../../src/local/failures.ts';
import { run, sharedEngineService, skipWithoutEngine } from './engine-fixtures.ts';

const service = sharedEngineService();
const env = (...args: string[]): Instruction => ({ type: 'ENV', args });
const workdir = (path: string): Instruction => ({ type: 'WORKDIR', args: [path] });
const user = (...args: string[]): Instruction => ({ type: 'USER', args });

describe.skipIf(skipWithoutEngine())('instructions', () => {
  test.concurrent.for<[string, Instruction[], string[]]>([
    [
      'a step runs as user, in its home',
      [run('id -un; pwd; echo $HOME $USER $LOGNAME')],
      ['user', '/home/user', '/home/user user user'],
    ],
    ['user becomes root without a password', [run('sudo -n id -un')], ['root']],
    [
      'a RUN of root runs in the home of root',
      [run('id -un; pwd; echo $HOME', 'root')],
      ['root', '/root', '/root'],
    ],
    ['the user of a RUN is that of this step only', [run('true', 'root'), run('id -un')], ['user']],
    [
      'a command is a login shell',
      [run('shopt login_shell')],
      ['login_shell    \ton'.replace('    ', '    ')],
    ],
    ['the status is that of the last command', [run('false; echo went on')], ['went on']],
    ['a pipe hides a failure', [run('false | true; echo $?')], ['0']],
    ['nothing is read from standard input', [run('cat; echo end')], ['end']],
    [
      'USER makes a user with a home',
      [user('dev'), run('id -un; pwd; sudo -n true 2>/dev/null || echo no sudo')],
      ['dev', '/home/dev', 'no sudo'],
    ],
    ['USER gives sudo where it is asked', [user('dev', 'true'), run('sudo -n id -un')], ['root']],
    ['USER root', [user('root'), run('id -un; pwd')], ['root', '/root']],
    ['USER expands $', [env('NAME', 'x'), user('d${X:-2}'), run('id -un')], ['d2']],
    [
      'WORKDIR makes folders that belong to the user',
      [workdir('/srv/a/b'), run('pwd; stat -c %U /srv /srv/a /srv/a/b')],
      ['/srv/a/b', 'root', 'user', 'user'],
    ],
    ['WORKDIR goes on from the last one', [workdir('/srv'), workdir('one'), run('pwd')], ['/srv/one']],
    ['the first WORKDIR is relative to the root', [workdir('one'), run('pwd')], ['/one']],
    ['WORKDIR leaves the owner of what is there', [workdir('/usr/local'), run('stat -c %U .')], ['root']],
    ['WORKDIR stays after USER', [workdir('/srv'), user('dev'), run('pwd')], ['/srv']],
    ['ENV reaches the next steps', [env('A', '1', 'B', 'two words'), run('echo "$A,$B"')], ['1,two words']],
    ['ENV is expanded without earlier ENV', [env('A', '1'), env('B', 'x$A'), run('echo "$B"')], ['x']],
    ['ENV that expands to nothing keeps its text', [env('A', '$NOPE'), run('echo "$A"')], ['$NOPE']],
    [
      'ENV expands ${…:-…} and $HOME of root',
      [env('A', '${X:-y}', 'B', '$HOME/b'), run('echo "$A $B"')],
      ['y /root/b'],
    ],
    ['ENV runs no command', [env('A', '$(id -un) `id -un`'), run('echo "$A"')], ['$(id -un) `id -un`']],
    [
      'ENV keeps quotes and backslashes',
      [env('A', '"a" \'b\' \\c $HOME'), run('printf "%s\\n" "$A"')],
      ['"a" \'b\' \\c /root'],
    ],
    [
      'a PATH of ENV is lost in the login shell',
      [env('PATH', '/opt/x'), run('case $PATH in *opt*) echo kept;; *) echo lost;; esac')],
      ['lost'],
    ],
    ['ARG is as ENV', [{ type: 'ARG', args: ['A', '1'] }, run('echo $A')], ['1']],
    [
      'files stay for the next step, shell variables do not',
      [run('X=1; echo hi > f'), run('cat f; echo "[$X]"')],
      ['hi', '[]'],
    ],
    ['python is there, as at the service', [run('python3 -c "print(6*7)"')], ['42']],
    [
      'a hidden last step may write profiles',
      [
        run('echo "export FROM_PROFILE=1" > /etc/profile.d/99-image-env.sh', 'root'),
        run('echo $FROM_PROFILE'),
      ],
      ['1'],
    ],
  ])('%s', async ([, steps, expected]) => {
    const built = await service().make(steps);
    expect(built.log.at(-1), built.log.join('\n')).toMatch(/^Build finished/);
    expect(built.output(steps.length)).toEqual(expected);
  });

  test.concurrent.for<[string, Instruction[], string]>([
    ['an exit code', [run('exit 3')], failures.runFailed('exit 3', 3)],
    ['a program that is missing', [run('nosuch')], failures.runFailed('nosuch', 127)],
    [
      'a user that is missing',
      [run('id', 'nobody2')],
      failures.runNotStarted('id', 'user nobody2 does not exist'),
    ],
    [
      'a working directory that is gone',
      [workdir('/srv/x'), run('rmdir /srv/x', 'root'), run('pwd')],
      failures.runNotStarted('pwd', "cwd '/srv/x' does not exist"),
    ],
    ['a WORKDIR that is a file', [workdir('/etc/passwd/x')], failures.workdirNotCreated(1)],
    ['a USER that is no name', [user('a b')], failures.userNotCreated(1)],
    ['an ENV without a value', [env('A')], failures.envIncomplete()],
    ['an ENV that is no shell text', [env('A', '${x y}')], failures.envNotEvaluated('A', 1)],
    ['a step that nobody knows', [{ type: 'VOLUME', args: ['/x'] }], failures.unknownStepType('VOLUME')],
    ['a COPY without a hash', [{ type: 'COPY', args: ['a', '/b'] }], failures.copyWithoutHash()],
  ])('%s fails at its step', async ([, steps, message]) => {
    const built = await service().make([run('true'), ...steps]);
    expect(built.reason, built.log.join('\n')).toEqual({ message, step: String(steps.length + 1) });
  });
});
