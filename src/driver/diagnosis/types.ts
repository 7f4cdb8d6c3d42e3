/**
 * Why a build failed, as a word for programs and sentences for people. The words are stable: they stand in the
 * result file and in the output `failure`; new ones may be added.
 */
export type FailureClass =
  // The base image or template.
  | 'registry-credentials'
  | 'image-not-found'
  | 'image-reference'
  | 'image-architecture'
  | 'image-too-large'
  | 'image-provisioning'
  | 'image-pull'
  | 'base-template-not-found'
  // A step.
  | 'package-not-found'
  | 'package-install'
  | 'git-clone'
  | 'network'
  | 'disk-full'
  | 'out-of-memory'
  | 'permission-denied'
  | 'command-not-found'
  | 'line-endings'
  | 'exec-format'
  | 'file-not-found'
  | 'run'
  | 'copy'
  | 'user'
  | 'workdir'
  | 'environment'
  | 'step-type'
  // What follows the steps.
  | 'configuration-script'
  | 'start-command'
  | 'ready-timeout'
  | 'ready-command'
  // The whole build.
  | 'superseded'
  | 'cancelled'
  | 'build-timeout'
  | 'waiting-timeout'
  | 'node-lost'
  | 'internal'
  // A request to the service.
  | 'api-key'
  | 'forbidden'
  | 'wrong-region'
  | 'name-taken'
  | 'name-invalid'
  | 'template-deleted'
  | 'build-not-found'
  | 'resource-limits'
  | 'concurrency-limit'
  | 'rate-limit'
  | 'upload'
  | 'request-refused'
  | 'service-error'
  | 'service-unreachable'
  | 'service-answer'
  // This side: what the user wrote, the machine of the job, and mistakes of our own.
  | 'invalid-input'
  | 'unpublished'
  | 'runner'
  | 'unexpected'
  | 'files'
  | 'lost-sight'
  | 'timeout'
  | 'interrupted'
  | 'unknown';

/**
 * Whether one more build could end otherwise with nothing changed: `new-build` where the service itself broke
 * or lost the build, `without-cache` where a step failed on top of cached layers that may be stale.
 */
export type RetryAdvice = 'never' | 'new-build' | 'without-cache';

/** A failure explained. The sentences may hold text of the user's or the service's: untrusted. */
export interface Diagnosis {
  readonly class: FailureClass;
  /** What happened, in one sentence. */
  readonly what: string;
  /** What to do, in one or two sentences. */
  readonly advice: string;
  /** What to do when that does not help. */
  readonly next?: string;
  readonly retry: RetryAdvice;
  /** The step it points at, where the service's own reason names none. */
  readonly stepId?: string;
}
