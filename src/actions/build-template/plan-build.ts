import { nameProblems } from '../../api/names.ts';
import { defaultMemoryMb, judgeSize, type SandboxSize } from '../../api/sandbox-size.ts';
import { secretsWithheld } from '../../ci/trust.ts';
import type { EarlyHost } from '../../definition/process/host-child.ts';
import type { GithubClient } from '../../github/client.ts';
import type { BuildInputs, SettledInputs } from '../../inputs/build.ts';
import { redactPlan } from '../../job/build-reporter.ts';
import type { ExitResult } from '../../job/exit.ts';
import type { Connect, Job } from '../../job/job.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Plan } from '../../plan/plan.ts';
import { collectProblems, type Problem, type SourceLocation, throwIfAny } from '../../problem.ts';
import { showWarnings } from '../../report/log/output.ts';
import { logPlan } from '../../report/log/plan-log.ts';
import { placeLabel } from '../../report/text/source-lines.ts';
import { type EarlyLookup, lookUpEarly } from '../../reuse/early-lookup.ts';
import { readDefinition } from './load-definition.ts';
import { overrideRecipe } from './override-recipe.ts';
import { exitIfOutdated } from './pull-request-state.ts';
import { baseResolver } from './resolve-base.ts';
import { decidesAlone, showTags, tagsOfBuild } from './resolve-tags.ts';
import { settleInputs } from './settle-inputs.ts';
import { teamLimits } from './team-limits.ts';

export interface PlannedBuild {
  readonly plan: Plan;
  readonly settled: SettledInputs;
  /** Sent by the name alone, while the recipe was read. */
  readonly lookup: EarlyLookup | undefined;
}

interface PlanningContext {
  readonly job: Job;
  /** Absent without a key. */
  readonly connect: Connect | undefined;
  readonly github: GithubClient | undefined;
  /** A process that already waits for a definition. */
  readonly early: EarlyHost | undefined;
}

/**
 * Reads the definition, decides the tags and makes the plan, with everything that is asked beside it. Nothing at the
 * service is changed. Rejects with a `ProblemsError` that names all mistakes.
 *
 * @param found - the problems of the inputs
 * @returns how the run ends, where a newer commit of its pull request is built instead
 */
export async function planBuild(
  inputs: BuildInputs,
  found: readonly Problem[],
  { job, connect, github, early }: PlanningContext,
): Promise<PlannedBuild | { readonly exit: ExitResult }> {
  const { context, runner, clients } = job;
  const { event, workspace } = context;
  const { name } = inputs;
  const problems = [...found, ...(name === '' ? [] : nameProblems(name))];
  const decide = (about: BuildInputs) =>
    tagsOfBuild(about, event, { connect, mayLookUp: problems.length === 0 });
  const askLimits = (size: SandboxSize) => teamLimits(size, problems, connect, runner.debug);
  const checkCommit = (tags: readonly string[]) => {
    const checked = connect && exitIfOutdated(tags, inputs, github, context);
    checked?.catch(() => {});
    return checked;
  };

  // What the inputs alone say is asked while the recipe is read, which takes longer.
  const sizeOfInputs = defaultSize(inputs);
  const limitsOfInputs = askLimits(sizeOfInputs);
  const tagsOfInputs = decidesAlone(inputs, event) ? await decide(inputs) : undefined;
  const isFine = () => problems.length === 0 && (tagsOfInputs?.problems ?? []).length === 0;
  const commitOfInputs = tagsOfInputs && isFine() ? checkCommit(tagsOfInputs.tags) : undefined;
  let lookup: EarlyLookup | undefined;
  const lookUp = () => {
    // Without the digest of its base, a plan has no fingerprint to find a build by.
    const isUseful = name !== '' && inputs.pinBase && inputs.reuse !== 'never' && isFine();
    if (connect && isUseful) lookup = lookUpEarly(connect(), name);
  };
  let settledName = name;
  const resolveBase = baseResolver(inputs, () => settledName, connect, clients.resolveImage);

  const show = (at: SourceLocation) => placeLabel(at, workspace);
  const visible = [name, inputs.tags, ...(tagsOfInputs?.tags ?? [])];
  const read = await collectProblems(problems, async () => {
    const definition = await readDefinition(inputs, context, runner, visible, {
      ...{ beside: lookUp, early },
      // Sent while the SDK asks for the configuration. A plan waits for the response, or reports the error.
      readingBase: (base) => void resolveBase(base).catch(() => {}),
    });
    return overrideRecipe(definition, inputs, context, show);
  }).catch((error) => {
    // The mistakes found so far explain more than the error that stopped the reading.
    throwIfAny([...problems, ...(tagsOfInputs?.problems ?? [])]);
    throw error;
  });

  const { settled, ...said } = settleInputs(inputs, read?.definition.settings, event, show);
  settledName = settled.name;
  problems.push(...said.problems);
  for (const line of [...said.lines, ...(read?.lines ?? [])]) runner.output.line(line);
  const isSame = settled.tags === inputs.tags && settled.name === name;
  const hasAsked = problems.length === 0;
  const decided = tagsOfInputs && isSame ? tagsOfInputs : await decide(settled);
  // A mistake in the definition may hide its tags.
  if (read || tagsOfInputs) problems.push(...decided.problems);
  showTags(decided, hasAsked, runner.output);
  const outdated = commitOfInputs ?? (problems.length === 0 ? checkCommit(decided.tags) : undefined);

  const plan = await collectProblems(problems, async () => {
    if (!read) return undefined;
    const request = { ...settled, tags: decided.tags, commit: event.sha };
    return makePlan(read.definition, { ...request, secretsWithheld: secretsWithheld(event) }, resolveBase);
  }).catch((error) => {
    throwIfAny(problems);
    throw error;
  });
  const isInputSize =
    settled.cpuCount === sizeOfInputs.cpuCount && settled.memoryMb === sizeOfInputs.memoryMb;
  const size = judgeSize(settled, await (isInputSize ? limitsOfInputs : askLimits(settled)));
  showWarnings(runner.output, size.warnings);
  problems.push(...size.problems);
  throwIfAny(problems);
  if (!plan) throw new Error('The plan is missing, and no problem explains it.');
  logPlan(runner.output, redactPlan(plan, runner.redact));

  const exit = await outdated;
  return exit ? { exit } : { plan, settled, lookup };
}

/** The size without a definition that says one. */
function defaultSize({ cpuCount = 2, memoryMb }: BuildInputs): SandboxSize {
  return { cpuCount, memoryMb: memoryMb ?? defaultMemoryMb(cpuCount) };
}
