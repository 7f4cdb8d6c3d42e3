import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Instruction } from '../api/types.ts';
import type { FileManifest } from '../context/manifest.ts';
import { baseVersion } from '../plan/base.ts';
import type { Plan } from '../plan/plan.ts';
import { writtenCommand } from '../recipe/instruction.ts';

/** A number of zero or more. */
export const count = v.pipe(v.number(), v.finite(), v.minValue(0));

/** `text` is on one line, cut at {@link textLimit} characters; `digest` shows a change of what was cut. */
const textSnapshot = v.object({ text: v.string(), digest: v.string() });

/** `hash` is the first 16 digits of the manifest's hash. */
const filesSnapshot = v.object({ count, bytes: count, hash: v.string() });

const stepSnapshot = v.object({
  title: v.string(),
  /** Of the instruction and its arguments, without the content of files. */
  digest: v.string(),
  /** Set for steps that the SDK adds. */
  hidden: v.exactOptional(v.literal(true)),
  /** COPY only. */
  files: v.exactOptional(filesSnapshot),
});

/**
 * The part of a plan that is stored to compare a later one with it: titles, which have no values of ENV, and digests of
 * what they leave out.
 */
export const planSnapshot = v.object({
  base: v.object({
    ...textSnapshot.entries,
    /** Beginning of the image's digest or of the parent's build identifier; absent if unknown. */
    version: v.exactOptional(v.string()),
  }),
  cpuCount: count,
  /** MiB. */
  memoryMb: count,
  start: v.exactOptional(textSnapshot),
  ready: v.exactOptional(textSnapshot),
  patch: v.exactOptional(textSnapshot),
  steps: v.array(stepSnapshot),
});

export type PlanSnapshot = v.InferOutput<typeof planSnapshot>;
export type StepSnapshot = v.InferOutput<typeof stepSnapshot>;
export type FilesSnapshot = v.InferOutput<typeof filesSnapshot>;
type TextSnapshot = v.InferOutput<typeof textSnapshot>;

const textLimit = 160;

export function snapshotPlan({ base, cpuCount, memoryMb, wire, steps }: Plan): PlanSnapshot {
  const version = baseVersion(base.resolved);
  return {
    base: { ...snapshotText(base.title), ...(version && { version }) },
    cpuCount,
    memoryMb,
    ...(wire.startCmd && { start: snapshotCommand(wire.startCmd) }),
    ...(wire.readyCmd && { ready: snapshotCommand(wire.readyCmd) }),
    ...(wire.preBootScript && { patch: snapshotText(wire.preBootScript) }),
    steps: steps.map(({ title, addedBySdk, files }, index) => ({
      title: cut(title),
      digest: stepDigest(wire.steps[index]),
      ...(addedBySdk && { hidden: true as const }),
      ...(files && { files: snapshotFiles(files) }),
    })),
  };
}

function snapshotText(text: string): TextSnapshot {
  return { text: cut(text), digest: digest(text) };
}

function snapshotCommand(command: string): TextSnapshot {
  return { text: cut(writtenCommand(command)), digest: digest(command) };
}

function snapshotFiles({ fileCount, bytes, hash }: FileManifest): FilesSnapshot {
  return { count: fileCount, bytes, hash: hash.slice(0, 16) };
}

function stepDigest(step: Instruction | undefined): string {
  return digest(JSON.stringify([step?.type.toUpperCase(), step?.args ?? []]));
}

/**
 * 24 bits: enough to detect a change, too few to find a value by trial. Every pull request can read the cache with the
 * snapshot, and an ENV may have a secret.
 */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= textLimit ? line : `${line.slice(0, textLimit - 1).toWellFormed()}…`;
}
