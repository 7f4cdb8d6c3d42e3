import { ours } from './published.ts';
import { jobsOf, type Workflow, type WorkflowJob } from './workflow.ts';

/** Each grant is one that some job states, and has its reason in the same line. */
export function permissionProblems(workflow: Workflow, text: string): string[] {
  const silent = jobsOf(workflow).filter(([, job]) => !job.permissions);
  const broad = jobsOf(workflow).filter(([, job]) => typeof job.permissions === 'string');
  const bare = text.split('\n').filter((line) => /^[^#]*[\w-]+: (read|write)\b[^#]*$/.test(line));
  return [
    ...silent.map(([name]) => `${name}: states no permissions`),
    ...broad.map(([name]) => `${name}: takes permissions in bulk`),
    ...bare.map((line) => `no reason stands at ${line.trim()}`),
  ];
}

/** An expression in a script is code by whoever writes its value; scripts get values by `env`. */
export function scriptProblems(workflow: Workflow): string[] {
  return jobsOf(workflow).flatMap(([name, { steps = [] }]) =>
    steps.filter(({ run }) => run?.includes('${{')).map(({ run }) => `${name}: an expression in ${run}`),
  );
}

/** Actions of others stand there by commit, with the version for people and for Dependabot. */
export function pinProblems(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^\s*(- )?uses: /.test(line) && !line.includes(ours));
  return lines
    .filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
    .map((line) => `not pinned: ${line.trim()}`);
}

/** Jobs end by themselves, later than the hour after which the action itself ends with a message. */
export function timeoutProblems(workflow: Workflow): string[] {
  return jobsOf(workflow).flatMap(([name, job]) => {
    if (job.uses) return job['timeout-minutes'] ? [`${name}: a call takes no timeout-minutes`] : [];
    const limit = job['timeout-minutes'] ?? 0;
    if (limit === 0) return [`${name}: no timeout-minutes`];
    return follows(job) && limit <= 60 ? [`${name}: ends before the build may`] : [];
  });
}

function follows({ steps = [] }: WorkflowJob): boolean {
  return steps.some(
    ({ uses, with: given }) =>
      uses?.startsWith(`${ours}/wait@`) || (uses?.startsWith(`${ours}@`) && given?.['wait'] !== false),
  );
}

/** What moves or removes tags is not cancelled half-way by the next run. */
export function concurrencyProblems(workflow: Workflow): string[] {
  return jobsOf(workflow).flatMap(([name, job]) => {
    const guarded = (job.steps ?? []).some(({ uses }) => uses && /\/(promote|cleanup)@/.test(uses));
    const cancels = [workflow.concurrency, job.concurrency].some(
      (concurrency) =>
        typeof concurrency === 'object' && (concurrency['cancel-in-progress'] ?? false) !== false,
    );
    return guarded && cancels ? [`${name}: may be cancelled`] : [];
  });
}

const known = {
  workflow: 'name run-name on permissions env defaults concurrency jobs',
  job: 'name permissions needs if runs-on environment concurrency outputs env defaults steps timeout-minutes strategy continue-on-error container services uses with secrets',
  step: 'id if name uses run working-directory shell with env continue-on-error timeout-minutes',
};

/** Keys that GitHub would refuse, from the syntax page for workflows in its documentation. */
export function keyProblems(workflow: Workflow): string[] {
  const unknown = (part: object, kind: keyof typeof known) =>
    Object.keys(part).filter((key) => !known[kind].split(' ').includes(key));
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps ?? []);
  return [
    ...unknown(workflow, 'workflow'),
    ...jobs.flatMap((job) => unknown(job, 'job')),
    ...steps.flatMap((step) => unknown(step, 'step')),
  ].map((key) => `unknown key ${key}`);
}
