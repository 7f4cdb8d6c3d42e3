import { createHash } from 'node:crypto';
import type { WireStep } from '../service/types.ts';
import type { FileManifest } from './manifest.ts';
import type { Plan } from './plan.ts';

/**
 * What is kept of a plan so that a later one can be compared with it: titles, which hold no value of an ENV, and
 * digests of what they leave out.
 */
export interface PlanRecord {
  readonly base: RecordedText;
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly start?: RecordedText;
  readonly ready?: RecordedText;
  readonly steps: readonly RecordedStep[];
}

export interface RecordedText {
  /** On one line, cut at {@link textLimit} characters. */
  readonly text: string;
  readonly digest: string;
}

export interface RecordedStep {
  readonly title: string;
  /** Of the instruction and its arguments, without the content of files. */
  readonly digest: string;
  /** Set for steps that the SDK adds. */
  readonly hidden?: true;
  /** COPY only. */
  readonly files?: RecordedFiles;
}

export interface RecordedFiles {
  readonly count: number;
  readonly bytes: number;
  /** First 16 digits of the manifest's hash. */
  readonly hash: string;
}

const textLimit = 160;

export function recordPlan({ base, cpuCount, memoryMb, wire, steps }: Plan): PlanRecord {
  return {
    base: recordText(base.title),
    cpuCount,
    memoryMb,
    ...(wire.startCmd && { start: recordText(wire.startCmd) }),
    ...(wire.readyCmd && { ready: recordText(wire.readyCmd) }),
    steps: steps.map(({ title, hidden, files }, index) => ({
      title: cut(title),
      digest: stepDigest(wire.steps[index]),
      ...(hidden && { hidden: true as const }),
      ...(files && { files: recordFiles(files) }),
    })),
  };
}

function recordText(text: string): RecordedText {
  return { text: cut(text), digest: digest(text) };
}

function recordFiles({ fileCount, bytes, hash }: FileManifest): RecordedFiles {
  return { count: fileCount, bytes, hash: hash.slice(0, 16) };
}

function stepDigest(step: WireStep | undefined): string {
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
