import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Definition } from '../../definition/definition.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import type { JobContext } from '../../job/job.ts';
import { problem, quote, type SourceLocation } from '../../problem.ts';

/** The ready command of a start command that has none: what the SDK sends for the CMD of a Dockerfile. */
const defaultReadyCommand = 'sleep 20';

/**
 * Puts the inputs `start-cmd`, `ready-cmd` and `context` into a definition, and says for the log what they replaced.
 *
 * @param show - a place as the log shows it
 * @throws ProblemsError when `context` is not a folder
 */
export function overrideRecipe(
  definition: Definition,
  inputs: Pick<BuildInputs, 'startCmd' | 'readyCmd' | 'context' | 'workingDirectory'>,
  { workspace }: Pick<JobContext, 'workspace'>,
  show: (at: SourceLocation) => string,
): { readonly definition: Definition; readonly lines: readonly string[] } {
  const { startCmd, readyCmd, context } = inputs;
  const workingDirectory = resolve(workspace ?? '.', inputs.workingDirectory);
  const lines: string[] = [];
  const { recipe, sources } = definition;
  const replaced = (label: string, input: string, found: string | undefined, at?: SourceLocation): void => {
    const instead =
      found === undefined || found === input ? '' : `; ${at ? show(at) : 'the definition'} has ${found}`;
    lines.push(`${label}: ${input}, from the input${instead}`);
  };
  let ready = readyCmd;
  if (startCmd !== '') replaced('Start command', startCmd, recipe.startCmd, sources.start);
  if (readyCmd !== '') replaced('Ready command', readyCmd, recipe.readyCmd, sources.ready);
  else if (startCmd !== '' && !recipe.readyCmd) {
    ready = defaultReadyCommand;
    lines.push(`Ready command: ${defaultReadyCommand}, since there is none`);
  }
  let { contextDirectory } = definition;
  const { relativeContext, ...withoutRelative } = definition;
  if (context !== '') {
    contextDirectory = resolve(workingDirectory, context);
    if (!existsSync(contextDirectory) || !statSync(contextDirectory).isDirectory()) {
      throw problem(
        'Input context',
        `found ${quote(context)}, which is not a folder in ${workingDirectory}. Name the folder that holds the files of COPY, relative to the working directory.`,
      );
    }
    if (contextDirectory !== definition.contextDirectory)
      lines.push(`Context directory: ${context}, from the input`);
  }
  const { start, ready: readyAt, ...others } = sources;
  return {
    definition: {
      ...withoutRelative,
      contextDirectory,
      ...(context === '' ? relativeContext && { relativeContext } : { contextGiven: true }),
      ...(startCmd && { startGiven: true as const }),
      recipe: { ...recipe, ...(startCmd && { startCmd }), ...(ready && { readyCmd: ready }) },
      sources: {
        ...others,
        ...(start && !startCmd && { start }),
        ...(readyAt && !ready && { ready: readyAt }),
      },
    },
    lines,
  };
}
