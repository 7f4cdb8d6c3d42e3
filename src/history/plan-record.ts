import type { PlanRecord } from '../plan/record.ts';

/** Whether a value from outside has the shape of a plan's record. */
export function isPlanRecord(value: unknown): value is PlanRecord {
  if (!isObject(value)) return false;
  const { base, cpuCount, memoryMb, start, ready, patch, steps } = value;
  return (
    isText(base) &&
    ['string', 'undefined'].includes(typeof (base as PlanRecord['base']).version) &&
    isCount(cpuCount) &&
    isCount(memoryMb) &&
    [start, ready, patch].every((text) => text === undefined || isText(text)) &&
    Array.isArray(steps) &&
    steps.every(isStep)
  );
}

function isStep(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { title, digest, hidden, files } = value;
  return (
    typeof title === 'string' &&
    typeof digest === 'string' &&
    (hidden === undefined || hidden === true) &&
    (files === undefined ||
      (isObject(files) &&
        isCount(files['count']) &&
        isCount(files['bytes']) &&
        typeof files['hash'] === 'string'))
  );
}

function isText(value: unknown): boolean {
  return isObject(value) && typeof value['text'] === 'string' && typeof value['digest'] === 'string';
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
