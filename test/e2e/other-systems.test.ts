/** A build on CI systems other than GitHub: its tags, its log, and its outputs as the system's own rules read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { groupsOf } from '../support/runner.ts';
import { azureLog, buildkiteHeadings, gitlabSections } from '../support/system-logs.ts';
import { systemVariables } from '../support/system-variables.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { project } from './reuse-kit.ts';

const test = testWith({ files: project() });

/** Without what GitHub's runner sets. */
const elsewhere = { GITHUB_ACTIONS: '', GITHUB_EVENT_NAME: '', GITHUB_EVENT_PATH: '' };

describe('on Azure Pipelines', () => {
  test('a pull request gets its tag, and later jobs and the summary get what came of it', async ({
    run,
    service,
    workspace,
  }) => {
    await using temporary = await temporaryDirectory();
    const env = {
      ...elsewhere,
      ...systemVariables.azure['a pull request on GitHub'],
      BUILD_SOURCESDIRECTORY: workspace.path,
      AGENT_TEMPDIRECTORY: temporary.path,
    };
    const { exitCode, log, outputs } = await run({ env });
    expect(exitCode, log).toBe(0);
    expect(outputs).toEqual({});
    const { commands, warnings, formats } = azureLog(log);
    expect(warnings).toEqual([]);
    expect(formats).toContain('group');
    const variables = commands.filter(({ name }) => name === 'task.setvariable');
    expect(variables.every(({ properties }) => properties['isOutput'] === 'true')).toBe(true);
    const handed = Object.fromEntries(
      variables.map(({ properties, data }) => [properties['variable'], data]),
    );
    const [build] = service.inspect.builds();
    expect(handed).toMatchObject({
      tags: 'pr-12',
      status: 'ready',
      buildId: build?.id,
      reference: `my-agent:${build?.id}`,
    });
    expect(JSON.parse(readFileSync(handed['result'] ?? '', 'utf8'))).toMatchObject({ status: 'ready' });
    const [summary, ...others] = commands.filter(({ name }) => name === 'task.uploadsummary');
    expect(others).toEqual([]);
    expect(readFileSync(summary?.data ?? '', 'utf8')).toContain('my-agent');
    expect(commands.filter(({ name }) => name === 'task.setsecret').map(({ data }) => data)).toContain(
      service.apiKey,
    );
  });

  test("a fork's recipe is not run where Azure hands out the key", async ({ run, service }) => {
    const env = { ...elsewhere, ...systemVariables.azure["a fork's pull request with secrets"] };
    const { exitCode, log } = await run({ env: { ...env, NOVITA_API_KEY: service.apiKey } });
    expect(exitCode).toBe(1);
    expect(log).toContain('its code comes from a fork');
    expect(service.inspect.builds()).toEqual([]);
  });

  test("a fork's recipe is planned and not built where Azure keeps the key", async ({ run, service }) => {
    const env = { ...elsewhere, ...systemVariables.azure["a fork's pull request without secrets"] };
    const { exitCode, log } = await run({ env });
    expect(exitCode, log).toBe(0);
    expect(log).toContain('Azure Pipelines hands no secrets to runs of pull requests from forks');
    expect(service.inspect.builds()).toEqual([]);
  });
});

/** Stands in for the agent: keeps meta-data and annotations as files of a folder. */
const agent = `#!/bin/sh
case "$1 $2" in
  'meta-data set') cat > "$AGENT_FOLDER/meta-$(echo "$3" | tr : .)" ;;
  'annotate --context') cat > "$AGENT_FOLDER/annotation-$3" ;;
  'redactor add') cat >> "$AGENT_FOLDER/redacted" ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
`;

describe('on Buildkite', () => {
  test('the default branch moves latest, and the agent gets outputs and summary', async ({
    run,
    service,
  }) => {
    await using folder = await temporaryDirectory({ 'bin/buildkite-agent': { run: agent }, kept: null });
    const kept = join(folder.path, 'kept');
    const env = {
      ...elsewhere,
      ...systemVariables.buildkite['the default branch'],
      BUILDKITE_STEP_KEY: 'template',
      AGENT_FOLDER: kept,
      PATH: `${join(folder.path, 'bin')}:${process.env['PATH']}`,
    };
    const { exitCode, log } = await run({ env });
    expect(exitCode, log).toBe(0);
    const meta = (name: string) => readFileSync(join(kept, `meta-template.${name}`), 'utf8');
    expect(meta('tags')).toBe('latest,sha-bbbbbbb,default');
    expect(meta('buildId')).toBe(service.inspect.builds()[0]?.id);
    expect(meta('status')).toBe('ready');
    expect(readdirSync(kept).filter((name) => name.startsWith('annotation'))).toEqual([
      'annotation-novita-template-template',
    ]);
    expect(readFileSync(join(kept, 'annotation-novita-template-template'), 'utf8')).toContain('my-agent');
    expect(readFileSync(join(kept, 'redacted'), 'utf8')).toContain(service.apiKey);
    expect(buildkiteHeadings(log)).toContain('--- Tags');
  });

  test('a build is made and one warning says so where there is no agent', async ({ run, service }) => {
    await using folder = await temporaryDirectory();
    const env = { ...elsewhere, ...systemVariables.buildkite['a pull request'], PATH: folder.path };
    const { exitCode, log } = await run({ env });
    expect(exitCode, log).toBe(0);
    expect(service.inspect.builds()[0]?.registeredTags).toContain('pr-12');
    expect(log.match(/outputs of this step.* could not be written/g)).toHaveLength(1);
  });
});

describe('on GitLab', () => {
  test('a merge request gets its tag, and its log has sections', async ({ run, service }) => {
    const env = { ...elsewhere, ...systemVariables.gitlab['a merge request'] };
    const { exitCode, log } = await run({ env });
    expect(exitCode, log).toBe(0);
    expect(service.inspect.builds()[0]?.registeredTags).toContain('pr-12');
    const marks = gitlabSections(log);
    expect(marks.map(({ title }) => title)).toContain('Tags');
    expect(marks.filter(({ mark }) => mark === 'start')).toHaveLength(marks.length / 2);
    expect(log).not.toMatch(/^::/m);
    expect(log).toContain('merge request 12');
  });

  test("a fork's recipe is not run when a member runs its pipeline", async ({ run, service }) => {
    const env = { ...elsewhere, ...systemVariables.gitlab["a fork's merge request, run by a member"] };
    const { exitCode, log } = await run({ env });
    expect(exitCode).toBe(1);
    expect(log).toContain('its code comes from a fork');
    expect(service.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

test('on a laptop a build gets a tag of its own, also when the recipe names tags', async ({
  run,
  service,
}) => {
  const env = { ...elsewhere, GITHUB_REF: '', GITHUB_SHA: '', USER: 'Ada Lovelace' };
  const { exitCode, log } = await run({ env });
  expect(exitCode, log).toBe(0);
  expect(service.inspect.builds()[0]?.registeredTags).toContain('dev-ada-lovelace');
  expect(log).toContain('built by a person, and not by CI');
  await run({ env, inputs: { tags: 'latest, mine' } });
  const [build] = service.inspect.builds();
  expect(service.inspect.resolve('my-agent', 'latest')).toBe(build?.id);
});

test('on Forgejo, outputs, summary and groups are those of GitHub', async ({ run }) => {
  const env = { FORGEJO_ACTIONS: 'true', GITEA_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://git.example' };
  const { exitCode, log, outputs, summary } = await run({ env, inputs: { tags: 'mine' } });
  expect(exitCode, log).toBe(0);
  expect(outputs).toMatchObject({ status: 'ready', tags: 'mine' });
  expect(summary).toContain('## Template `my-agent` is ready');
  expect(groupsOf(log).map(({ title }) => title)).toContain('Tags');
});
