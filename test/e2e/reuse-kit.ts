import { expect } from 'vitest';
import type { RequestRecord } from '../../src/local/server.ts';
import type { LocalService } from '../../src/local/service.ts';
import { type Run as RunAction, type RunChanges, testWith } from '../support/fixtures.ts';
import type { RunResult } from '../support/runner.ts';

/** A base that no registry has to be asked about. */
export const pinned = `python:3.12@sha256:${'5c'.repeat(32)}`;

/** The definition of {@link project}; `rest` continues the chain. */
export const recipe = (base = pinned, rest = '') => `import { Template } from 'novita-sandbox';

export const template = Template()
  .fromImage(${JSON.stringify(base)}, undefined, { inheritConfig: false })
  .copy('app/', '/app')
  .runCmd('pip install -r /app/requirements.txt')${rest};
`;

/** A repository with a template of two steps, of which one brings files. */
export const project = (definition = recipe()) => ({
  'template.ts': definition,
  'app/main.py': 'print(1)\n',
  'app/requirements.txt': 'requests\n',
});

export const commits = { first: 'a1'.repeat(20), second: 'b2'.repeat(20), third: 'c3'.repeat(20) } as const;

export interface Run extends RunResult {
  readonly post: RunResult;
  /** What this run asked the service to change, oldest first. */
  readonly changes: readonly Pick<RequestRecord, 'method' | 'path' | 'body'>[];
}

const inProject = testWith({
  files: project(),
  defaults: { inputs: { name: 'my-agent' }, env: { GITHUB_REF_NAME: 'main' } },
});

/** One run of the build action for the template my-agent, with its post step. */
const withPost =
  (service: LocalService, run: RunAction) =>
  async (changes: RunChanges = {}): Promise<Run> => {
    const since = service.requests.length;
    const result = await run(changes);
    const { onOutput: _, ...rest } = changes;
    const post = await run({ ...rest, state: result.state });
    return { ...result, post, changes: changesSince(service, since) };
  };

/** Runs one after the other, which share the cache of the runner with what is remembered of builds. */
export const test = inProject.extend('build', ({ service, run, cache: _ }) => withPost(service, run));

/** Runs at the same time: each has a folder of its own, and no cache of what was built before. */
export const testTogether = inProject.extend('build', ({ service, run }) => withPost(service, run));

/** The line that tells why, and that the build went on as usual. */
export function whyBuilt({ log, exitCode, outputs }: Run): string | undefined {
  expect([exitCode, outputs['reused'], outputs['status']], log).toEqual([0, 'false', 'ready']);
  expect(log).toMatch(/^No build has this content\. Building\.$/m);
  return /^Changed since the last build of main: (.*)$/m.exec(log)?.[1];
}

/** What was sent to a service that may change something there; uploads among it. */
export function changesSince(service: LocalService, since = 0): Run['changes'] {
  return service.requests
    .slice(since)
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ method, path, body }) => ({ method, path, body }));
}

/** The content tag under which a build was registered. */
export function contentTagOf(service: LocalService, buildId: string | undefined): string | undefined {
  const build = service.inspect.builds().find(({ id }) => id === buildId);
  return build?.registeredTags.find((tag) => /^content-[0-9a-f]{64}$/.test(tag));
}

/** A push of a commit to the default branch. */
export const pushOf = (sha: string, options: RunChanges = {}): RunChanges => ({
  ...options,
  env: { GITHUB_SHA: sha },
});

/** The states of all builds, oldest first. */
export const statuses = (service: LocalService) => service.inspect.builds().map(({ status }) => status);

/** Calls once when the run has printed this. */
export function when(text: string, then: (kill: (signal: NodeJS.Signals) => void) => void) {
  let done = false;
  return (printed: string, kill: (signal: NodeJS.Signals) => void) => {
    if (done || !printed.includes(text)) return;
    done = true;
    then(kill);
  };
}
