import { setTimeout } from 'node:timers/promises';
import type { ExecutorBuild, Machine, MachineProcess } from './executor.ts';
import { findRule, type SandboxPlace, type ScriptedLine, type SimulationRule } from './simulation-script.ts';

const MIB = 1024 * 1024;
/** The number of the start command. */
const startPid = 2;

/** A machine that runs nothing: each command prints its own text, and ends as the rules say. */
export async function startSimulatedMachine(
  build: ExecutorBuild,
  rules: readonly SimulationRule[],
): Promise<Machine> {
  const rule = (at: SandboxPlace, text: string) => findRule(rules, { at, text });
  const started = rule('machine', build.name);
  if (started?.durationMs) await setTimeout(started.durationMs);
  if (started?.fail) throw new Error(started.fail.message);
  const closed = new AbortController();
  let running: MachineProcess[] = [];
  const { startCmd } = build;
  if (startCmd && !rule('alive', startCmd)?.fail)
    running.push({ pid: startPid, cmd: '/bin/bash', args: ['-l', '-c', startCmd] });
  let lastPid = startPid;

  return {
    async run({ cmd, args }, onOutput, signal) {
      const text = args.at(-1) ?? cmd;
      const found = rule('command', text);
      lastPid += 1;
      const process = { pid: lastPid, cmd, args };
      running.push(process);
      const print = (line: ScriptedLine) => {
        const { text: printed, stream = 'stdout' } = typeof line === 'string' ? { text: line } : line;
        onOutput(stream, Buffer.from(`${printed}\n`));
      };
      try {
        const lines = found?.lines ?? [`(simulated) ${text}`];
        for (const line of typeof lines === 'function' ? lines() : lines) print(line);
        const ended = AbortSignal.any([signal, closed.signal]);
        const durationMs = found?.durationMs ?? 0;
        if (durationMs > 0) {
          const forever = durationMs === Number.POSITIVE_INFINITY;
          const killed = await setTimeout(forever ? 2 ** 31 - 1 : durationMs, false, {
            signal: ended,
            ref: false,
          }).catch(() => true);
          if (killed) return { exitCode: 137 };
        }
        if (found?.until) await found.until;
        if (found?.fail) print({ text: found.fail.message, stream: 'stderr' });
        return { exitCode: found?.exitCode ?? (found?.fail ? 1 : 0) };
      } finally {
        running = running.filter((other) => other !== process);
      }
    },
    processes: async () => running,
    async ask(port, path) {
      const found = rule('port', `${port}${path}`);
      if (found?.durationMs) await setTimeout(found.durationMs, undefined, { ref: false });
      if (found?.fail || (!found && running.every(({ pid }) => pid !== startPid))) return undefined;
      const { status = 200 } = found ?? {};
      const code = typeof status === 'function' ? status() : status;
      const headers = code >= 300 && code < 400 ? { location: '/elsewhere' } : {};
      return { status: code, headers, body: `(simulated) ${port}${path}\n` };
    },
    metrics: async () => ({
      ...{ cpuCount: build.cpuCount, cpuUsedPct: 2.5 },
      ...{ memTotal: build.memoryMb * MIB, memUsed: 96 * MIB },
      ...{ diskTotal: 20_480 * MIB, diskUsed: 812 * MIB },
    }),
    close: async () => closed.abort(),
  };
}
