import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { decodeText } from '../../../decode-text.ts';
import { type ProblemsError, problem, type SourceLocation } from '../../../problem.ts';
import type { DefinitionSettings } from '../../definition.ts';
import type { Choice, HostSession, ReadKind } from '../reader.ts';
import { type ConfigFields, readFields } from './fields.ts';

/** Where the SDK's own reader of Dockerfiles has its ready command from, when there is none: it waits. */
const waitForStart = 'sleep 20';

interface Builder {
  fromDockerfile(path: string): object;
  setStartCmd(command: string, ready: string): object;
  setReadyCmd(ready: string): object;
}

/**
 * Reads a config file of E2B's command, such as `e2b.toml`: a Dockerfile, and how it is built and started. The Dockerfile
 * is relative to the config file, else to the repository; that folder is the context.
 */
export const readConfig: ReadKind = async ({ file, name, workingDirectory }, session): Promise<Choice> => {
  await session.watched;
  session.phase({ name: 'evaluating' });
  session.files?.checkSource(file);
  const config = readFields(file, textOf(file));
  const { values, line } = config;
  const settings = settingsOf(config);
  if (!settings.name && !name) throw withoutName(config);
  const { path, contextDirectory } = findDockerfile(config, file, workingDirectory);
  const template = builderOf(session, contextDirectory);
  const { recorder } = session;
  recorder.callAt(line('dockerfile'), () => template.fromDockerfile(path));
  const { start_cmd: start, ready_cmd: ready } = values;
  if (start) recorder.callAt(line('start_cmd'), () => template.setStartCmd(start, ready || waitForStart));
  if (ready) recorder.callAt(line('ready_cmd'), () => template.setReadyCmd(ready));
  return { template, settings, notices: config.unread, contextDirectory };
};

function textOf(file: string): string {
  const decoded = decodeText(readFileSync(file));
  if (decoded.ok) return decoded.value;
  const message = `The file cannot be read: ${decoded.reason}. Save it as UTF-8.`;
  throw problem('Encoding of the config file', message, { file, line: decoded.line });
}

function builderOf({ sdk }: HostSession, fileContextPath: string): Builder {
  const { Template } = sdk.exports as { readonly Template: (options: object) => Builder };
  return Template({ fileContextPath });
}

function settingsOf({ values, line }: ConfigFields): DefinitionSettings {
  const { template_name, name, cpu_count, memory_mb } = values;
  const named = template_name || name;
  return {
    ...(named && { name: { value: named, at: line(template_name ? 'template_name' : 'name') } }),
    ...(cpu_count && { cpuCount: { value: cpu_count, at: line('cpu_count') } }),
    ...(memory_mb && { memoryMb: { value: memory_mb, at: line('memory_mb') } }),
  };
}

function withoutName({ values, line }: ConfigFields): ProblemsError {
  const { template_id: id } = values;
  const found = id
    ? `The file has the template_id ${id} and no template_name. An identifier names nothing here.`
    : 'The file has no template_name.';
  return problem(
    'The template has no name',
    `${found} Set the input name:, or add template_name = "…".`,
    line(id ? 'template_id' : 'template_name'),
  );
}

/** The names that E2B's command looks for, and ours. */
const usualNames = ['e2b.Dockerfile', 'novita.Dockerfile', 'Dockerfile'];

function findDockerfile(
  { values, line }: ConfigFields,
  file: string,
  workingDirectory: string,
): { readonly path: string; readonly contextDirectory: string } {
  const given = values.dockerfile;
  const names = given ? [given] : usualNames;
  const folders = [...new Set([dirname(file), workingDirectory, ...repositoriesAbove(workingDirectory)])];
  for (const contextDirectory of given ? folders : folders.slice(0, 1)) {
    const path = names.map((each) => resolve(contextDirectory, each)).find(isFile);
    if (path !== undefined) return { path, contextDirectory };
  }
  const at: SourceLocation = line('dockerfile');
  if (given)
    throw problem(
      'The Dockerfile does not exist',
      `dockerfile = "${given}" is neither beside ${basename(file)} nor in ${folders.slice(1).join(' or ') || 'a folder above'}. Give its path relative to this file, or to the repository.`,
      at,
    );
  throw problem(
    'The config file names no Dockerfile',
    `There is no field dockerfile, and none of ${usualNames.join(', ')} stands beside ${basename(file)}. Add dockerfile = "…".`,
    at,
  );
}

/** The root of the repository that a folder is in. */
function repositoriesAbove(folder: string): string[] {
  for (let path = folder; ; path = dirname(path)) {
    if (existsSync(join(path, '.git'))) return [path];
    if (dirname(path) === path) return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
