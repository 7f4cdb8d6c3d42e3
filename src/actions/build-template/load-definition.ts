import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commentsOf } from '../../checks/comments.ts';
import { judge } from '../../checks/judge.ts';
import { recipeSecrets } from '../../checks/secret-value.ts';
import { trustRecipe } from '../../ci/trust.ts';
import type { Definition } from '../../definition/definition.ts';
import { discoverDefinition } from '../../definition/discover.ts';
import type { EarlyHost } from '../../definition/process/host-child.ts';
import { loadDefinition } from '../../definition/process/load.ts';
import { definitionSecrets } from '../../definition/secrets.ts';
import type { BuildInputs } from '../../inputs/build.ts';
import type { JobContext } from '../../job/job.ts';
import type { Runner } from '../../job/runner.ts';
import type { BaseOfRecipe } from '../../plan/base.ts';
import { createDefinitionLog } from '../../report/log/definition-log.ts';

/** A definition may read its base image's registry, which alone may take 90 seconds. */
const timeLimitMs = 120_000;

/** Bundles beside this one in dist/, loaded only when they run. */
const bundles = {
  host: join(import.meta.dirname, 'definition', 'index.js'),
  bundledSdk: join(import.meta.dirname, 'sdk', 'index.js'),
};

export interface ReadOptions {
  /** Called once the definition may be evaluated, for work in the meantime. */
  readonly beside: () => void;
  /** Called when the SDK begins to read the configuration of the base. */
  readonly readingBase: (base: BaseOfRecipe) => void;
  /** A process that already waits for a definition. */
  readonly early: EarlyHost | undefined;
}

/**
 * Finds and evaluates the definition, shows what it prints and its warnings, and masks the secrets in it. Rejects with a `ProblemsError`.
 *
 * @param visible - what must stay readable, even if a secret is part of it
 */
export async function readDefinition(
  inputs: BuildInputs,
  { env, trustFacts, workspace, interrupted, temporaryDirectory }: JobContext,
  { output, mask }: Runner,
  visible: readonly string[],
  { beside, readingBase, early }: ReadOptions,
): Promise<Definition> {
  const workingDirectory = resolve(workspace ?? '.', inputs.workingDirectory);
  const { file: discovered, kind } = discoverDefinition(workingDirectory, inputs.template);
  const { file, tracked, notice } = trustRecipe(discovered, trustFacts);
  if (notice !== undefined) output.notice(notice, { title: 'Whose recipe this is', at: { file, line: 1 } });
  beside();
  const log = createDefinitionLog(output, { file, ...(workspace && { workspace }) });
  try {
    const definition = await loadDefinition(
      {
        kind: kind.name,
        file,
        reading: {
          ...(inputs.export && { exportName: inputs.export }),
          ...(inputs.python && { python: inputs.python }),
          ...(inputs.args && { args: inputs.args }),
          name: inputs.name,
          buildArgs: inputs.buildArgs,
          ...(inputs.context && { contextDirectory: resolve(workingDirectory, inputs.context) }),
        },
        // The trust check follows links, so the process gets the real path.
        workingDirectory: tracked ? realpathSync(workingDirectory) : workingDirectory,
        ...(tracked && {
          committedOnly: { root: tracked.root, commit: tracked.commit, event: trustFacts.event.name },
        }),
        temporaryDirectory,
        workspace,
        timeLimitMs,
        env,
      },
      {
        ...{ ...bundles, early, output: log.programLine, signal: interrupted },
        onPhase: (phase) => {
          if (phase.name === 'installing') output.line(`Installing ${phase.what}`);
          if (phase.name !== 'reading-image') return;
          const { image, registry } = phase;
          readingBase({ fromImage: image, ...(registry && { fromImageRegistry: registry }) });
        },
      },
    );
    mask([...definitionSecrets(definition), ...recipeSecrets(definition)], visible);
    const { warnings: found } = definition;
    const { warnings } =
      found.length > 0 ? judge(found, inputs.check, await commentsOf(definition)) : definition;
    log.loaded({ ...definition, warnings });
    return definition;
  } finally {
    log.close();
  }
}
