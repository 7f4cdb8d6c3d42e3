import { git } from '../support/checkouts.ts';
import type { RunResult } from '../support/runner.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { pullRequestRun } from './pull-request-kit.ts';
import { pinned } from './reuse-kit.ts';

/** A template of two steps that sends the files beside it. */
export const recipe = (rest = '') => `import { Template } from 'novita-sandbox';

export const template = Template()
  .fromImage(${JSON.stringify(pinned)}, undefined, { inheritConfig: false })
  .copy('app/', '/app')${rest};
`;

/** Two templates, each in a folder of its own. */
export const repository = {
  'templates/agent/template.ts': recipe(),
  'templates/agent/app/main.py': 'print("agent")\n',
  'templates/worker/template.ts': recipe(".runCmd('true')"),
  'templates/worker/app/main.py': 'print("worker")\n',
  'README.md': 'Two templates.\n',
};

/** The names in the matrix of a run, in their order. */
export function namesIn({ outputs, log }: RunResult): string[] {
  const { include } = JSON.parse(outputs['matrix'] ?? `"${log}"`);
  return include.map(({ name }: { name: string }) => name);
}

/** Why a template is listed, or not, by the table in the log: `no default is on build …`. */
export function whyIn({ log }: RunResult, name: string): string | undefined {
  const row = log.split('\n').find((line) => new RegExp(`^\\S+ +${name} +[a-z]+ +(yes|no|\\?) `).test(line));
  return row?.replace(/^\S+ +\S+ +\S+ +(?:\S+ +(?=(?:yes|no) ))?/, '').replace(/ +/, ' ');
}

/** Commits everything in the workspace, and returns the commit. */
export function commitAll({ path }: TemporaryDirectory, message: string): string {
  git(path, 'add', '-A');
  git(path, 'commit', '-qm', message);
  return git(path, 'rev-parse', 'HEAD');
}

/** The event of pull request 12 with these commits. */
export function pullRequestOf(head: string, base: string): ReturnType<typeof pullRequestRun> {
  const { event, env } = pullRequestRun('synchronize', head);
  const payload = structuredClone(event.payload) as { pull_request: { base: { sha: string } } };
  payload.pull_request.base.sha = base;
  return { event: { ...event, payload }, env };
}
