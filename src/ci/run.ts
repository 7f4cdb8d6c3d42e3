import type { RunIdentity } from '../report/comment-marker.ts';

/** The run that this process belongs to, from the runner's variables and the commit that is built. */
export function readRun(env: NodeJS.ProcessEnv, sha: string | undefined): RunIdentity {
  const number = (name: string, fallback: number) => {
    const value = Number(env[name]);
    return Number.isSafeInteger(value) && value > 0 ? value : fallback;
  };
  return { run: number('GITHUB_RUN_ID', 0), attempt: number('GITHUB_RUN_ATTEMPT', 1), ...(sha && { sha }) };
}
