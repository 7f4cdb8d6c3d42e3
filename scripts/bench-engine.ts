/**
 * Builds a recipe of seven steps on this machine's container engine in four ways, in turn: by the embedded service's
 * executor, with a container per step and a commit after each, by BuildKit without its cache, and unchanged by the
 * executor. Prints medians and their ratio to the container per step. The image is made of this machine's own packages.
 *
 * Usage: node scripts/bench-engine.ts [--runs N] [--megabytes N]
 *
 * Default: 5 runs of steps that write 5 MB together.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RecipeBody } from '../src/api/types.ts';
import { createEngineExecutor } from '../src/local/engine/executor.ts';
import { findEngine } from '../src/local/engine/find-engine.ts';
import type { ExecutorBuild } from '../src/local/executor.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, megabytes: { type: 'string', default: '5' } },
});
const BASE = 'template-service.bench/base:1';
const STEPS = 7;
const bytes = Math.round((Number(values.megabytes) * 1e6) / STEPS);
const commands = (seed: string) =>
  Array.from({ length: STEPS }, (_, n) => `echo ${seed}; head -c ${bytes} /dev/urandom > /home/step-${n}`);

const engine = await findEngine(process.env);
if (!engine.ok) throw new Error(engine.reason);
const { client } = engine.value;
const image = spawnSync(process.execPath, ['test/engine/machine-image.ts', BASE], { stdio: 'inherit' });
if (image.status !== 0) throw new Error('the base image cannot be made');

const times: Record<string, number[]> = {};
for (let run = 0; run < Number(values.runs); run++) {
  const seed = randomUUID();
  const executor = createEngineExecutor({ engine: engine.value, cacheScope: seed });
  await timed('container per step, commit each', () => containerPerStep(commands(seed)));
  await timed('executor', () => withExecutor(executor, seed));
  await timed('executor, unchanged', () => withExecutor(executor, seed));
  await timed('BuildKit without cache', () => buildKit(commands(seed)));
}
const median = (name: string) => {
  const sorted = (times[name] ?? []).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const unit = median('container per step, commit each');
const buildKitTime = median('BuildKit without cache');
for (const name of Object.keys(times)) {
  const seconds = median(name);
  const ratios = `${(seconds / unit).toFixed(2)} of container per step, ${(seconds / buildKitTime).toFixed(2)} of BuildKit`;
  process.stdout.write(`${name.padEnd(34)}${seconds.toFixed(2)} s   ${ratios}\n`);
}
client.close();

async function timed(name: string, work: () => Promise<boolean>): Promise<void> {
  const begun = performance.now();
  const did = await work();
  const seconds = (performance.now() - begun) / 1000;
  if (did) times[name] = [...(times[name] ?? []), seconds];
}

async function withExecutor(
  executor: ReturnType<typeof createEngineExecutor>,
  seed: string,
): Promise<boolean> {
  const template: RecipeBody = {
    fromImage: BASE,
    steps: commands(seed).map((command) => ({ type: 'RUN', args: [command, 'root'] })),
  };
  const build: ExecutorBuild = {
    ...{ templateId: 'bench', buildId: seed, name: 'bench', tags: [], ordinal: 1, template },
    ...{ cpuCount: 2, memoryMb: 1024, archivePath: () => undefined },
  };
  const result = await executor.execute(build, () => undefined, new AbortController().signal);
  if (result.status !== 'ready') throw new Error(result.reason.message);
  return true;
}

async function containerPerStep(steps: readonly string[]): Promise<boolean> {
  let image = BASE;
  const made: string[] = [];
  for (const command of steps) {
    const json = { Image: image, Entrypoint: ['/bin/bash', '-l', '-c', command], Cmd: [] };
    const { Id } = await client.json<{ Id: string }>('POST', '/containers/create', { json });
    await client.text('POST', `/containers/${Id}/start`);
    await client.text('POST', `/containers/${Id}/wait`);
    const kept = await client.json<{ Id: string }>('POST', '/commit', { query: { container: Id }, json: {} });
    await client.text('DELETE', `/containers/${Id}`);
    image = kept.Id;
    made.push(image);
  }
  // Not a part of what is compared.
  setTimeout(() => void client.text('DELETE', `/images/${image}`).catch(() => undefined), 0);
  return made.length === steps.length;
}

async function buildKit(steps: readonly string[]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-engine-'));
  try {
    writeFileSync(
      join(folder, 'Dockerfile'),
      [`FROM ${BASE}`, ...steps.map((step) => `RUN ${step}`), ''].join('\n'),
    );
    const args = ['build', '--no-cache', '--quiet', '--tag', 'template-service.bench/built:1', folder];
    const docker = process.env['DOCKER'] ?? 'docker';
    const built = spawnSync(docker, args, {
      env: { ...process.env, DOCKER_BUILDKIT: '1' },
      encoding: 'utf8',
    });
    if (built.status !== 0)
      process.stderr.write(`BuildKit is left out: ${built.stderr.trim().split('\n', 1)[0]}\n`);
    return built.status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
