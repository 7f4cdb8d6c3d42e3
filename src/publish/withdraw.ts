import { type WithdrawnBuild, withdrawBuild } from '../templates/withdraw-build.ts';
import type { Closing } from './closing.ts';

/**
 * Withdraws a build whose test was red, also when the job is cancelled meanwhile.
 *
 * @returns what was done, in sentences; also when the service refused or did not answer in time
 */
export async function withdraw({ client, whyNot }: Closing, build: WithdrawnBuild): Promise<string> {
  const { buildId } = build;
  try {
    const { stay, held } = await withdrawBuild(client, build);
    if (held)
      return `Other runs keep holding build ${buildId}; each of them withdraws it when its test fails.`;
    return told(buildId, stay);
  } catch (error) {
    return `Build ${buildId} could not be withdrawn (${whyNot(error)}). This run moved no tag to it, but a run without this test may reuse the build. Run this job again.`;
  }
}

function told(buildId: string, stay: readonly string[]): string {
  const withdrawn = `Build ${buildId} is withdrawn: this run moved no tag to it, and no later run reuses it.`;
  if (stay.length === 0) return withdrawn;
  const names = stay.slice(0, 5).join(', ');
  const more = stay.length > 5 ? ` and ${stay.length - 5} more` : '';
  return `${withdrawn} It keeps ${names}${more}, which another run gave it.`;
}
