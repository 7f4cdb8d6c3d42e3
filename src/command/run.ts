import { resolve } from 'node:path';
import { type ParsedCommand, parseCommandLine } from './parse.ts';

/** Wrong options: nothing was started. */
const usageError = 2;

/**
 * Runs a command line and gives its exit code: 0, 1 where the action fails, 2 for wrong options, 130 where it was
 * interrupted. The action itself is loaded once the options are right.
 */
export async function runCommandLine(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const parsed = parseCommandLine(words, {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
  });
  if ('exitCode' in parsed) return parsed.exitCode;
  const { name, json } = parsed;
  const inputs = environment(parsed, env);
  const { startHostEarly } = await import('../definition/process/host-child.ts');
  const early = name === 'build' ? startHostEarly(import.meta.dirname, inputs) : undefined;
  try {
    const { run, wrongInputs } = await import('../main.ts');
    const wrong = wrongInputs(name, inputs);
    if (wrong.length > 0) {
      for (const { title, message } of wrong)
        process.stderr.write(`error: ${title.replace(/^Input /, '--')}: ${message}\n`);
      return usageError;
    }
    const document = json ? redirectLog() : undefined;
    const outputs: Record<string, string> = {};
    let result: unknown;
    const exitCode = await run(name, inputs, {
      early,
      byCommand: true,
      files: filesOf(parsed),
      onOutput: (output, value) => {
        outputs[output] = value;
      },
      onResult: (written) => {
        result = written;
      },
    });
    document?.(`${JSON.stringify(result ?? outputs, undefined, 2)}\n`);
    return exitCode;
  } finally {
    early?.end();
  }
}

/** The variables that the action reads: those of this process, with the options as the runner would pass inputs. */
function environment({ inputs, defaultBranch }: ParsedCommand, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([name]) => !/^INPUT_/i.test(name));
  const given = Object.entries(inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    paths.includes(name) ? fromHere(value) : value,
  ]);
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries(given),
    ...(defaultBranch !== undefined && { NOVITA_DEFAULT_BRANCH: defaultBranch }),
  };
}

/** Inputs that are paths, which the actions take from the folder that the system names. */
const paths = ['working-directory', 'result'];

/** A path on a command line is meant from where that is typed. */
function fromHere(value: string): string {
  return value
    .split('\n')
    .map((path) => (path.trim() === '' ? '' : resolve(path.trim())))
    .join('\n');
}

function filesOf({ files }: ParsedCommand) {
  const { outputs, result, summaries } = files;
  return {
    ...(outputs && { outputs: resolve(outputs) }),
    ...(result && { result: resolve(result) }),
    summaries: summaries.map((file) => resolve(file)),
  };
}

/** Sends everything that is printed to stderr, and gives the way to stdout that is left. */
function redirectLog(): (text: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return (text) => {
    write(text);
  };
}
