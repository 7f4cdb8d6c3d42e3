import { createHash } from 'node:crypto';
import type { Instruction } from '../api/types.ts';
import type { FileManifest } from '../context/manifest.ts';
import { baseVersion } from '../plan/base.ts';
import type { Plan } from '../plan/plan.ts';
import { writtenCommand } from '../recipe/instruction.ts';

/**
 * What is kept of a plan so that a later one can be compared with it: titles, which hold no value of an ENV, and
 * digests of what they leave out.
 */
export interface PlanSnapshot {
  readonly base: TextSnapshot & {
    /** Beginning of the image's digest or of the parent's build identifier; absent where it was not known. */
    readonly version?: string;
  };
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly start?: TextSnapshot;
  readonly ready?: TextSnapshot;
  readonly patch?: TextSnapshot;
  readonly steps: readonly StepSnapshot[];
}

export interface TextSnapshot {
  /** On one line, cut at {@link textLimit} characters. */
  readonly text: string;
  readonly digest: string;
}

export interface StepSnapshot {
  readonly title: string;
  /** Of the instruction and its arguments, without the content of files. */
  readonly digest: string;
  /** Set for steps that the SDK adds. */
  readonly hidden?: true;
  /** COPY only. */
  readonly files?: FilesSnapshot;
}

export interface FilesSnapshot {
  readonly count: number;
  readonly bytes: number;
  /** First 16 digits of the manifest's hash. */
  readonly hash: string;
}

const textLimit = 160;

export function snapshotPlan({ base, cpuCount, memoryMb, wire, steps }: Plan): PlanSnapshot {
  const version = baseVersion(base.resolved);
  return {
    base: { ...recordText(base.title), ...(version && { version }) },
    cpuCount,
    memoryMb,
    ...(wire.startCmd && { start: recordCommand(wire.startCmd) }),
    ...(wire.readyCmd && { ready: recordCommand(wire.readyCmd) }),
    ...(wire.preBootScript && { patch: recordText(wire.preBootScript) }),
    steps: steps.map(({ title, hidden, files }, index) => ({
      title: cut(title),
      digest: stepDigest(wire.steps[index]),
      ...(hidden && { hidden: true as const }),
      ...(files && { files: recordFiles(files) }),
    })),
  };
}

function recordText(text: string): TextSnapshot {
  return { text: cut(text), digest: digest(text) };
}

function recordCommand(command: string): TextSnapshot {
  return { text: cut(writtenCommand(command)), digest: digest(command) };
}

function recordFiles({ fileCount, bytes, hash }: FileManifest): FilesSnapshot {
  return { count: fileCount, bytes, hash: hash.slice(0, 16) };
}

function stepDigest(step: Instruction | undefined): string {
  return digest(JSON.stringify([step?.type.toUpperCase(), step?.args ?? []]));
}

/**
 * 24 bits: enough to see a change, too few to find a value by trying. The record goes into a cache that every
 * pull request can read, and an ENV may hold what it should not.
 */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= textLimit ? line : `${line.slice(0, textLimit - 1).toWellFormed()}…`;
}

/** Whether a value from outside has the shape of a plan's record. */
export function isPlanSnapshot(value: unknown): value is PlanSnapshot {
  if (!isObject(value)) return false;
  const { base, cpuCount, memoryMb, start, ready, patch, steps } = value;
  return (
    isText(base) &&
    ['string', 'undefined'].includes(typeof (base as PlanSnapshot['base']).version) &&
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
