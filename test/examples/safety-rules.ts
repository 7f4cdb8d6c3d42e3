import { besideWorkspace, ours } from './published.ts';
import { type ConcurrencyGroup, jobsOf, type Workflow, type WorkflowJob } from './workflow.ts';

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
  const lines = text
    .split('\n')
    .filter(
      (line) => /^\s*(- )?uses: /.test(line) && ![ours, besideWorkspace].some((own) => line.includes(own)),
    );
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

/**
 * What moves or removes tags is not cancelled half-way by the next run, and a run that waits is not pushed out by the
 * one after it: without `queue: max` GitHub keeps only the newest. The two settings exclude each other.
 */
export function concurrencyProblems(workflow: Workflow): string[] {
  const own = groupOf(workflow.concurrency);
  const jobs = jobsOf(workflow).map(([name, job]) => ({ name, job, group: groupOf(job.concurrency) }));
  const groups = [{ name: 'the workflow', group: own }, ...jobs].flatMap(({ name, group }) =>
    group ? [{ name, group }] : [],
  );
  return [
    ...jobs
      .filter(({ job, group }) => movesTags(job) && [own, group].some(cancelsOthers))
      .map(({ name }) => `${name}: may be cancelled`),
    ...groups
      .filter(({ group }) => !cancels(group) && group.queue !== 'max')
      .map(({ name }) => `${name}: a run that waits may be pushed out`),
    ...groups
      .filter(({ group }) => cancels(group) && group.queue !== undefined)
      .map(({ name }) => `${name}: queue does not go with cancel-in-progress`),
  ];
}

function groupOf(concurrency: Workflow['concurrency']): ConcurrencyGroup | undefined {
  return typeof concurrency === 'string' ? { group: concurrency } : concurrency;
}

const movesTags = ({ steps = [] }: WorkflowJob) =>
  steps.some(({ uses }) => uses && /\/(promote|cleanup)@/.test(uses));

const cancels = (group: ConcurrencyGroup) => (group['cancel-in-progress'] ?? false) !== false;

/** A group that is the run's own, but for pull requests that are open, cancels nothing else. */
const cancelsOthers = (group: ConcurrencyGroup | undefined) =>
  group !== undefined && cancels(group) && !ownButForPullRequests.test(group.group);

const ownButForPullRequests =
  /github\.event_name == 'pull_request' && (github\.event\.action != 'closed' && )?github\.ref \|\| github\.run_id \}\}$/;

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
