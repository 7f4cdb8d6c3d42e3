/** Runs one case of the campaign against the published action, and judges it by one oracle. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RunOptions, type RunResult, runAction } from '../support/runner.ts';
import type { Build } from './builds.ts';
import { random } from './random.ts';
import { type Scenario, scenario } from './scenario.ts';
import { apiKey, type Service, startService } from './service.ts';
import { makeWeather } from './weather.ts';

export interface Verdict {
  readonly seed: string;
  /** What the oracle has to say against the run; empty when all is well. */
  readonly faults: readonly string[];
  /** What was drawn, in a line. */
  readonly drawn: string;
  readonly exitCodes: readonly (number | null)[];
  /** Everything that is needed to understand a fault. */
  readonly story: string;
}

/** Only what hangs is ended by it. */
const hangMs = 150_000;
/** No request is answered for so long after a signal, so that none is sent before it is noticed. */
const holdMs = 600;
const name = 'my-agent';
const size = { cpuCount: 2, memoryMB: 1024 };

/** Starts a build that is ready at once. */
function readyBuild(service: Service, template: string, tags: readonly string[]): void {
  const lines = [['Build finished, took 1s', 'info']] as const;
  const build = service.register(template, tags, size, { durationMs: 0, lines });
  service.start(build, {});
}

interface Attempt extends RunResult {
  readonly hung: boolean;
  /** When the first signal was sent. */
  readonly signalledAt: number | undefined;
  readonly since: number;
  readonly endedAt: number;
  readonly leftFolders: readonly string[];
  readonly post: RunResult;
  readonly asked: number;
}

/** @param action - folder of the published action */
export async function runSeed(seed: string, action: string): Promise<Verdict> {
  const drawn = scenario(seed);
  const place = await mkdtemp(join(tmpdir(), 'campaign-'));
  const { clockMs, refuseBuildTargets } = drawn;
  const service = await startService(drawn.course, {
    clockMs,
    ...(refuseBuildTargets && { refuseBuildTargets }),
  });
  try {
    readyBuild(service, 'parent', ['default']);
    for (const [path, content] of Object.entries(drawn.files)) {
      await mkdir(dirname(join(place, 'work', path)), { recursive: true });
      await writeFile(join(place, 'work', path), content);
    }
    const attempts: Attempt[] = [];
    const attempt = async (title: string, signal?: Scenario['signal']) => {
      const result = await oneAttempt(drawn, service, { action, place, title, ...(signal && { signal }) });
      attempts.push(result);
      return result;
    };
    const faults: string[] = [];
    const judge = (result: Attempt, title: string) =>
      faults.push(...judgeAttempt(drawn, service, result).map((fault) => `${title}: ${fault}`));
    if (drawn.prior) judge(await attempt('prior'), 'prior run');
    service.setWeather(makeWeather(drawn.forecast, random(seed).of('faults'), service));
    const first = await attempt('first', drawn.signal);
    judge(first, 'run');
    // A job that was killed is run again.
    if (first.exitCode === null && !first.hung) judge(await attempt('second'), 'second run');
    faults.push(...judgeService(drawn, service, attempts));
    return {
      ...{ seed, faults, drawn: inWords(drawn), exitCodes: attempts.map(({ exitCode }) => exitCode) },
      story: storyOf(service, attempts),
    };
  } finally {
    await service.close();
    await rm(place, { recursive: true, force: true });
  }
}

interface Setting {
  readonly action: string;
  readonly place: string;
  readonly title: string;
  readonly signal?: NonNullable<Scenario['signal']>;
}

async function oneAttempt(
  { event, inputs }: Scenario,
  service: Service,
  { action, place, title, signal }: Setting,
): Promise<Attempt> {
  const since = service.calls.length;
  const temporary = join(place, title);
  await mkdir(temporary);
  let processId = 0;
  let hung = false;
  let signalledAt: number | undefined;
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, work: () => void) => void timers.push(setTimeout(work, ms));
  const kill = (signalName: NodeJS.Signals) => {
    try {
      process.kill(processId, signalName);
    } catch {
      // It has ended by itself.
    }
  };
  const sendSignal = () => {
    if (!signal || signalledAt !== undefined || processId === 0) return;
    signalledAt = Date.now();
    for (const [index, each] of signal.names.entries()) {
      if (index === 0) kill(each);
      else after(index * 300, () => kill(each));
    }
  };
  const at = signal?.at;
  service.onCall = async () => {
    if (at && 'request' in at && service.calls.length - since === at.request) sendSignal();
    if (signalledAt === undefined) return;
    // The signal arrives before any answer does.
    const left = signalledAt + holdMs - Date.now();
    if (left > 0) await new Promise((done) => setTimeout(done, left));
  };
  const options: RunOptions = {
    ...{ action, workspace: join(place, 'work'), event },
    inputs: { name, ...inputs },
    env: { ...event.env, NOVITA_API_KEY: apiKey, NOVITA_API_URL: service.url, RUNNER_TEMP: temporary },
    onSpawn(id) {
      processId = id;
      if (at && 'ms' in at) after(at.ms, sendSignal);
      after(hangMs, () => {
        hung = true;
        kill('SIGKILL');
      });
    },
  };
  const main = await runAction(options);
  for (const timer of timers) clearTimeout(timer);
  service.onCall = async () => {};
  const endedAt = Date.now();
  const asked = service.calls.length;
  const { onSpawn: _, ...rest } = options;
  const found = await readdir(temporary, { withFileTypes: true });
  const leftFolders = found.filter((each) => each.isDirectory()).map((each) => each.name);
  const post = await runAction({ ...rest, state: { none: '', ...main.state } });
  return { ...main, hung, signalledAt, since, endedAt, leftFolders, post, asked };
}

/** What a person and later steps get of one run. */
function judgeAttempt(drawn: Scenario, service: Service, run: Attempt): string[] {
  const faults: string[] = [];
  const expect = (holds: unknown, fault: string) => void (holds || faults.push(fault));
  const { log, outputs, signalledAt, post } = run;
  // A second signal may find the process on its way out, with all told and nobody left to take it.
  const late = (drawn.signal?.names.length ?? 0) > 1 && outputs['failure'] === 'interrupted';
  const exitCode = run.exitCode === null && late ? 130 : run.exitCode;
  const { event, inputs, end } = drawn;
  const killed = exitCode === null;
  const build = service.builds.find(({ id }) => id === outputs['buildId']);
  const state = build && service.stateOf(build, run.endedAt);

  expect(!run.hung, 'it hung');
  expect(!/^\s+at .*(:\d+:\d+|node:|file:|<anonymous>)/m.test(log), 'a stack trace');
  expect(!/unexpected|mistake in the action/i.test(log), 'it calls itself mistaken');
  expect(killed || outputs['failure'] !== 'unexpected', 'failure is unexpected');
  if (!killed) {
    expect(run.leftFolders.length === 0, `folders are left: ${run.leftFolders}`);
    expect(outputs['status'], 'no status');
    expect(run.summary.trim() !== '', 'no summary');
    const errors = log.match(/^::error/gm)?.length ?? 0;
    expect(errors === (exitCode === 1 ? 1 : 0) || exitCode === 130, `${errors} error annotations`);
  }
  const lines = shownLines(log);
  const place = lines.findIndex((line, index) => line !== drawn.shown[index]);
  const orderly = place === -1 && lines.length <= drawn.shown.length;
  // A build that failed is shown again from its beginning by those that take its place: ours that of another run which
  // was followed, and one more that of one that was lost.
  const again =
    end !== 'ready' && isRepeated(lines, drawn.shown, (run.since > 0 ? 2 : 1) + (end === 'lost' ? 1 : 0));
  expect(
    orderly || again,
    `line ${place} is ${lines[place]} instead of ${drawn.shown[place]}: ${lines.join(' ')}`,
  );

  if (build && outputs['buildId'] !== undefined) {
    expect(build.template === name, 'the build is of another template');
    expect(killed || outputs['reference'] === `${name}:${build.id}`, `reference ${outputs['reference']}`);
  } else expect(outputs['buildId'] === undefined, `buildId ${outputs['buildId']} is none of the service`);

  if (killed) {
    // A signal ends a process that has not begun yet, as it should.
    expect(drawn.signal?.names.includes('SIGKILL') || run.hung || log === '', 'it died');
  } else if (exitCode === 0 && event.takenAway) {
    expect(outputs['status'] === 'skipped', `status ${outputs['status']}`);
  } else if (exitCode === 0) {
    const wanted = inputs['wait'] === 'false' && outputs['reused'] !== 'true' ? 'building' : 'ready';
    expect(outputs['status'] === wanted, `status ${outputs['status']} with exit code 0`);
    expect(outputs['failure'] === undefined, `failure ${outputs['failure']} with exit code 0`);
    if (wanted === 'ready') {
      expect(state === 'ready', `ready is said of a build that is ${state}`);
      const reused = outputs['reused'] === 'true' && lines.length === 0;
      expect(reused || lines.length === drawn.shown.length, `${lines.length} of ${drawn.shown.length} lines`);
    } else expect(build?.startedAt !== undefined, 'building is said of a build that was not started');
    const tags = (outputs['tags'] ?? '').split(',').filter((tag) => tag !== '');
    expect(tags.length > 0, 'no tags');
    for (const tag of tags) {
      expect(service.newest(name).get(tag)?.buildId === build?.id, `tag ${tag} is not on the build`);
      expect(!event.preview || !/^(latest|default|\d.*)$/.test(tag), `the preview has the tag ${tag}`);
    }
  } else if (exitCode === 1) {
    expect(end !== 'ready' && !event.takenAway, `it failed: ${outputs['failure']}`);
    expect(outputs['status'] === 'error', `status ${outputs['status']} with exit code 1`);
    expect(outputs['failure'], 'no failure');
    expect(state === 'error', `error is said of a build that is ${state}`);
    const all = lines.length === drawn.shown.length || again;
    expect(all, `${lines.length} of ${drawn.shown.length} lines`);
  } else if (exitCode === 130) {
    expect(signalledAt !== undefined, 'interrupted without a signal');
    expect(outputs['failure'] === 'interrupted', `failure ${outputs['failure']} after a signal`);
    const started = build?.startedAt !== undefined;
    // A start that was on its way when the signal came may have arrived or not.
    const onItsWay = started && signalledAt !== undefined && (build.startedAt ?? 0) > signalledAt - 500;
    const right = outputs['status'] === (started ? 'building' : 'error') || onItsWay;
    expect(right, `status ${outputs['status']}, started: ${started}`);
  } else faults.push(`exit code ${exitCode}`);

  if (signalledAt !== undefined) {
    // What arrives with the signal was sent before it.
    const tooLate = service.calls
      .slice(run.since, run.asked)
      .filter(
        ({ route, at }) => (route === 'register' || route === 'start') && at > signalledAt + holdMs / 2,
      );
    expect(
      tooLate.length === 0,
      `${tooLate.map(({ route, at }) => `${route} ${at - signalledAt} ms`)} after the signal`,
    );
  }

  expect(post.exitCode === 0, `the post step ended with ${post.exitCode}: ${post.log}`);
  expect(Object.keys(post.outputs).length === 0, 'the post step has outputs');
  const told = killed && outputs['buildId'] !== undefined;
  expect(told || (post.log === '' && post.summary === ''), `the post step says: ${post.log}`);
  if (told)
    expect(post.log.includes(outputs['buildId'] ?? ''), `the post step is silent of the build: ${post.log}`);
  return faults;
}

/** What the service was made to do, by all runs together. */
function judgeService(drawn: Scenario, service: Service, attempts: readonly Attempt[]): string[] {
  const faults: string[] = [];
  const ours = service.builds.filter(({ template }) => template === name);
  const started = ours.filter(({ startedAt }) => startedAt !== undefined);
  const most = (drawn.end === 'lost' ? 2 : 1) * (drawn.inputs['reuse'] === 'never' ? attempts.length : 1);
  const counted = drawn.event.takenAway ? 0 : drawn.end === 'ready' ? most : most * attempts.length;
  if (started.length > counted)
    faults.push(`${started.length} builds were started, ${counted} at most are right`);
  if (drawn.event.takenAway && ours.length > 0) faults.push('a build was registered for what is gone');
  const last = attempts.at(-1);
  const cleanEnd = last?.exitCode === 0 || last?.exitCode === 1;
  const waiting = ours.filter((build) => service.stateOf(build) === 'waiting');
  if (cleanEnd && waiting.length > 0) faults.push(`${waiting.length} builds are left waiting`);
  for (const [index, { asked, post }] of attempts.entries()) {
    const next = attempts[index + 1]?.since ?? service.calls.length;
    if (next > asked) faults.push(`the post step asked the service ${next - asked} times: ${post.log}`);
  }
  return faults;
}

/** The build's own lines within the groups, as a person sees them; what is said again at the end is left out. */
function shownLines(log: string): string[] {
  const lines: string[] = [];
  let open = false;
  for (const line of log.split('\n')) {
    if (line.startsWith('::group::')) open = true;
    else if (line === '::endgroup::') open = false;
    const [, text] = /^[│┆] (?:.* )?(L(?:\d{4}|\.{4}))$/.exec(line) ?? [];
    if (open && text !== undefined) lines.push(text);
  }
  return lines;
}

function isRepeated(lines: readonly string[], shown: readonly string[], most: number): boolean {
  const fits = lines.every((line, index) => line === shown[index % shown.length]);
  return fits && lines.length % shown.length === 0 && lines.length <= most * shown.length;
}

function inWords({
  event,
  inputs,
  course,
  end,
  forecast,
  signal,
  prior,
  copies,
  shown,
  clockMs,
  refuseBuildTargets,
}: Scenario): string {
  const { kinds, rate, ignores, jumps, teamLimit } = forecast;
  const words = [
    `${event.title}, ${copies} COPY, ${shown.length} lines in ${course.durationMs} ms, ends ${end}`,
    Object.entries(inputs)
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join(' '),
    `${kinds.join('+')}@${rate}`,
    `${ignores ? `${ignores} ignores its place ` : ''}${jumps ? 'clock jumps ' : ''}${teamLimit ? 'team limit' : ''}`,
    signal ? `${signal.names.join('+')} at ${JSON.stringify(signal.at)}` : '',
    `${prior ? 'built before' : ''}${clockMs ? ` clock ${clockMs}` : ''}${refuseBuildTargets ? ` builds as targets ${refuseBuildTargets}` : ''}`,
  ];
  return words.filter((word) => word.trim() !== '').join('; ');
}

function storyOf({ calls, builds, faults, stateOf }: Service, attempts: readonly Attempt[]): string {
  const from = calls[0]?.at ?? 0;
  const describe = (build: Build) =>
    `${build.id} ${build.template} ${stateOf(build)} registered ${build.registeredAt - from} started ${(build.startedAt ?? Number.NaN) - from} ${build.ended?.reason ?? ''} ${build.tags}`;
  return [
    ...builds.map(describe),
    faults.join(', '),
    calls.map(({ route, at }) => `${at - from} ${route}`).join(', '),
    ...attempts.map(
      ({ exitCode, log, outputs, summary, signalledAt = Number.NaN, state, post }) =>
        `--- exit code ${exitCode}, signal at ${signalledAt - from}\n${log}\n${JSON.stringify(outputs)}\nstate ${JSON.stringify(state)}\npost ${post.log}\nsummary ${summary.slice(0, 300)}`,
    ),
  ].join('\n');
}
