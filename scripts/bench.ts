/**
 * Builds the same templates with this action and with a plain script that uses the SDK's own driver under tsx,
 * in turn, on one embedded service, and prints what each took and their ratio (action / script).
 *
 * Usage: node scripts/bench.ts [--runs N]     (Linux; default 3 runs of each, medians are shown)
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type LocalService, startLocalService } from '../src/local/service.ts';
import { createSimulatedExecutor } from '../src/local/simulated.ts';
import { repositoryRoot, runAction } from '../test/e2e/runner.ts';
import { watchUsage } from './process-usage.ts';

interface Scenario {
  readonly title: string;
  /** How long the one scripted step takes. */
  readonly stepSeconds?: number;
  /** Lines that the one scripted step prints. */
  readonly lines: number;
  /** Files below `app/`. */
  readonly files: number;
  /** Bytes of each file. */
  readonly fileBytes: number;
}

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly requests: number;
  readonly requestsPerMinute: number;
  readonly linesShown: number;
  /** From the moment the service called the build ready to the end of the process. */
  readonly readyToEndSeconds: number;
}

const scenarios: Scenario[] = [
  { title: 'small template', lines: 20, files: 5, fileBytes: 1_000 },
  { title: '20,000 log lines', lines: 20_000, files: 5, fileBytes: 1_000 },
  { title: 'quiet build of 20 s', lines: 20, files: 5, fileBytes: 1_000, stepSeconds: 20 },
  { title: 'COPY of 5,000 files', lines: 20, files: 5_000, fileBytes: 2_000 },
  { title: 'COPY of one 200 MB file', lines: 20, files: 1, fileBytes: 200_000_000 },
];

const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } });
const runs = Number(values.runs);

for (const scenario of scenarios) {
  const directory = prepare(scenario);
  try {
    const action: Measured[] = [];
    const script: Measured[] = [];
    for (let run = 0; run < runs; run++) {
      action.push(await measure(scenario, (service, onSpawn) => startAction(directory, service, onSpawn)));
      script.push(await measure(scenario, (service, onSpawn) => startScript(directory, service, onSpawn)));
    }
    print(scenario, action, script);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function prepare({ files, fileBytes }: Scenario): string {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  mkdirSync(join(directory, 'app'));
  for (let index = 0; index < files; index++) {
    // Noise, so that compressing is work.
    writeFileSync(join(directory, 'app', `${index}.bin`), noise(fileBytes, index));
  }
  const recipe = `Template().fromImage('python:3.12', undefined, { inheritConfig: false })
  .copy('app', '/app').runCmd('make').setEnvs({ A: '1' }).setStartCmd('serve', waitForPort(8000))`;
  const sdk = `import { Template, waitForPort, defaultBuildLogger } from 'novita-sandbox';`;
  writeFileSync(join(directory, 'template.ts'), `${sdk}\nexport const template = ${recipe};\n`);
  writeFileSync(
    join(directory, 'build.mts'),
    `${sdk}\nconst template = ${recipe};
await Template.build(template, 'bench', { tags: ['v1'], onBuildLogs: defaultBuildLogger() });\n`,
  );
  symlinkSync(join(repositoryRoot, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

function noise(bytes: number, seed: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let state = seed + 1;
  for (let offset = 0; offset + 4 <= bytes; offset += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    buffer.writeUInt32LE(state, offset);
  }
  return buffer;
}

/** Starts something, tells its process, and resolves with everything that it printed. */
type Start = (service: LocalService, onSpawn: (processId: number) => void) => Promise<string>;

async function measure({ lines, stepSeconds = 0.05 }: Scenario, start: Start): Promise<Measured> {
  const service = await startLocalService({
    executor: createSimulatedExecutor({
      stepMs: 50,
      script: [{ type: 'RUN', text: /make/, durationMs: stepSeconds * 1000, lines: () => numbered(lines) }],
    }),
  });
  try {
    let usage: ReturnType<typeof watchUsage> | undefined;
    const startedAt = performance.now();
    const printed = await start(service, (processId) => {
      usage = watchUsage(processId);
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const endedAt = Date.now();
    const { cpuSeconds = 0, peakBytes = 0 } = usage?.stop() ?? {};
    const [build] = service.inspect.builds('bench');
    if (build?.status !== 'ready') throw new Error(`The build is not ready:\n${printed.slice(-2000)}`);
    return {
      seconds,
      cpuSeconds,
      peakMegabytes: peakBytes / 1e6,
      requests: service.requests.length,
      requestsPerMinute: (service.requests.length / seconds) * 60,
      linesShown: new Set(printed.match(/line-\d+/g)).size,
      readyToEndSeconds: (endedAt - (build.lines.at(-1)?.at ?? Number.NaN)) / 1000,
    };
  } finally {
    await service.close();
  }
}

function* numbered(lines: number): Generator<string> {
  for (let index = 0; index < lines; index++) yield `line-${index} of a long build log, as people print them`;
}

async function startAction(
  directory: string,
  service: LocalService,
  onSpawn: (pid: number) => void,
): Promise<string> {
  const { log } = await runAction({
    workspace: directory,
    inputs: { name: 'bench', tags: 'v1', template: 'template.ts' },
    env: { NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url },
    onSpawn,
  });
  return log;
}

function startScript(
  directory: string,
  service: LocalService,
  onSpawn: (pid: number) => void,
): Promise<string> {
  return new Promise((done, fail) => {
    const tsx = join(repositoryRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const child = spawn(process.execPath, [tsx, 'build.mts'], {
      cwd: directory,
      env: { ...process.env, NOVITA_API_KEY: service.apiKey, NOVITA_API_URL: service.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) onSpawn(child.pid);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', fail);
    child.on('close', () => done(Buffer.concat(chunks).toString('utf8')));
  });
}

function print(scenario: Scenario, action: Measured[], script: Measured[]): void {
  const rows: [string, keyof Measured, number][] = [
    ['wall time, s', 'seconds', 2],
    ['CPU time, s', 'cpuSeconds', 2],
    ['peak memory, MB', 'peakMegabytes', 0],
    ['requests', 'requests', 0],
    ['requests a minute', 'requestsPerMinute', 0],
    ['ready to end of process, s', 'readyToEndSeconds', 2],
    [`lines shown of ${scenario.lines}`, 'linesShown', 0],
  ];
  const line = (...cells: string[]) =>
    process.stdout.write(
      `${(cells[0] ?? '').padEnd(30)}${cells
        .slice(1)
        .map((cell) => cell.padStart(12))
        .join('')}\n`,
    );
  line(`\n${scenario.title}`, 'this action', 'SDK script', 'ratio');
  for (const [label, key, digits] of rows) {
    const [ours, theirs] = [median(action.map((each) => each[key])), median(script.map((each) => each[key]))];
    line(
      label,
      ours.toFixed(digits),
      theirs.toFixed(digits),
      theirs === 0 ? '-' : (ours / theirs).toFixed(2),
    );
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
