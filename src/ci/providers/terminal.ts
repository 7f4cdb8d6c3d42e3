import { tmpdir, userInfo } from 'node:os';
import { runFacts } from '../system-run.ts';
import { painter } from './colors.ts';
import { plainCommands } from './plain-commands.ts';
import type { Provider } from './provider.ts';

/** A person's own machine. Nothing there says what the build is of, so its tag says whose it is. */
export function terminal(env: NodeJS.ProcessEnv): Provider {
  return {
    title: 'a terminal',
    workspace: process.cwd(),
    temporaryDirectory: tmpdir(),
    isWatched: process.stdout.isTTY === true && env['TERM'] !== 'dumb',
    commands: plainCommands(painter(env, process.stdout.isTTY === true), false),
    readFacts: () => runFacts({ system: 'a terminal', developer: userName(env), commits: [] }),
  };
}

/** The name with which the person is logged in. */
function userName(env: NodeJS.ProcessEnv): string {
  const { USER, LOGNAME, USERNAME } = env;
  if (USER || LOGNAME || USERNAME) return USER || LOGNAME || USERNAME || '';
  try {
    return userInfo().username;
  } catch {
    // A user of a container may have no entry of its own.
    return 'local';
  }
}
