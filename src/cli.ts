import './older-node.ts';
import { runCommandLine } from './command/run.ts';

/** Runs the command of this process. */
export async function main(): Promise<void> {
  process.exitCode = await runCommandLine(process.argv.slice(2), process.env);
  // An open request must not delay the shell.
  setTimeout(() => process.exit(), 1000).unref();
}
