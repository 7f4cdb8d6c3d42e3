import { ours, type Published, without } from './published.ts';
import { jobsOf, type Workflow, type WorkflowJob, type WorkflowStep } from './workflow.ts';

type Shelf = ReadonlyMap<string, Published>;

/** Names of outputs, inputs and secrets in expressions that nothing declares. */
export function outputProblems(workflow: Workflow, published: Shelf): string[] {
  const call = workflow.on['workflow_call'] as Record<string, object> | undefined;
  const names = (part: string) => Object.keys(call?.[part] ?? {});
  const problems = jobsOf(workflow).flatMap(([name, job]) => [
    ...stepOutputProblems(name, job, published),
    ...needsProblems(name, job, workflow, published),
  ]);
  if (!call) return problems;
  const outputs = references({ ...call }, 'jobs').flatMap(([job, output]) =>
    outputsOfJob(workflow.jobs[job], published).includes(output) ? [] : [`no output ${output} of job ${job}`],
  );
  const jobs = JSON.stringify(workflow.jobs);
  const used = (context: string) =>
    [...jobs.matchAll(new RegExp(`\\b${context}\\.([\\w-]+)`, 'g'))].map(([, name = '']) => name);
  return [
    ...problems,
    ...outputs,
    ...without(used('inputs'), names('inputs')).map((name) => `no input ${name}`),
    ...without(names('inputs'), used('inputs')).map((name) => `the input ${name} is never used`),
    ...without(used('secrets'), names('secrets')).map((name) => `no secret ${name}`),
  ];
}

function stepOutputProblems(name: string, job: WorkflowJob, published: Shelf): string[] {
  return references(job, 'steps').flatMap(([id, output]) => {
    const step = job.steps?.find((candidate) => candidate.id === id);
    if (!step) return [`${name}: no step ${id}`];
    const known = outputsOfStep(step, published);
    return !known || known.includes(output) ? [] : [`${name}: no output ${output} of step ${id}`];
  });
}

function needsProblems(name: string, job: WorkflowJob, workflow: Workflow, published: Shelf): string[] {
  const needs = [job.needs ?? []].flat();
  const used = [...JSON.stringify(job).matchAll(/\bneeds\.([\w-]+)\./g)].map(([, other = '']) => other);
  return [
    ...without(needs, Object.keys(workflow.jobs)).map((other) => `${name}: no job ${other}`),
    ...without(used, needs).map((other) => `${name}: does not need ${other}`),
    ...references(job, 'needs').flatMap(([other, output]) =>
      outputsOfJob(workflow.jobs[other], published).includes(output)
        ? []
        : [`${name}: no output ${output} of job ${other}`],
    ),
  ];
}

function outputsOfJob(job: WorkflowJob | undefined, published: Shelf): readonly string[] {
  if (job?.uses) return published.get(job.uses.split('@')[0] ?? '')?.outputs ?? [];
  return Object.keys(job?.outputs ?? {});
}

/** Undefined for an action of others. */
function outputsOfStep({ uses, run }: WorkflowStep, published: Shelf): readonly string[] | undefined {
  if (run !== undefined) {
    const written = run.split('\n').filter((line) => line.includes('GITHUB_OUTPUT'));
    return written.flatMap((line) => [...line.matchAll(/echo "(\w+)=/g)].map(([, output = '']) => output));
  }
  return uses?.startsWith(ours) ? (published.get(uses.split('@')[0] ?? '')?.outputs ?? []) : undefined;
}

/** The pairs in `<context>.<which>.outputs.<output>`, wherever they stand. */
function references(part: object, context: string): [string, string][] {
  const matches = JSON.stringify(part).matchAll(
    new RegExp(`\\b${context}\\.([\\w-]+)\\.outputs\\.([\\w-]+)`, 'g'),
  );
  return [...matches].map(([, which = '', output = '']) => [which, output]);
}
