import '../older-node.ts';
import { parseCommand, serve } from './command.ts';

const command = parseCommand(process.argv.slice(2), process.env);
if (!command.ok) {
  process.stderr.write(command.reason);
  process.exitCode = 2;
} else if ('help' in command.value) {
  process.stdout.write(command.value.help);
} else {
  try {
    const service = await serve(command.value, process.env, (text) => process.stdout.write(text));
    if (command.value.untilStdinEnds) process.stdin.once('end', () => service.close()).resume();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => service.close());
  } catch (error) {
    process.stderr.write(`The service cannot start: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
