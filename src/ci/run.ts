/** The run that this process belongs to, from the runner's variables and the commit that is built. */
export function readRun(env: NodeJS.ProcessEnv, sha: string | undefined): WorkflowRun {
  const number = (name: string, fallback: number) => {
    const value = Number(env[name]);
    return Number.isSafeInteger(value) && value > 0 ? value : fallback;
  };
  return { run: number('GITHUB_RUN_ID', 0), attempt: number('GITHUB_RUN_ATTEMPT', 1), ...(sha && { sha }) };
}

/** Which run wrote something. A re-run keeps the number of its run and counts attempts. */
export interface WorkflowRun {
  /** 0 where there is none. */
  readonly run: number;
  readonly attempt: number;
  /** Commit that was built. */
  readonly sha?: string;
}

/** Whether one run, or attempt of it, was started after another. */
export function isNewer(one: WorkflowRun, other: WorkflowRun): boolean {
  return one.run === other.run ? one.attempt > other.attempt : one.run > other.run;
}
