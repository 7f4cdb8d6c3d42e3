import pLimit from 'p-limit';
import { contentTags } from '../api/content-tag.ts';
import type { RecipeBody } from '../api/types.ts';
import { checkRecipe } from '../checks/check-recipe.ts';
import type { CheckLevel } from '../checks/judge.ts';
import { contextSetting } from '../context/context-setting.ts';
import { type GitModes, readGitModes } from '../context/git-modes.ts';
import { hashFiles } from '../context/hash-files.ts';
import { type IgnoreRules, loadIgnoreRules } from '../context/ignore-rules.ts';
import type { FileManifest } from '../context/manifest.ts';
import type { Definition, RecipeStep } from '../definition/definition.ts';
import { type Problem, ProblemsError, throwIfAny } from '../problem.ts';
import { environmentTitle, stepTitle } from '../recipe/instruction.ts';
import { pinnedBase, type ResolveBase } from './base.ts';
import { baseProblems, findingsAtLine } from './base-problems.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';
import type { Plan, PlanStep } from './plan.ts';

/** What the inputs and the event add to a definition. */
export interface PlanRequest {
  readonly name: string;
  readonly tags: readonly string[];
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  /** Build everything anew, the base image included. */
  readonly skipCache: boolean;
  /** Age up to which a build is reused, in milliseconds; absent for no limit. */
  readonly maxAgeMs?: number | undefined;
  /** What the findings of recipe checks are; by default warnings. */
  readonly check?: CheckLevel;
  /** GitHub withholds secrets, so empty registry credentials are no problem. */
  readonly secretsWithheld?: boolean;
  /** The commit that is built. It is not part of the fingerprint. */
  readonly commit?: string | undefined;
}

/** For plans that are never built. */
const unresolved: ResolveBase = async () => ({ kind: 'unknown', why: 'the base was not looked up' });

/** COPY steps whose files are read at the same time; each reads several files at once. */
const parallelCopies = 2;

/**
 * Plans a build: reads the files of each COPY, puts their hashes into the request body, and pins the base to its
 * current version. Rejects with a `ProblemsError` that names every step that cannot work.
 */
export async function makePlan(
  definition: Definition,
  request: PlanRequest,
  resolveBase: ResolveBase = unresolved,
): Promise<Plan> {
  const problems: Problem[] = baseProblems(definition, request);
  const resolving = (problems.length > 0 ? unresolved : resolveBase)(definition.recipe);
  // Awaited below. Until then a rejection must not end the process.
  resolving.catch(() => {});
  const { contextDirectory, ignorePatterns, ignoreFile } = definition;
  const ignore = await loadIgnoreRules(contextDirectory, ignorePatterns, ignoreFile);
  const modes = await readGitModes(contextDirectory);
  const limit = pLimit(parallelCopies);
  const manifests = await Promise.all(
    definition.steps.map((step) => limit(() => filesOf(step, definition, { ignore, modes }, problems))),
  );
  const checked = await checkRecipe(definition, manifests, request.check ?? 'warn');
  problems.push(...checked.problems);
  const resolved = await resolving.catch((error) => {
    throwIfAny(problems.sort(byLine));
    throw error;
  });
  const aboutBase = findingsAtLine(definition, resolved);
  problems.push(...aboutBase.problems);
  throwIfAny(problems.sort(byLine));

  const recipe: RecipeBody = {
    ...definition.recipe,
    ...pinnedBase(definition.recipe, resolved),
    ...(request.skipCache && { force: true }),
    steps: definition.steps.map(({ wire }, index) => {
      const files = manifests[index];
      return files ? { ...wire, filesHash: files.hash } : wire;
    }),
  };
  const { name, tags, cpuCount, memoryMb, maxAgeMs } = request;
  const hidden = new Map(
    definition.steps.flatMap((step, index) => (step.addedBySdk ? [[index, step.addedBySdk]] : [])),
  );
  const fingerprint: Fingerprint = definition.recipe.force
    ? { unknown: 'the recipe is built again every time (skipCache)' }
    : fingerprintOf({ base: resolved, recipe, hidden, cpuCount, memoryMb, maxAgeMs });
  const { base } = definition.sources;
  return {
    ...{ name, tags, cpuCount, memoryMb, wire: recipe },
    base: { title: baseTitle(definition), ...(base && { source: base }), resolved },
    steps: definition.steps.map((step, index) => planStep(step, index + 1, manifests[index])),
    fingerprint,
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    warnings: [...aboutBase.warnings, ...checked.warnings],
    ...('hash' in fingerprint && { contentTags: contentTags(fingerprint.hash, request.commit) }),
    definition: { ...definition, warnings: checked.ofDefinition },
  };
}

function planStep(step: RecipeStep, number: number, files: FileManifest | undefined): PlanStep {
  return {
    number,
    title: step.addedBySdk === 'environment' ? environmentTitle : stepTitle(step.wire),
    ...(step.source && { source: step.source }),
    ...(step.addedBySdk && { addedBySdk: step.addedBySdk }),
    ...(files && { files }),
    ...(step.forceUpload && { forceUpload: true }),
  };
}

async function filesOf(
  step: RecipeStep,
  definition: Definition,
  { ignore, modes }: { readonly ignore: IgnoreRules; readonly modes: GitModes | undefined },
  problems: Problem[],
): Promise<FileManifest | undefined> {
  const type = step.wire.type.toUpperCase();
  if (type !== 'COPY' && type !== 'ADD') return undefined;
  const { relativeContext, file, kind } = definition;
  try {
    return await hashFiles(
      {
        source: step.wire.args?.[0] ?? '',
        contextDirectory: definition.contextDirectory,
        contextSetting: contextSetting(definition),
        ...(relativeContext && { relativeContext: { ...relativeContext, file, kind } }),
        ...(step.resolveSymlinks !== undefined && { resolveSymlinks: step.resolveSymlinks }),
        ...(step.source && { at: step.source }),
      },
      ignore,
      modes,
    );
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function baseTitle({ recipe }: Definition): string {
  if (recipe.fromTemplate !== undefined) return `FROM TEMPLATE ${recipe.fromTemplate}`;
  return `FROM ${recipe.fromImage ?? '(no image)'}`;
}

function byLine(a: Problem, b: Problem): number {
  return (a.at?.line ?? 0) - (b.at?.line ?? 0);
}
