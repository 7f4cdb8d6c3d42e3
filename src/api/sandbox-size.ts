import type { Problem } from '../problem.ts';

/** CPU and memory of the sandboxes of a template. */
export interface SandboxSize {
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
}

/** The largest size that a team may use; infinite where the service has no limit. */
export interface SizeLimits {
  readonly maxCpu: number;
  /** MiB. */
  readonly maxMemoryMb: number;
}

/** The sizes in the documentation of the service. The service itself may accept more. */
const documentedCpus = [1, 2, 4, 8];
const stepMb = 512;
const leastMbPerCpu = 512;
const mostMbPerCpu = 4096;
/** The limits of the largest documented plan. */
const documentedLimits: SizeLimits = { maxCpu: 8, maxMemoryMb: 8192 };

/** The documented sizes in words. */
export const documentedSizes = `1, 2, 4 or 8 CPU, with memory in steps of ${stepMb} MiB, ${leastMbPerCpu} to ${mostMbPerCpu} MiB for each CPU`;

/** A rule for a number, and in words what it accepts. */
export interface NumberRule {
  readonly accepts: (value: number) => boolean;
  readonly expected: string;
}

/** CPUs as the service takes them. It checks them only after it has claimed the name. */
export const cpuRule: NumberRule = {
  accepts: (value) =>
    value === 1 || (Number.isInteger(value) && value >= 2 && value <= 32 && value % 2 === 0),
  expected: '1 or an even number up to 32',
};

/** Memory as the service takes it. */
export const memoryRule: NumberRule = {
  accepts: (value) => Number.isInteger(value) && value >= 128 && value % 2 === 0,
  expected: 'an even number of MiB, at least 128',
};

/** The memory for a number of CPUs when the inputs do not set it. */
export function defaultMemoryMb(cpuCount: number): number {
  return Math.max(1024, leastMbPerCpu * cpuCount);
}

/** Whether this is the size of a template without inputs for it. */
export function isDefaultSize({ cpuCount, memoryMb }: SandboxSize): boolean {
  return cpuCount === 2 && memoryMb === defaultMemoryMb(cpuCount);
}

/** The documented size nearest to another one, within the limits; `undefined` when none fits. */
export function nearestSize(
  { cpuCount, memoryMb }: SandboxSize,
  { maxCpu, maxMemoryMb }: SizeLimits = documentedLimits,
): SandboxSize | undefined {
  const possible = documentedCpus.filter((cpu) => cpu <= maxCpu && cpu * leastMbPerCpu <= maxMemoryMb);
  // Of two equally near sizes, the larger one, since everything fits into it.
  const [cpu] = possible.toSorted((a, b) => Math.abs(a - cpuCount) - Math.abs(b - cpuCount) || b - a);
  if (cpu === undefined) return undefined;
  const most = Math.min(cpu * mostMbPerCpu, Math.floor(maxMemoryMb / stepMb) * stepMb);
  const nearest = Math.round(memoryMb / stepMb) * stepMb;
  return { cpuCount: cpu, memoryMb: Math.min(Math.max(nearest, cpu * leastMbPerCpu), most) };
}

/** A size in the form of a workflow: `cpu-count: 2 and memory-mb: 1024`. */
export function sizeInInputs({ cpuCount, memoryMb }: SandboxSize): string {
  return `cpu-count: ${cpuCount} and memory-mb: ${memoryMb}`;
}

function limitsInWords({ maxCpu, maxMemoryMb }: SizeLimits): string {
  const parts = [`${maxCpu} CPU`, `${maxMemoryMb} MiB`];
  return parts.filter((_, index) => Number.isFinite([maxCpu, maxMemoryMb][index])).join(' and ');
}

/**
 * What is wrong with a size: a problem when it exceeds the team's limits, a warning when it is only undocumented, since
 * the service accepts more than that.
 *
 * @param limits - of the team; `undefined` when they could not be fetched
 */
export function judgeSize(
  size: SandboxSize,
  limits: SizeLimits | undefined,
): { readonly problems: Problem[]; readonly warnings: Problem[] } {
  const { cpuCount, memoryMb } = size;
  const tooManyCpus = limits !== undefined && cpuCount > limits.maxCpu;
  if (limits && (tooManyCpus || memoryMb > limits.maxMemoryMb)) {
    const nearest = nearestSize(size, limits);
    const advice = nearest ? `The nearest size that fits is ${sizeInInputs(nearest)}.` : 'No size fits that.';
    const message = `found ${sizeInInputs(size)}; your team may use at most ${limitsInWords(limits)} for a sandbox, as the service says. ${advice} For larger sandboxes ask the service for another plan.`;
    return {
      problems: [{ title: tooManyCpus ? 'Input cpu-count' : 'Input memory-mb', message }],
      warnings: [],
    };
  }
  const nearest = nearestSize(size, limits);
  if (!nearest || (nearest.cpuCount === cpuCount && nearest.memoryMb === memoryMb))
    return { problems: [], warnings: [] };
  const message = `found ${sizeInInputs(size)}; the documentation of the service has ${documentedSizes}. The build continues, and the service may refuse it. The nearest such size is ${sizeInInputs(nearest)}.`;
  const title = nearest.cpuCount === cpuCount ? 'Input memory-mb' : 'Input cpu-count';
  return { problems: [], warnings: [{ title, message }] };
}
