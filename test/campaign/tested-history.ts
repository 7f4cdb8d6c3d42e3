/**
 * A history of runs that all have the input `test`, with promotions and sweeps between them, drawn by a seed and judged
 * after each of its events: what tags of people name, what runs, and what was said.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, runAction } from '../support/runner.ts';
import { type Random, random } from './random.ts';
import { apiKey, type Service, startService } from './service.ts';
import { forecast, makeWeather } from './weather.ts';

const name = 'my-agent';
const hangMs = 120_000;
const ownTag = /^(content|candidate|passed|failed)-/;

interface Run extends RunResult {
  readonly title: string;
  readonly signalled: boolean;
  readonly hung: boolean;
  /** Sandboxes that ran when the main step had ended. */
  readonly leftByMain: number;
}

interface Setting {
  readonly service: Service;
  readonly action: string;
  readonly place: string;
  readonly runs: Run[];
}

/** @param action - folder of the published actions */
export async function runTestedHistory(seed: string, action: string) {
  const draw = random(`tested ${seed}`);
  const ids: string[] = [];
  const verdicts = draw.of('verdicts');
  const good = new Map<string, boolean>();
  const redShare = draw.pick([0, 0.3, 0.6]);
  const behavior = {
    isGood(id: string) {
      if (!good.has(id)) good.set(id, !verdicts.chance(redShare));
      return good.get(id) ?? true;
    },
    full: draw.pick([0, 0, 0, 1, 2]),
    ...(draw.chance(0.08) && { refusal: 'the sandboxes of this team are locked' }),
  };
  const lines = [['Build finished, took 1s', 'info']] as const;
  const refuseBuildTargets = draw.pick([undefined, undefined, undefined, 400, 404] as const);
  const service = await startService(
    { durationMs: draw.pick([0, 300]), lines },
    { behavior, ...(refuseBuildTargets && { refuseBuildTargets }) },
  );
  const place = await mkdtemp(join(tmpdir(), 'campaign-'));
  const runs: Run[] = [];
  const faults: string[] = [];
  const events: string[] = [];
  try {
    const size = { cpuCount: 2, memoryMB: 1024 };
    service.start(service.register('parent', ['default'], size, { durationMs: 0, lines }), {});
    const weather = forecast(draw.of('weather'));
    service.setWeather(makeWeather({ ...weather, jumps: false }, draw.of('faults'), service));
    const setting = { service, action, place, runs };
    const count = draw.between(3, 5);
    for (let index = 0; index < count; index += 1) {
      const own = draw.of(`event ${index}`);
      const kind =
        index === 0 ? 'build' : own.pick(['build', 'build', 'pair', 'promote', 'cleanup'] as const);
      const before = people(service);
      const redBefore = new Set(service.sandboxes.seen.red);
      const told = await play(kind, own, setting, index, ids);
      events.push(`${kind} ${told.map(({ exitCode, outputs }) => `${exitCode}${outputs['failure'] ?? ''}`)}`);
      const fault = (text: string) => faults.push(`event ${index} (${kind}): ${text}`);
      for (const run of told) judgeRun(run, service, kind === 'pair', fault);
      judgeTags(service, fault);
      const allRed = told.every(({ outputs }) => outputs['failure'] === 'smoke-test');
      const nowRed = [...service.sandboxes.seen.red].some((id) => !redBefore.has(id));
      if (kind === 'build' && allRed && nowRed && before !== people(service)) fault('red moved a tag');
      if (service.sandboxes.running.size > 0) {
        fault(`${service.sandboxes.running.size} sandboxes are left`);
        service.sandboxes.running.clear();
      }
    }
    const from = service.calls[0]?.at ?? 0;
    const story = [
      ...service.builds.map(
        ({ id, tags }) => `${id} ${service.stateOf({ ...must(service, id) })} good ${good.get(id)} ${tags}`,
      ),
      [...service.newest(name)].map(([tag, { buildId }]) => `${tag}=${buildId}`).join(' '),
      service.faults.join(', '),
      service.calls.map(({ route, at }) => `${at - from} ${route}`).join(', '),
      ...runs.map(({ title, exitCode, log, outputs }) =>
        [`--- ${title}: ${exitCode}`, log, JSON.stringify(outputs)].join('\n'),
      ),
    ].join('\n');
    return { seed, faults, drawn: events.join('; '), story };
  } finally {
    await service.close();
    await rm(place, { recursive: true, force: true });
  }
}

const must = ({ builds }: Service, id: string) => {
  const build = builds.find((one) => one.id === id);
  if (!build) throw new Error(`no build ${id}`);
  return build;
};

const people = (service: Service): string =>
  JSON.stringify(
    [...service.newest(name)]
      .filter(([tag]) => !ownTag.test(tag))
      .map(([tag, { buildId }]) => [tag, buildId])
      .toSorted(),
  );

async function play(
  kind: 'build' | 'pair' | 'promote' | 'cleanup',
  draw: Random,
  setting: Setting,
  index: number,
  ids: string[],
): Promise<Run[]> {
  const { service } = setting;
  if (kind === 'build' || kind === 'pair') {
    const content = draw.pick(['a', 'a', 'b']);
    const one = (part: string) => build(draw.of(part), setting, `${index}${part}`, content, kind === 'build');
    const told = await Promise.all(kind === 'pair' ? [one('x'), one('y')] : [one('x')]);
    for (const { outputs } of told) if (outputs['buildId']) ids.push(outputs['buildId']);
    return told;
  }
  // No pull request is asked about, since no tag is a preview; nobody answers for GitHub.
  const env = {
    ...{ NOVITA_API_KEY: apiKey, NOVITA_API_URL: service.url },
    GITHUB_API_URL: 'http://127.0.0.1:9',
  };
  if (kind === 'cleanup' && draw.chance(0.7)) service.age(3 * 86_400_000);
  const workspace = setting.place;
  const action = join(setting.action, kind);
  const title = `${index} ${kind}`;
  const tags = [...service.newest(name).keys()];
  const own = tags.filter((tag) => ownTag.test(tag));
  const built = service.builds.filter(({ template }) => template === name).map(({ id }) => id);
  const from = draw.pick([
    draw.pick([...built, 'none']),
    draw.pick([...own, 'none']),
    draw.pick([...tags, 'none']),
  ]);
  const inputs: Record<string, string> =
    kind === 'promote'
      ? { name, from, tags: 'stable, latest' }
      : { name, mode: 'sweep', 'content-days': '1', 'github-token': 'ghs_campaign' };
  const result = await runAction({ action, workspace, inputs, env });
  const run = { ...result, title: `${title} ${from}`, signalled: false, hung: false, leftByMain: 0 };
  setting.runs.push(run);
  return [run];
}

async function build(
  draw: Random,
  { service, action, place, runs }: Setting,
  title: string,
  content: string,
  mayBeSignalled: boolean,
): Promise<Run> {
  const workspace = join(place, title);
  const temporary = join(place, `${title}-temp`);
  await mkdir(workspace);
  await mkdir(temporary);
  await writeFile(
    join(workspace, 'template.mjs'),
    `import { Template } from 'novita-sandbox';\nexport const template = Template().fromTemplate('parent').runCmd('make ${content}');\n`,
  );
  const signal =
    mayBeSignalled && draw.chance(0.45)
      ? draw.pick(['SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM'] as const)
      : undefined;
  // A request of one of these kinds is where the signal comes.
  const where = draw.pick([
    'register',
    'start',
    'status',
    'sandbox',
    'run',
    'kill',
    'assign',
    'untag',
    'tags',
    'metrics',
  ]);
  const since = service.calls.length;
  let signalled = false;
  let hung = false;
  let processId = 0;
  const kill = (each: NodeJS.Signals) => {
    try {
      process.kill(processId, each);
    } catch {
      // It has ended by itself.
    }
  };
  const onCall = async () => {
    if (!signal || signalled || !service.calls.slice(since).some(({ route }) => route === where)) return;
    signalled = true;
    // On its way to the service, or with its answer on its way back.
    if (draw.chance(0.5)) kill(signal);
    else setTimeout(() => kill(signal), draw.between(0, 60));
  };
  if (mayBeSignalled) service.onCall = onCall;
  const env = { NOVITA_API_KEY: apiKey, NOVITA_API_URL: service.url, NOVITA_SANDBOX_URL: service.url };
  const options = {
    ...{ action, workspace },
    inputs: {
      name,
      tags: draw.pick(['latest', 'v1, latest', 'v2']),
      test: 'look around\ncheck it',
      'test-timeout': '1',
    },
    env: { ...env, RUNNER_TEMP: temporary },
  };
  let timer: NodeJS.Timeout | undefined;
  const main = await runAction({
    ...options,
    onSpawn(id) {
      processId = id;
      timer = setTimeout(() => {
        hung = true;
        kill('SIGKILL');
      }, hangMs);
    },
  });
  clearTimeout(timer);
  const leftByMain = service.sandboxes.running.size;
  service.onCall = async () => {};
  const post = await runAction({ ...options, state: { none: '', ...main.state } });
  const run = {
    ...main,
    log: `${main.log}\n--- post\n${post.log}`,
    title: `${title} ${signal ?? ''} at ${where}`,
    signalled,
    hung,
    leftByMain,
  };
  runs.push(run);
  return run;
}

function judgeRun(run: Run, service: Service, isPair: boolean, fault: (text: string) => void): void {
  const { log, outputs, exitCode, signalled } = run;
  const expect = (holds: unknown, text: string) => void (holds || fault(`${text} (${run.title})`));
  expect(!run.hung, 'it hung');
  // A killed step leaves its sandbox to the post step, and two runs at once may see that of the other.
  if (!signalled && !isPair) expect(run.leftByMain === 0, 'it left a sandbox to its post step');
  expect(!/^\s+at .*(:\d+:\d+|node:|file:|<anonymous>)/m.test(log), 'a stack trace');
  expect(outputs['failure'] !== 'unexpected', 'failure is unexpected');
  expect((log.match(/^::error/gm)?.length ?? 0) <= 1, 'more than one error annotation');
  expect(exitCode !== null || signalled, 'it died');
  expect(exitCode !== 130 || signalled, 'interrupted without a signal');
  expect(exitCode !== 1 || /^::error/m.test(log), 'it failed without an error annotation');
  if (outputs['failure'] === 'sandbox' && service.sandboxes.behavior.refusal)
    expect(log.includes(service.sandboxes.behavior.refusal), 'it does not say why no sandbox starts');
  if (exitCode !== 0 || !outputs['buildId']) return;
  const tags = (outputs['tags'] ?? '').split(',').filter((tag) => tag !== '');
  const age = (id: string | undefined) => service.builds.findIndex((each) => each.id === id);
  for (const tag of tags) {
    // Of two runs at once that both built, the later build has the tag.
    const holder = service.newest(name).get(tag)?.buildId;
    const isLater = isPair && age(holder) > age(outputs['buildId']);
    expect(holder === outputs['buildId'] || isLater, `tag ${tag} is on ${holder}`);
  }
}

function judgeTags({ newest, sandboxes: { seen } }: Service, fault: (text: string) => void): void {
  for (const [tag, { buildId }] of newest(name)) {
    if (tag === 'default') fault('the tag default');
    if (ownTag.test(tag)) continue;
    if (seen.red.has(buildId)) fault(`${tag} names ${buildId}, whose test was red`);
    else if (!seen.green.has(buildId)) fault(`${tag} names ${buildId}, which was never seen green`);
  }
}
