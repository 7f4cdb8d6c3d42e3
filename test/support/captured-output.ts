import * as core from '@actions/core';
import type { RunnerCommands } from '../../src/report/log/output.ts';

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

/** The real toolkit, which also notes its commands in order. */
export function notingCore(): RunnerCommands & { readonly commands: string[] } {
  const commands: string[] = [];
  const noting =
    <A extends unknown[]>(name: string, call: (...args: A) => void) =>
    (...args: A) => {
      commands.push(name);
      call(...args);
    };
  return {
    commands,
    info: core.info,
    startGroup: noting('group', core.startGroup),
    endGroup: noting('endgroup', core.endGroup),
    notice: noting('notice', core.notice),
    warning: noting('warning', core.warning),
    error: noting('error', core.error),
  };
}
