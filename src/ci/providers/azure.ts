import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunFacts, SourcePlace } from '../run-facts.ts';
import { afterPrefix, runFacts, sourcePlace } from '../system-run.ts';
import { noResults, printLine } from './plain-commands.ts';
import type { AnnotationProperties, Provider, RunnerCommands } from './provider.ts';
import { hasServiceKey } from './service-key.ts';

/** Azure Pipelines, on its own agents and on others. */
export function azure(env: NodeJS.ProcessEnv): Provider {
  const workspace = env['BUILD_SOURCESDIRECTORY'];
  const temporaryDirectory = env['AGENT_TEMPDIRECTORY'] || tmpdir();
  return {
    title: 'Azure Pipelines',
    ...(workspace && { workspace }),
    temporaryDirectory,
    commands: azureCommands(env, temporaryDirectory),
    readFacts: () => azureFacts(env),
  };
}

/** The agent shows so many errors and warnings of a step on the page of a run. */
const annotationLimit = 10;

/**
 * The logging commands of the agent. It looks for `##vso[` anywhere in a line, and warns about each line that has
 * `##vso` without being a command, so a text is broken between the two.
 */
function azureCommands(env: NodeJS.ProcessEnv, temporaryDirectory: string): RunnerCommands {
  const print = (line: string): void => printLine(breakCommands(line));
  const issue =
    (type: 'error' | 'warning') =>
    (message: string, { file, startLine, startColumn }: AnnotationProperties = {}): void => {
      const place = {
        ...(file !== undefined && { sourcepath: file }),
        ...(startLine !== undefined && { linenumber: String(startLine) }),
        ...(startColumn !== undefined && { columnnumber: String(startColumn) }),
      };
      command('task.logissue', { type, ...place }, breakCommands(message));
    };
  return {
    ...noResults(env['SYSTEM_DEBUG']?.toLowerCase() === 'true'),
    annotationLimit,
    info: print,
    startGroup: (title) => printLine(`##[group]${breakCommands(title)}`),
    endGroup: () => printLine('##[endgroup]'),
    notice(message) {
      for (const line of `Notice: ${message}`.split('\n')) print(line);
    },
    warning: issue('warning'),
    error: issue('error'),
    setOutput: (name, value) => command('task.setvariable', { variable: name, isOutput: 'true' }, value),
    setSecret: (text) => command('task.setsecret', {}, text),
    async addSummary(markdown) {
      const file = join(temporaryDirectory, `novita-template-summary-${randomUUID()}.md`);
      await writeFile(file, markdown);
      command('task.uploadsummary', {}, file);
    },
  };
}

function command(name: string, properties: Readonly<Record<string, string>>, data: string): void {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeData(value, true)};`);
  printLine(`##vso[${name}${pairs.length > 0 ? ` ${pairs.join('')}` : ''}]${escapeData(data, false)}`);
}

/** As the agent reads it back: `%` first, and in a property what would end it. */
function escapeData(text: string, isProperty: boolean): string {
  const data = text.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return isProperty ? data.replaceAll(';', '%3B').replaceAll(']', '%5D') : data;
}

function breakCommands(text: string): string {
  return text.replace(/##(?=vso)/gi, '#\\#');
}

/** Reads the predefined variables of Azure Pipelines. */
export function azureFacts(env: NodeJS.ProcessEnv): RunFacts {
  const ref = env['BUILD_SOURCEBRANCH'];
  // The number that people see: a repository on GitHub has another one than Azure.
  const [numberOfRef] = afterPrefix('refs/pull/', ref)?.split('/') ?? [];
  const number =
    env['SYSTEM_PULLREQUEST_PULLREQUESTNUMBER'] || env['SYSTEM_PULLREQUEST_PULLREQUESTID'] || numberOfRef;
  const reason = env['BUILD_REASON'];
  const commit = env['BUILD_SOURCEVERSION'];
  const fork = env['SYSTEM_PULLREQUEST_ISFORK']?.toLowerCase() === 'true';
  const branchOf = (text: string | undefined): string | undefined => afterPrefix('refs/heads/', text) ?? text;
  return runFacts({
    system: 'Azure Pipelines',
    ofPullRequest: reason === 'PullRequest' || Boolean(number),
    pullRequest: number,
    branch: afterPrefix('refs/heads/', ref),
    tag: afterPrefix('refs/tags/', ref),
    // A pull request is built at a merge commit.
    sha: env['SYSTEM_PULLREQUEST_SOURCECOMMITID'] || commit,
    baseRef: branchOf(env['SYSTEM_PULLREQUEST_TARGETBRANCH']),
    headRef: branchOf(env['SYSTEM_PULLREQUEST_SOURCEBRANCH']),
    fork,
    // A setting of the pipeline gives forks the secrets. Then this one is here.
    secretsGiven: fork && hasServiceKey(env),
    cause: reason === 'Schedule' ? 'schedule' : reason === 'Manual' ? 'person' : undefined,
    repository: env['BUILD_REPOSITORY_NAME'],
    repositoryUrl: env['BUILD_REPOSITORY_URI'],
    runUrl: runUrl(env),
    run: env['BUILD_BUILDID'],
    attempt: env['SYSTEM_JOBATTEMPT'],
    commits: [commit],
    source: sourceOf(env),
  });
}

function runUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { SYSTEM_COLLECTIONURI: server, SYSTEM_TEAMPROJECT: project, BUILD_BUILDID: build } = env;
  if (!server || !project || !build) return undefined;
  return `${server.replace(/\/*$/, '/')}${encodeURIComponent(project)}/_build/results?buildId=${encodeURIComponent(build)}`;
}

function sourceOf(env: NodeJS.ProcessEnv): SourcePlace | undefined {
  const place = sourcePlace(
    env['BUILD_REPOSITORY_URI'],
    env['BUILD_SOURCEVERSION'],
    env['BUILD_SOURCESDIRECTORY'],
  );
  if (!place || env['BUILD_REPOSITORY_PROVIDER'] !== 'TfsGit') return place;
  const { address } = place;
  return {
    ...place,
    lineAddress: (commit, path, line) =>
      `${address}?path=/${path}&version=GC${commit}&line=${line}&lineStartColumn=1&lineEndColumn=1&lineEnd=${line + 1}`,
  };
}
