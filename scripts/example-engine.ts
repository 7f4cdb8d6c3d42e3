/** The container engine of this machine as the executor of an example, if all that its recipe needs can be had. */
import { randomUUID } from 'node:crypto';
import type { Instruction } from '../src/api/types.ts';
import { createEngineExecutor } from '../src/local/engine/executor.ts';
import { findEngine } from '../src/local/engine/find-engine.ts';
import { inspectImage, obtainImage, writtenLogin } from '../src/local/engine/image.ts';
import { withoutLocalOnly } from '../src/local/engine/local-only.ts';
import type { Executor, ExecutorBuild } from '../src/local/executor.ts';
import type { Result } from '../src/result.ts';

const baseImage = 'python:3.12-slim';
/** For the image, and again for what is asked of the network in it. */
const limitMs = 120_000;

/** Fails where a step of the example would for want of a network. Nothing of it is installed. */
const probe: readonly Instruction[] = [
  { type: 'RUN', args: ['apt-get -o APT::Update::Error-Mode=any update', 'root'] },
  {
    type: 'RUN',
    args: ['pip --retries 1 --timeout 15 download --no-deps --dest /tmp/probe uvicorn==0.34.0', 'root'],
  },
];

export interface ExampleEngine {
  /** `docker 20.10.24`, for people. */
  readonly name: string;
  /**
   * Builds every recipe on the engine's own copy of the base image, whatever registry it names. When it is closed, its
   * layers are removed, and the image if it was not there before.
   */
  readonly executor: Executor;
}

/**
 * Looks for an engine, gets the base image, and tries in a container of it whether the network has packages.
 *
 * @returns why the example cannot be built for real, as a clause
 */
export async function findExampleEngine(env: NodeJS.ProcessEnv): Promise<Result<ExampleEngine>> {
  const found = await findEngine(env);
  if (!found.ok) return found;
  const { client, name } = found.value;
  const hadImage = (await inspectImage(client, baseImage).catch(() => undefined)) !== undefined;
  const image = await obtainImage(client, baseImage, {
    login: writtenLogin,
    renew: false,
    signal: AbortSignal.timeout(limitMs),
    note: () => {},
  }).catch(({ message }: Error) => ({ ok: false as const, reason: message }));
  if (!image.ok) {
    client.close();
    return { ok: false, reason: `${name} gets no image: ${withoutLocalOnly(image.reason)}` };
  }
  const engine = createEngineExecutor({
    engine: found.value,
    cacheScope: randomUUID(),
    keepLayers: false,
  });
  const executor: Executor = {
    ...engine,
    execute: ({ template, ...build }, log, signal) =>
      engine.execute({ ...build, template: { ...template, fromImage: baseImage } }, log, signal),
    async close() {
      await engine.close?.();
      if (!hadImage) await removeImage(env);
    },
  };
  const missing = await tryNetwork(executor);
  if (missing === undefined) return { ok: true, value: { name, executor } };
  await executor.close?.();
  return { ok: false, reason: `in a container of ${name}, ${withoutLocalOnly(missing)}` };
}

/** What fails of {@link probe}, as a clause. */
async function tryNetwork(executor: Executor): Promise<string | undefined> {
  const build: ExecutorBuild = {
    ...{ templateId: 'probe', buildId: randomUUID(), name: 'probe', tags: [], ordinal: 1 },
    ...{ template: { steps: [...probe] }, cpuCount: 2, memoryMb: 1024 },
    archivePath: () => undefined,
  };
  const signal = AbortSignal.timeout(limitMs);
  try {
    const result = await executor.execute(build, () => {}, signal);
    return result.status === 'ready' ? undefined : result.reason.message;
  } catch (error) {
    return signal.aborted
      ? `there was no answer of the network within ${limitMs / 1000} s`
      : (error as Error).message;
  }
}

/** The executor has closed its client. */
async function removeImage(env: NodeJS.ProcessEnv): Promise<void> {
  const found = await findEngine(env);
  if (!found.ok) return;
  const { client } = found.value;
  // It stays where another container needs it.
  await client.text('DELETE', `/images/${baseImage}`).catch(() => undefined);
  client.close();
}
