import { createHash } from 'node:crypto';
import { buildReference } from '../api/names.ts';
import type { Instruction } from '../api/types.ts';
import { secretValues } from '../checks/secret-value.ts';
import type { FileManifest } from '../context/manifest.ts';
import type { KindName } from '../definition/kinds.ts';
import type { BuildOutcome } from '../driver/events.ts';
import type { Plan, PlanStep } from '../plan/plan.ts';
import { variablesOf } from '../recipe/instruction.ts';
import { looksSecret } from '../recipe/secret-names.ts';
import { type Redact, redactDeep, redactor } from '../redact/redact.ts';
import { displayPath } from '../report/text/format.ts';
import { type ReusedResult, reusedFields } from '../report/text/reused.ts';
import { singleLine } from '../report/text/sanitize.ts';
import { placeLabel } from '../report/text/source-lines.ts';
import { version } from '../version.ts';
import type { Subject } from './subject.ts';

/** Hex digits by algorithm, as in-toto writes them. */
interface DigestSet {
  readonly sha256: string;
}

/**
 * What an attestation says of a template: from what it was made, by which run, for which build. `docs/provenance.md`
 * describes it, and names its type. New fields may be added; a change of meaning gives the type another version. It has
 * no secret.
 */
export interface Predicate {
  readonly template: {
    /** As in the subject's name. */
    readonly subject: string;
    readonly name: string;
    readonly templateId: string;
    readonly buildId: string;
    readonly reference: string;
    readonly tags: readonly string[];
    readonly cpuCount: number;
    /** MiB. */
    readonly memoryMb: number;
  };
  readonly recipe: {
    /** The fingerprint. */
    readonly digest: DigestSet;
    /** Relative to the workspace. */
    readonly file: string;
    readonly kind: KindName;
    readonly export?: string;
    readonly sdk: { readonly from: 'repository' | 'action'; readonly version: string };
    readonly base: {
      /** As the recipe has it: `FROM python:3.12`. */
      readonly written: string;
      /** An image. */
      readonly digest?: DigestSet;
      /** A template. */
      readonly buildId?: string;
    };
    readonly steps: readonly PredicateStep[];
    readonly startCommand?: string;
    readonly readyCommand?: string;
  };
  /** Whether this run made the build, and from which commit it was made first. Times are RFC 3339. */
  readonly build: Omit<ReusedResult, 'how'> & { readonly how: 'built' | ReusedResult['how'] };
  readonly run: PredicateRun;
  readonly action: { readonly name: string; readonly version: string };
}

/** The run that says it. What is unknown is absent. */
export interface PredicateRun {
  /** Web address, or `owner/name`. */
  readonly repository?: string;
  /** The head of a pull request, otherwise the commit of the run. */
  readonly commit?: string;
  readonly ref?: string;
  readonly event?: string;
  /** Address of its page. */
  readonly url?: string;
  readonly attempt?: number;
}

interface PredicateStep {
  readonly number: number;
  /** As the log shows it: without the values of variables. */
  readonly title: string;
  /** `template.ts:6` */
  readonly source?: string;
  /** Of the JSON array of its type and its arguments. Absent where it would help to guess a secret. */
  readonly digest?: DigestSet;
  /** COPY only. */
  readonly files?: {
    readonly source: string;
    readonly count: number;
    readonly bytes: number;
    /** Of all its entries: content, paths, execute bits and link targets. */
    readonly digest: DigestSet;
    /** Absent where the predicate would be too long with them. */
    readonly entries?: readonly PredicateFile[];
  };
}

interface PredicateFile {
  readonly path: string;
  readonly digest?: DigestSet;
  readonly executable?: true;
  readonly target?: string;
}

/** `actions/attest` takes 16 MB. */
const longest = 15_000_000;

/**
 * The predicate of a build that is ready, as the text of a file. Lists of files that would make it too long are left
 * out; their hashes stay.
 *
 * @param facts - the plan as it was sent; it must have a fingerprint
 * @param redactKnown - hides the secrets of the job
 * @param limit - bytes
 */
export function predicateText(
  facts: {
    readonly plan: Plan;
    readonly outcome: BuildOutcome;
    readonly subject: Subject;
    readonly run: PredicateRun;
    readonly workspace?: string;
  },
  redactKnown: Redact,
  limit = longest,
): string {
  const { plan, outcome } = facts;
  // An attestation may be public for ever, so what the recipe itself says is hidden too.
  const redactOwn = redactor(secretValues(plan), [outcome.name, ...outcome.tags]);
  const redact: Redact = (text) => redactOwn(redactKnown(text));
  const text = (listed: boolean) =>
    `${JSON.stringify(redactDeep(predicateOf(facts, redact, listed), redact), undefined, 2)}\n`;
  const whole = text(true);
  return Buffer.byteLength(whole) <= limit ? whole : text(false);
}

function predicateOf(
  { plan, outcome, subject, run, workspace }: Parameters<typeof predicateText>[0],
  redact: Redact,
  listed: boolean,
): Predicate {
  const { definition, base, wire, cpuCount, memoryMb } = plan;
  const { name, templateId, buildId, tags, reused } = outcome;
  const { resolved } = base;
  const tellsSecret = wire.steps.map((step) => mayTellSecret(step, redact));
  const anySecret = tellsSecret.includes(true);
  const { exportName, sdk } = definition;
  return {
    template: {
      ...{ subject: subject.name, name, templateId, buildId },
      reference: buildReference({ name, buildId }),
      ...{ tags, cpuCount, memoryMb },
    },
    recipe: {
      digest: digestSet(subject.digest),
      file: displayPath(definition.file, workspace),
      kind: definition.kind,
      ...(exportName !== undefined && { export: exportName }),
      sdk: { from: sdk.from, version: sdk.version },
      base: {
        written: singleLine(base.title, 1000),
        ...(resolved?.kind === 'image' && { digest: digestSet(resolved.digest) }),
        ...(resolved?.kind === 'template' && { buildId: resolved.buildId }),
      },
      steps: plan.steps.map((step, index) => {
        // The script of the environment has the values of all variables.
        const isHashed = !(tellsSecret[index] || (anySecret && step.addedBySdk === 'environment'));
        return predicateStep(step, isHashed ? wire.steps[index] : undefined, workspace, listed);
      }),
      ...(wire.startCmd && { startCommand: singleLine(wire.startCmd, 1000) }),
      ...(wire.readyCmd && { readyCommand: singleLine(wire.readyCmd, 1000) }),
    },
    build: reused ? reusedFields(reused) : { how: 'built', ...(run.commit && { commit: run.commit }) },
    run,
    action: { name: 'novita-template-action', version },
  };
}

function predicateStep(
  { number, title, source, files }: PlanStep,
  hashed: Instruction | undefined,
  workspace: string | undefined,
  listed: boolean,
): PredicateStep {
  return {
    number,
    title: singleLine(title, 1000),
    ...(source && { source: placeLabel(source, workspace) }),
    ...(hashed && { digest: { sha256: sha256(argumentsOf(hashed)) } }),
    ...(files && { files: filesOf(files, listed) }),
  };
}

function filesOf({ source, fileCount, bytes, hash, entries }: FileManifest, listed: boolean) {
  return {
    ...{ source, count: fileCount, bytes, digest: { sha256: hash } },
    ...(listed && {
      entries: entries
        .filter(({ type }) => type !== 'directory')
        .map(({ path, digest, executable, target }) => ({
          path,
          ...(digest !== undefined && { digest: { sha256: digest } }),
          ...(executable && { executable }),
          ...(target !== undefined && { target }),
        })),
    }),
  };
}

/** Whether a hash of the step could confirm a guess of a secret that is in it. */
function mayTellSecret(step: Instruction, redact: Redact): boolean {
  const text = argumentsOf(step);
  return redact(text) !== text || variablesOf(step).some(({ name }) => looksSecret(name));
}

function argumentsOf({ type, args = [] }: Instruction): string {
  return JSON.stringify([type, ...args]);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @param digest - `sha256:` and hex digits */
function digestSet(digest: string): DigestSet {
  return { sha256: digest.slice('sha256:'.length) };
}
