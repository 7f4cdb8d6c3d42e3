/** Failed builds of real definitions on the embedded service, and the annotation with which they end. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { loadDefinition } from '../../src/definition/process/load.ts';
import type { BuildOutcome } from '../../src/driver/events.ts';
import { startLocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import type { SimulationScript } from '../../src/local/simulation-script.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { createBuildLog } from '../../src/report/log/build-log.ts';
import { jobOutput } from '../../src/report/log/output.ts';
import { runBuild } from '../support/build-run.ts';
import { captureStdout, notingCommands } from '../support/captured-output.ts';
import { runnerCommands } from '../support/runner-log.ts';

const source = join(import.meta.dirname, '../../src/definition');
export const image = 'registry.example/python:3.12';
const files = {
  'template.ts': `import { Template, waitForPort } from 'novita-sandbox';

export const template = Template()
  .fromImage('${image}', undefined, { inheritConfig: false })
  .setEnvs({ PORT: '8000' })
  .copy(['app', 'data'], '/srv/')
  .setWorkdir('/srv')
  .setUser('app')
  .runCmd('pip install -r requirements.txt')
  .runCmd('make')
  .setReadyCmd('true')
  .setStartCmd(
    'python main.py',
    waitForPort(8000),
  )
  .setReadyCmd('curl -f localhost');
`,
  'docker.ts': `import { Template } from 'novita-sandbox';
export const template = Template().fromDockerfile('./Dockerfile');
`,
  Dockerfile: `# a comment
FROM debian:12
RUN apt-get update && \\
    apt-get install -y nothing
COPY app /srv/
`,
  'app/main.py': 'print(1)\n',
  'data/x.csv': '1\n',
};

/** Plans of real definitions whose files stay until the tests of a file are over. */
export interface Plans {
  readonly directory: string;
  readonly plan: Plan;
  /** The base image of a Dockerfile is read from its registry, which is not there. */
  readonly dockerPlan: Plan;
}

/** To be called once in a test file. */
export function plansOfDefinitions(): () => Plans {
  let plans: Plans;
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'diagnosis-'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), content);
    }
    plans = {
      directory,
      plan: await planOf(directory, 'template.ts'),
      dockerPlan: await planOf(directory, 'docker.ts'),
    };
  });
  afterAll(() => rm(plans.directory, { recursive: true, force: true }));
  return () => plans;
}

async function planOf(directory: string, file: string): Promise<Plan> {
  const definition = await loadDefinition(
    {
      kind: 'module',
      file: join(directory, file),
      workingDirectory: directory,
      temporaryDirectory: tmpdir(),
      timeLimitMs: 60_000,
      env: { PATH: process.env['PATH'], HTTPS_PROXY: 'http://127.0.0.1:9' },
    },
    { host: join(source, 'host/main.ts'), bundledSdk: join(source, 'sdk.ts'), output: () => {} },
  );
  return makePlan(definition, { name: 'app', tags: ['v1'], cpuCount: 2, memoryMb: 1024, skipCache: false });
}

/** Builds against a service that goes as the script says. */
export async function outcomeOf(script: SimulationScript, plan: Plan): Promise<BuildOutcome> {
  const service = await startLocalService({ executor: createSimulatedExecutor({ stepMs: 0, script }) });
  try {
    return (await runBuild(service, plan)).outcome;
  } finally {
    await service.close();
  }
}

/** The one annotation with which a failed build ends: its place and all it says. */
export function annotationOf(outcome: BuildOutcome, plan: Plan) {
  const log = captureStdout(() => {
    const output = jobOutput(notingCommands(), { workspace: plan.definition.contextDirectory });
    createBuildLog(output, plan).show({ type: 'finished', outcome });
    output.close();
  });
  const [annotation, ...others] = runnerCommands(log);
  expect(others).toEqual([]);
  const { file, line, title } = annotation?.properties ?? {};
  return {
    kind: annotation?.name,
    place: file && `${file}:${line}`,
    title,
    text: annotation?.data ?? '',
  };
}
