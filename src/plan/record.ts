import { createHash } from 'node:crypto';
import type { WireStep } from '../service/types.ts';
import type { ResolvedBase } from './base.ts';
import type { FileManifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import { writtenCommand } from './step-title.ts';

/**
 * What is kept of a plan so that a later one can be compared with it: titles, which hold no value of an ENV, and
 * digests of what they leave out.
 */
export interface PlanRecord {
  readonly base: RecordedText & {
    /** Beginning of the image's digest or of the parent's build identifier; absent where it was not known. */
    readonly version?: string;
  };
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly start?: RecordedText;
  readonly ready?: RecordedText;
  readonly patch?: RecordedText;
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

/** Enough of it for a person to tell two apart: `sha256:5c8edff2a3b1`, `6f9c1e7a-1111`. */
export function baseVersion(base: ResolvedBase | undefined): string | undefined {
  if (base?.kind === 'image') return base.digest.slice(0, 'sha256:'.length + 12);
  return base?.kind === 'template' ? base.buildId.slice(0, 13) : undefined;
}

function recordText(text: string): RecordedText {
  return { text: cut(text), digest: digest(text) };
}

function recordCommand(command: string): RecordedText {
  return { text: cut(writtenCommand(command)), digest: digest(command) };
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
