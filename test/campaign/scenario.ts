/** One case of the campaign: a recipe, an event, a course of the build, the faults and a signal, all of one seed. */

import type { Course } from './builds.ts';
import type { Random } from './random.ts';
import { random } from './random.ts';
import { type Forecast, forecast } from './weather.ts';

export interface Event {
  readonly title: string;
  readonly name: string;
  readonly payload: unknown;
  readonly env: Readonly<Record<string, string>>;
  /** Nothing is to be built. */
  readonly takenAway?: true;
  /** Production tags must not move. */
  readonly preview?: true;
}

export interface Signal {
  readonly names: readonly NodeJS.Signals[];
  /** At this request of the run, or so many milliseconds after its beginning. */
  readonly at: { readonly request: number } | { readonly ms: number };
}

export interface Scenario {
  readonly seed: string;
  readonly files: Readonly<Record<string, string>>;
  readonly copies: number;
  readonly event: Event;
  readonly inputs: Readonly<Record<string, string>>;
  readonly course: Course;
  /** How the build ends that the service is asked for. */
  readonly end: 'ready' | 'failed' | 'lost';
  /** Texts of the lines that a person is to see, in order. */
  readonly shown: readonly string[];
  readonly forecast: Forecast;
  readonly signal?: Signal;
  /** A build of the same content is there already. */
  readonly prior: boolean;
  readonly clockMs: number;
  /** The service takes no build's identifier as the target of tags, and answers with this status. */
  readonly refuseBuildTargets?: 400 | 404;
}

const sha = '0123456789abcdef0123456789abcdef01234567';
const repository = { default_branch: 'main', full_name: 'octo-org/agent' };
const pull = (action: string, state: string) => ({
  action,
  number: 12,
  repository,
  pull_request: {
    number: 12,
    state,
    head: { sha, ref: 'topic', repo: { full_name: 'octo-org/agent' } },
    base: { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'octo-org/agent' } },
  },
});
const ofPull = { GITHUB_REF: 'refs/pull/12/merge', GITHUB_HEAD_REF: 'topic', GITHUB_BASE_REF: 'main' };
const ofTag = { GITHUB_REF: 'refs/tags/v1.4.2', GITHUB_REF_NAME: 'v1.4.2', GITHUB_REF_TYPE: 'tag' };
const ofMain = { GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_REF_TYPE: 'branch' };
const release = (action: string, draft = false) => ({
  action,
  repository,
  release: { tag_name: 'v1.4.2', draft, prerelease: false },
});

const events: readonly Event[] = [
  { title: 'push to main', name: 'push', payload: { repository, after: sha }, env: ofMain },
  {
    title: 'push to a branch',
    name: 'push',
    payload: { repository, after: sha },
    env: { GITHUB_REF: 'refs/heads/topic', GITHUB_REF_NAME: 'topic', GITHUB_REF_TYPE: 'branch' },
  },
  { title: 'push of a git tag', name: 'push', payload: { repository, after: sha }, env: ofTag },
  {
    title: 'pull request',
    name: 'pull_request',
    payload: pull('synchronize', 'open'),
    env: ofPull,
    preview: true,
  },
  { title: 'release', name: 'release', payload: release('published'), env: ofTag },
  { title: 'schedule', name: 'schedule', payload: { repository, schedule: '0 3 * * *' }, env: ofMain },
  { title: 'dispatch', name: 'workflow_dispatch', payload: { repository, inputs: null }, env: ofMain },
];
const takenAway: readonly Event[] = [
  { title: 'closed', name: 'pull_request', payload: pull('closed', 'closed'), env: ofPull, takenAway: true },
  { title: 'release deleted', name: 'release', payload: release('deleted'), env: ofTag, takenAway: true },
  { title: 'draft', name: 'release', payload: release('created', true), env: ofTag, takenAway: true },
  {
    title: 'branch deleted',
    name: 'push',
    payload: { repository, deleted: true, after: '0'.repeat(40) },
    env: ofMain,
    takenAway: true,
  },
  {
    title: 'delete',
    name: 'delete',
    payload: { repository, ref: 'x', ref_type: 'branch' },
    env: ofMain,
    takenAway: true,
  },
];

export function scenario(seed: string): Scenario {
  const draw = random(seed);
  const { files, copies, steps } = recipe(draw.of('recipe'));
  const event = draw.chance(0.06) ? draw.pick(takenAway) : draw.pick(events);
  const end = draw.pick(['ready', 'ready', 'ready', 'ready', 'ready', 'failed', 'failed', 'lost'] as const);
  const { course, shown } = courseOf(draw.of('course'), steps, end);
  const signal = signalOf(draw.of('signal'));
  const fresh = draw.of('freshness');
  const refused = fresh.pick([undefined, undefined, undefined, 400, 404] as const);
  return {
    ...{ seed, files, copies, event, course, end, shown },
    inputs: {
      ...(draw.chance(0.12) && { wait: 'false' }),
      ...(draw.chance(0.15) && { reuse: 'never' }),
      ...(draw.chance(0.15) && { 'cpu-count': '4' }),
      ...(draw.chance(0.1) && { 'retry-without-cache': 'true' }),
      ...(fresh.chance(0.3) && { 'max-age': '7d' }),
      ...(event.name === 'workflow_dispatch' && { tags: 'nightly\nv7' }),
    },
    forecast: forecast(draw.of('weather')),
    ...(signal && { signal }),
    ...(refused && { refuseBuildTargets: refused }),
    prior: end === 'ready' && draw.chance(0.12),
    clockMs: draw.pick([0, 0, 0, 3_600_000, -3_600_000, 4000, -4000]),
  };
}

function signalOf(draw: Random): Signal | undefined {
  if (draw.chance(0.4)) return undefined;
  const names = draw.pick([
    ['SIGINT'],
    ['SIGTERM'],
    ['SIGKILL'],
    ['SIGKILL'],
    ['SIGINT', 'SIGTERM'],
  ] as const);
  const at = draw.chance(0.7) ? { request: draw.between(1, 18) } : { ms: draw.between(100, 5000) };
  return { names, at };
}

interface Recipe {
  readonly files: Record<string, string>;
  readonly copies: number;
  /** Header of each step, and whether it prints. */
  readonly steps: readonly { readonly header: string; readonly prints: boolean }[];
}

function recipe(draw: Random): Recipe {
  const files: Record<string, string> = {};
  const steps: { header: string; prints: boolean }[] = [];
  let chain = '';
  let copies = 0;
  const count = draw.between(1, 7);
  for (let index = 0; index < count; index += 1) {
    if (draw.chance(0.35)) {
      copies += 1;
      const isFolder = draw.chance(0.4);
      const from = isFolder ? `dir${index}` : `file${index}.txt`;
      const text = () =>
        draw
          .next()
          .toString(36)
          .repeat(draw.pick([1, 100, 10_000]));
      if (isFolder) Object.assign(files, { [`${from}/a.txt`]: text(), [`${from}/b/c.txt`]: text() });
      else files[from] = text();
      chain += `\n  .copy('${from}', '/app/${from}')`;
      steps.push({ header: `COPY ${from} /app/${from}  `, prints: false });
    } else {
      chain += `\n  .runCmd('make part${index}')`;
      steps.push({ header: `RUN make part${index}`, prints: true });
    }
  }
  files['template.mjs'] =
    `import { Template } from 'novita-sandbox';\n\nexport const template = Template()\n  .fromTemplate('parent')${chain};\n`;
  return { files, copies, steps };
}

function courseOf(draw: Random, steps: Recipe['steps'], end: Scenario['end']) {
  const lines: [message: string, level: string, step?: string][] = [];
  const shown: string[] = [];
  const hash = 'ab'.repeat(32);
  const failing = end === 'failed' ? draw.between(1, steps.length) : undefined;
  const many = draw.pick([3, 3, 20, 70]);
  const speak = (prefix: string, step: string) => {
    for (let index = draw.between(0, many); index > 0; index -= 1) {
      if (draw.chance(0.1)) lines.push([`[${prefix}] [stdout]: hidden`, 'debug', step]);
      // Some lines are all the same, as those of a progress bar are.
      const text = draw.chance(0.25) ? 'L....' : `L${String(shown.length).padStart(4, '0')}`;
      shown.push(text);
      lines.push([`[${prefix}] [${draw.pick(['stdout', 'stderr'])}]: ${text}`, 'info', step]);
    }
  };
  lines.push(['Building template tpl/build', 'info']);
  lines.push([`[base] FROM TEMPLATE parent [${hash}]`, 'info', 'base']);
  for (const [index, { header, prints }] of steps.slice(0, failing).entries()) {
    const step = String(index + 1);
    const prefix = `builder ${step}/${steps.length}`;
    const cached = failing === undefined && draw.chance(0.2);
    lines.push([`${cached ? 'CACHED ' : ''}[${prefix}] ${header} [${hash}]`, 'info', step]);
    if (prints && !cached) speak(prefix, step);
  }
  let reason: unknown;
  if (failing !== undefined) {
    const message = `failed to run command 'make': exit status 2`;
    reason = { message, step: String(failing) };
    lines.push([`Build failed: ${message}`, 'error']);
  } else if (end === 'lost') {
    const message = 'An internal error occurred. Please try again or contact support with the build ID.';
    reason = { message };
    lines.push([`Build failed: ${message}`, 'error']);
  } else {
    lines.push([`[finalize] Finalizing template build [${hash}]`, 'info', 'finalize']);
    lines.push(['Build finished, took 3s', 'info']);
  }
  const course: Course = { durationMs: draw.pick([0, 200, 1000, 3000]), lines, reason };
  return { course, shown };
}
