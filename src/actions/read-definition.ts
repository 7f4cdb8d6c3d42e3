import { resolve } from 'node:path';
import type { Definition } from '../definition/definition.ts';
import { discoverDefinition } from '../definition/discover.ts';
import { type LoadDeps, loadDefinition } from '../definition/load.ts';
import type { BuildInputs } from '../inputs/build.ts';
import { createDefinitionLog } from '../report/definition-log.ts';
import type { Output } from '../report/output.ts';

export interface ReadDefinitionDeps {
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
  readonly definitionHost: Pick<LoadDeps, 'host' | 'bundledSdk'>;
  readonly interrupted: AbortSignal;
}

/** A definition may read a registry for its base image, which alone may take a minute and a half. */
const timeLimitMs = 120_000;

/** Finds and evaluates the definition, and shows what it prints. Rejects with a `ProblemsError`. */
export async function readDefinition(inputs: BuildInputs, deps: ReadDefinitionDeps): Promise<Definition> {
  const workspace = deps.env['GITHUB_WORKSPACE'];
  const workingDirectory = resolve(workspace ?? '.', inputs.workingDirectory);
  const file = discoverDefinition(workingDirectory, inputs.template);
  const log = createDefinitionLog(deps.output, { file, ...(workspace && { workspace }) });
  try {
    const definition = await loadDefinition(
      {
        file,
        ...(inputs.export && { exportName: inputs.export }),
        workingDirectory,
        timeLimitMs,
        env: deps.env,
      },
      { ...deps.definitionHost, output: log.programLine, signal: deps.interrupted },
    );
    log.loaded(definition);
    return definition;
  } finally {
    log.close();
  }
}
