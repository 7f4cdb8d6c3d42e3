/** Reads the run of this process from the runner's variables. `sha` is the commit that is built. */
export function readRun(env: NodeJS.ProcessEnv, sha: string | undefined): WorkflowRun {
  const number = (name: string, fallback: number) => {
    const value = Number(env[name]);
    return Number.isSafeInteger(value) && value > 0 ? value : fallback;
  };
  return { run: number('GITHUB_RUN_ID', 0), attempt: number('GITHUB_RUN_ATTEMPT', 1), ...(sha && { sha }) };
}

/** A workflow run. A re-run keeps the run's number and has a higher attempt. */
export interface WorkflowRun {
  /** 0 outside of GitHub Actions. */
  readonly run: number;
  readonly attempt: number;
  /** Commit that was built. */
  readonly sha?: string;
}

/** Whether one run or attempt was started after another. */
export function isNewer(one: WorkflowRun, other: WorkflowRun): boolean {
  return one.run === other.run ? one.attempt > other.attempt : one.run > other.run;
}
