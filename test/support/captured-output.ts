import { githubCommands } from '../../src/ci/providers/github-commands.ts';
import type { RunnerCommands } from '../../src/ci/providers/provider.ts';

/** Runs something that prints, and returns what reached stdout. Only for what prints before it returns. */
export function captureStdout(print: () => void): string {
  const written: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = (chunk: string | Uint8Array) => {
    written.push(String(chunk));
    return true;
  };
  try {
    print();
  } finally {
    process.stdout.write = write;
  }
  return written.join('');
}

/** The commands of GitHub's runner, which are also noted in order. */
export function notingCommands(): RunnerCommands & { readonly commands: string[] } {
  const commands: string[] = [];
  const noting =
    <A extends unknown[]>(name: string, call: (...args: A) => void) =>
    (...args: A) => {
      commands.push(name);
      call(...args);
    };
  const real = githubCommands(false);
  return {
    ...real,
    commands,
    startGroup: noting('group', real.startGroup),
    endGroup: noting('endgroup', real.endGroup),
    notice: noting('notice', real.notice),
    warning: noting('warning', real.warning),
    error: noting('error', real.error),
  };
}
