import { copyWarnings } from '../context/copy-warnings.ts';
import type { FileManifest } from '../context/manifest.ts';
import type { Definition, DefinitionWarning } from '../definition/definition.ts';
import { aptUpdateFindings } from './apt-update.ts';
import { commentsOf } from './comments.ts';
import { copyEverythingFindings } from './copy-everything.ts';
import { type CheckLevel, type Judged, judge } from './judge.ts';
import { lostSpecifierFindings } from './lost-specifier.ts';
import { movingBaseFindings } from './moving-base.ts';
import { secretFindings } from './secret-value.ts';
import { localServerFindings, readyPortFindings, startWithoutReadyFindings } from './start-command.ts';
import { unpinnedFindings } from './unpinned-install.ts';

/** The findings about a recipe, after comments and the level. */
export interface CheckedRecipe extends Judged {
  /** The warnings of the definition that count, the log of which has shown them. */
  readonly ofDefinition: readonly DefinitionWarning[];
}

/**
 * Checks a recipe and its files, and judges what the definition's own process found. No request is sent.
 *
 * @param manifests - of the steps, at the same index; only COPY has one
 */
export async function checkRecipe(
  definition: Definition,
  manifests: ReadonlyArray<FileManifest | undefined>,
  level: CheckLevel,
): Promise<CheckedRecipe> {
  const { steps, warnings } = definition;
  const comments = await commentsOf(definition);
  const found = [
    ...movingBaseFindings(definition),
    ...(await fileFindings(definition, manifests)),
    ...copyEverythingFindings(definition, manifests),
    ...secretFindings(definition),
    ...aptUpdateFindings(steps),
    ...lostSpecifierFindings(steps, warnings),
    ...unpinnedFindings(steps, comments),
    ...startWithoutReadyFindings(definition),
    ...readyPortFindings(definition),
    ...localServerFindings(definition),
    ...comments.findings,
  ];
  const judged = judge([...warnings, ...found], level, comments);
  const ofDefinition = warnings.filter((warning) => judged.warnings.includes(warning));
  return {
    problems: judged.problems,
    warnings: judged.warnings.filter((warning) => !ofDefinition.includes(warning)),
    ofDefinition,
  };
}

async function fileFindings(
  { steps }: Definition,
  manifests: ReadonlyArray<FileManifest | undefined>,
): Promise<DefinitionWarning[]> {
  const found = steps.map((step, index) => {
    const files = manifests[index];
    return files ? copyWarnings(step, files) : [];
  });
  return (await Promise.all(found)).flat();
}
