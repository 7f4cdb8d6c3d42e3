import { relative } from 'node:path';
import type { Problem, SourceLocation } from '../../problem.ts';
import { lostChannelCode, type Phase } from '../protocol.ts';
import type { HostState } from './spawn.ts';

/** The problem of a definition whose process exited without a result. */
export function endedEarly(
  file: string,
  workingDirectory: string,
  memoryLimitMb: number,
  state: HostState,
): Problem {
  const name = relative(workingDirectory, file);
  const at: SourceLocation = { file, line: 1 };
  if (state.outOfMemory) {
    return {
      title: 'The definition uses too much memory',
      message: `${name} used more than ${memoryLimitMb} MiB while it was loaded, and was ended. A definition should only describe the template: do not read large files or collect data in it; leave that to COPY and RUN steps.`,
      at,
    };
  }
  if (state.code === lostChannelCode || (state.noise && state.signal === null)) {
    return {
      title: 'The definition spoils its own result',
      message: `${name} wrote to or closed a file descriptor that it did not open (the one through which its result is read), so the result could not be read. Use only descriptors that the definition opened itself, and standard output.`,
      at,
    };
  }
  const how = state.signal ? `was ended by signal ${state.signal}` : `ended with exit code ${state.code}`;
  const guess =
    state.signal === 'SIGKILL'
      ? 'The system most often does this when the machine runs out of memory.'
      : 'Look for process.abort(), process.kill() or a native module in it or in what it imports; its own output above may say more.';
  return {
    title: 'The definition ended its own process',
    message: `${name} ${how} before its template was read. ${guess} A definition must export its template and then finish.`,
    at,
  };
}

/** The problem of a definition that exceeds its time limit. */
export function outOfTime(
  file: string,
  workingDirectory: string,
  limitMs: number,
  phase: Phase,
  stuckAt?: SourceLocation,
): Problem {
  const name = relative(workingDirectory, file);
  const limit = limitMs >= 1000 ? `${Math.round(limitMs / 100) / 10} s` : `${limitMs} ms`;
  if (phase.name === 'reading-image') {
    return {
      title: 'The base image could not be read in time',
      message: `The SDK was still reading the configuration of ${phase.image} from its registry when the time limit of ${limit} for the definition ended. ${phase.advice}`,
      at: phase.at ?? { file, line: 1 },
    };
  }
  const advice = stuckAt
    ? 'It was busy at this line: look for an endless loop there.'
    : 'Look for a network request, a child process or a timer that it waits for.';
  const doing =
    phase.name === 'calling'
      ? `The function ${phase.exportName} of ${name}`
      : phase.name === 'starting' || phase.name === 'installing'
        ? `The SDK for ${name}`
        : name;
  return {
    title: 'The definition takes too long',
    message: `${doing} did not finish within ${limit} and was stopped. ${advice} A definition should only describe the template.`,
    at: stuckAt ?? { file, line: 1 },
  };
}
