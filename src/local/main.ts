import { parseCommand, serve } from './command.ts';

const command = parseCommand(process.argv.slice(2));
if ('help' in command) {
  process.stdout.write(command.help);
} else if ('mistake' in command) {
  process.stderr.write(command.mistake);
  process.exitCode = 2;
} else {
  try {
    const service = await serve(command, (text) => process.stdout.write(text));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => service.close());
  } catch (error) {
    process.stderr.write(`The service cannot start: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
