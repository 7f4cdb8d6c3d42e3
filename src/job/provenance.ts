import type { BuildOutcome } from '../driver/events.ts';
import type { Connection } from '../inputs/connection.ts';
import type { Plan } from '../plan/plan.ts';
import { type PredicateRun, predicateText } from '../provenance/predicate.ts';
import { type Subject, subjectChecksums, subjectOf } from '../provenance/subject.ts';
import type { JobContext } from './job.ts';
import type { Runner } from './runner.ts';

/** A finished build of this run, and where it is. */
export interface StandingBuild {
  /** As it was sent. */
  readonly plan: Plan;
  /** Without secrets. */
  readonly outcome: BuildOutcome;
  readonly connection: Pick<Connection, 'apiUrl'>;
  /** Name of the result file. */
  readonly file: string;
}

/**
 * Says of a build that is ready what it was made from: its subject, as outputs and to the CI system, and a predicate for
 * an attestation. Nothing is said of a build that is not ready, and of one without a fingerprint: an attestation of
 * these would name nothing that anyone can look up.
 */
export async function tellProvenance(
  { plan, outcome, connection, file }: StandingBuild,
  context: JobContext,
  runner: Runner,
): Promise<void> {
  const { fingerprint } = plan;
  if (outcome.status !== 'ready' || !('hash' in fingerprint)) return;
  const subject = subjectOf(connection.apiUrl, outcome.name, fingerprint.hash);
  setSubject(subject, runner);
  const { workspace } = context;
  const facts = { plan, outcome, subject, run: runOf(context), ...(workspace && { workspace }) };
  await runner.writeBeside('predicate-file', file, '.predicate.json', () =>
    predicateText(facts, runner.redact),
  );
  await runner.writeBeside('checksums-file', file, '.checksums.txt', () => subjectChecksums(subject));
  await runner.declareSubject(subject);
}

/** Sets the outputs that name what a template was made from. */
export function setSubject({ name, digest }: Subject, { setOutput }: Pick<Runner, 'setOutput'>): void {
  setOutput('digest', digest);
  setOutput('subject-name', name);
}

function runOf({ event, run, source }: JobContext): PredicateRun {
  const repository = source?.address ?? event.repository;
  return {
    ...(repository && { repository }),
    ...(event.sha && { commit: event.sha }),
    ...(event.ref && { ref: event.ref }),
    ...(event.name && { event: event.name }),
    ...(event.runUrl && { url: event.runUrl }),
    ...(run.run > 0 && { attempt: run.attempt }),
  };
}
