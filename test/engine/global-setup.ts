import type { TestProject } from 'vitest/node';
import { type FoundEngine, findEngine } from '../../src/local/engine/find-engine.ts';
import { LABEL } from '../../src/local/engine/labels.ts';
import { BASE } from './base-name.ts';
import { importMachineImage, TEST_LABEL } from './machine-image.ts';

/**
 * Makes the image of the tests where an engine answers. Where none does, says so in one line, or fails when REQUIRE_ENGINE
 * is set. Afterwards removes what the tests made.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const found = await prepare();
  project.provide('noEngine', typeof found === 'string' ? found : undefined);
  if (typeof found !== 'string') return () => cleanUp(found);
  if (process.env['REQUIRE_ENGINE']) throw new Error(`The tests on a container engine cannot run: ${found}.`);
  process.stderr.write(`The tests on a container engine are left out: ${found}.\n`);
  return undefined;
}

async function prepare(): Promise<FoundEngine | string> {
  const engine = await findEngine(process.env);
  if (!engine.ok) return engine.reason;
  try {
    await importMachineImage(engine.value.client, BASE);
    return engine.value;
  } catch (error) {
    engine.value.client.close();
    return `no image can be made of this machine's packages (${(error as Error).message})`;
  }
}

/** The layers of the tests' builds, which all begin with the image of the tests. That image stays for the next run. */
async function cleanUp({ client }: FoundEngine): Promise<void> {
  const filters = JSON.stringify({ label: [LABEL, TEST_LABEL] });
  const images = await client.json<{ Id: string; RepoTags: string[] | null; Created: number }[]>(
    'GET',
    '/images/json',
    { query: { filters } },
  );
  for (const { Id, RepoTags } of images.sort((one, other) => other.Created - one.Created)) {
    for (const name of RepoTags?.length ? RepoTags : [Id]) {
      await client.text('DELETE', `/images/${name}`).catch(() => undefined);
    }
  }
  client.close();
}
