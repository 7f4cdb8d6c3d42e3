import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { checkCopy } from '../archive.ts';
import { failures } from '../failures.ts';
import type { Phase } from '../phases.ts';
import { type Command, ContainerGoneError } from './container.ts';
import { explainLocally } from './local-only.ts';
import { runStep } from './run-step.ts';
import { COPY, DEFAULT_USER, USER, WORKDIR } from './scripts.ts';
import { type RecipeState, resolveWorkdir, rootScript, rootShell, workdirOf } from './state.ts';
import type { StepContext, StepResult } from './step-context.ts';

/** Carries out one instruction by the rules of the service. */
export async function carryOut(phase: Phase, context: StepContext): Promise<StepResult> {
  const { state } = context;
  const args = phase.step?.args ?? [];
  switch (phase.type) {
    case 'RUN':
      return args[0] === undefined
        ? no(failures.argumentMissing('RUN', 'command argument'))
        : runStep(phase, args[0], args[1] || state.user, context);
    case 'COPY':
    case 'ADD':
      return copy(phase, args, context);
    case 'ENV':
    case 'ARG':
      return setVariables(args, context);
    case 'WORKDIR':
      return args[0] === undefined
        ? no(failures.argumentMissing('WORKDIR', 'a path argument'))
        : changeWorkdir(phase, args[0], context);
    case 'USER':
      return args[0] === undefined
        ? no(failures.argumentMissing('USER', 'a username argument'))
        : changeUser(phase, args[0], args[1] === 'true', context);
    default:
      return no(failures.unknownStepType(phase.step?.type ?? ''));
  }
}

/** Makes the default user, as whom the first step runs. */
export async function makeDefaultUser(phase: Phase, context: StepContext): Promise<StepResult> {
  const { code, home, explain } = await runScript(phase, rootScript(DEFAULT_USER), context);
  if (code !== 0) return no(explain(failures.userNotCreated(code)));
  return become(context.state, 'user', home);
}

async function changeUser(
  phase: Phase,
  written: string,
  sudo: boolean,
  context: StepContext,
): Promise<StepResult> {
  const name = await expand(written, context);
  if (typeof name === 'number') return no(failures.userNotCreated(name));
  if (!sudo && name in context.state.homes) return become(context.state, name, context.state.homes[name]);
  const script = rootScript(USER, [name, String(sudo)]);
  const { code, home, explain } = await runScript(phase, script, context);
  if (code > 90) return no(explain(failures.sudoNotGiven(code - 90)));
  if (code !== 0) return no(explain(failures.userNotCreated(code)));
  return become(context.state, name, home);
}

function become(state: RecipeState, user: string, home = ''): StepResult {
  return { ok: true, state: { ...state, user, homes: { ...state.homes, [user]: home || '/' } } };
}

async function changeWorkdir(phase: Phase, path: string, context: StepContext): Promise<StepResult> {
  const workdir = resolveWorkdir(context.state, path);
  const script = rootScript(WORKDIR, [workdir, context.state.user]);
  const { code, explain } = await runScript(phase, script, context);
  if (code !== 0) return no(explain(failures.workdirNotCreated(code)));
  return { ok: true, state: { ...context.state, workdir } };
}

async function setVariables(args: readonly string[], context: StepContext): Promise<StepResult> {
  if (args.length === 0 || args.length % 2 !== 0) return no(failures.envIncomplete());
  const env: Record<string, string> = { ...context.state.env };
  for (let index = 0; index < args.length; index += 2) {
    const [name = '', written = ''] = args.slice(index, index + 2);
    const value = await expand(written, context);
    if (typeof value === 'number') return no(failures.envNotEvaluated(name, value));
    // The service keeps the text of what expands to nothing.
    env[name] = value === '' ? written : value;
  }
  return { ok: true, state: { ...context.state, env } };
}

/** The text with its `$` expanded by a shell of root that sees no ENV step, or the shell's exit status. */
async function expand(text: string, { container, signal }: StepContext): Promise<string | number> {
  if (!text.includes('$')) return text;
  const quoted = text.replace(/[\\"`]|\$(?=\()/g, '\\$&');
  const lines: string[] = [];
  const command = rootShell(`printf '\\nvalue:%s\\n' "${quoted}"`);
  const { exitCode } = await container.run(
    command,
    (stream, line) => stream === 'stdout' && lines.push(line),
    signal,
  );
  if (exitCode !== 0) return exitCode;
  // Profiles may print before it.
  const all = lines.join('\n');
  return all.slice(all.lastIndexOf('\nvalue:') + '\nvalue:'.length);
}

async function copy(phase: Phase, args: readonly string[], context: StepContext): Promise<StepResult> {
  const { build, state, container, output, signal } = context;
  const { step } = phase;
  const [source = '', target, owner = '', mode = ''] = args;
  if (target === undefined || !step) {
    return no(failures.argumentMissing(phase.type ?? 'COPY', 'a local path and a container path argument'));
  }
  const path = step.filesHash ? build.archivePath(step.filesHash) : undefined;
  const check = await checkCopy(step, path);
  if (!check.ok) return no(check.reason);
  if (path === undefined) return no(failures.copyWithoutHash());
  const user = owner || state.user;
  const script = rootScript(COPY, [
    fixedPart(source),
    target,
    user.includes(':') ? user : `${user}:${user}`,
    mode,
    workdirOf(state),
  ]);
  const { code, explain, lines } = await runScript(
    phase,
    { ...script, stdin: createReadStream(path) },
    context,
  );
  if (code > 100) return no(explain(failures.copyNotExtracted(code - 100)));
  if (code !== 0) return no(explain(failures.copyNotMoved(code)));
  if (lines.includes('unmerged:')) {
    const text = `A folder at ${target} holds files already, so the folder of the same name was not copied into it.`;
    output.note(phase, text, 'warn');
  }
  if (lines.includes('newfolder:')) {
    const text = `${target} does not exist yet. The service may not make it: make it first with makeDir(), or name the file.`;
    output.note(phase, text, 'warn');
  }
  signal.throwIfAborted();
  if (!(await container.isRunning())) throw new ContainerGoneError();
  return { ok: true, state };
}

/** The source up to its first glob character, which the client resolved. */
function fixedPart(source: string): string {
  const segments = posix.normalize(source).replace(/^\/+/, '').split('/').filter(Boolean);
  const glob = segments.findIndex((segment) => /[*?[\]{}]/.test(segment));
  return (glob < 0 ? segments : segments.slice(0, glob)).join('/') || '.';
}

/** Runs one of our scripts. Its output is that of the phase, without the lines that are meant for us. */
async function runScript(phase: Phase, command: Command, context: StepContext) {
  const { sink, tail } = context.output.of(phase, context.signal);
  const lines: string[] = [];
  const { exitCode, notStarted } = await context.container.run(
    command,
    (stream, line) =>
      /^(?:home|missing|unmerged|newfolder):/.test(line) ? lines.push(line) : sink(stream, line),
    context.signal,
  );
  if (notStarted !== undefined) sink('stderr', notStarted);
  const shortfalls = { missing: context.state.missing, hasNetwork: context.hasNetwork };
  return {
    code: exitCode,
    lines,
    home: lines.find((line) => line.startsWith('home:'))?.slice('home:'.length),
    explain: (reason: string) => explainLocally(reason, tail, shortfalls),
  };
}

function no(reason: string): StepResult {
  return { ok: false, reason };
}
