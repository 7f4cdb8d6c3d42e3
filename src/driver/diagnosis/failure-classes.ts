/**
 * Why there is no ready build, as a word for programs, with its meaning. They are grouped by what is at fault.
 * The words stand in the result file and in the output `failure`: none is renamed or removed, new ones may be added.
 * docs/failures.md is made from this (`npm run readme`).
 */
export const failureClasses = {
  'The base image or template': {
    'registry-credentials': 'The registry does not hand out the image: credentials are missing or refused.',
    'image-not-found': 'The registry has no such image or tag.',
    'image-reference': 'The name of the image is not well formed.',
    'image-architecture': 'The image has no variant for linux/amd64.',
    'image-too-large': 'The file system of the image is larger than the service allows.',
    'image-provisioning': 'The service cannot make a sandbox out of this image, such as Alpine.',
    'image-pull': 'The service could not pull the image.',
    'base-template-not-found': 'There is no ready template of this name and tag to build from.',
  },
  'A step': {
    'package-not-found': 'A package manager finds no such package or version.',
    'package-install': 'A package manager could not install.',
    'git-clone': 'Git could not clone.',
    network: 'The command could not reach a host.',
    'disk-full': 'The disk of the template is full.',
    'out-of-memory': 'The command ran out of memory.',
    'permission-denied': 'The command lacks a permission.',
    'command-not-found': 'A program is not in the template.',
    'line-endings': 'A script has the line endings of Windows.',
    'exec-format': 'A program is for another processor, or a script names no interpreter.',
    'file-not-found': 'A file is not in the template.',
    run: 'The command failed for another reason.',
    copy: 'The files of a COPY are missing, or could not be unpacked or moved.',
    user: 'The user of the step could not be made.',
    workdir: 'The working directory could not be made, or is gone.',
    environment: 'A value of an ENV is missing or could not be expanded.',
    'step-type': 'The service does not know this kind of step.',
  },
  'What follows the steps': {
    'configuration-script': "The service's own set-up of the finished template failed.",
    'start-command': 'The start command exited before the template was ready.',
    'ready-timeout': 'The ready command did not succeed in time.',
    'ready-command': 'The ready command failed.',
    'smoke-test':
      'A command of `test` failed, `test-url` was not served, or the start command does not run in a sandbox.',
    sandbox: 'The test had no sandbox, or lost it. That says nothing about the template.',
  },
  'The whole build': {
    superseded: 'A newer build of the same template and tag replaced this one.',
    cancelled: 'An administrator of the service cancelled the build.',
    'build-timeout': 'The build took longer than the service allows.',
    'waiting-timeout': 'The build was registered and not started in time.',
    'local-build':
      'A local build cannot do what the recipe asks for, or has no container engine; the service can.',
    'node-lost': 'The service lost the machine on which the build ran.',
    internal: 'The service had an internal error.',
  },
  'A request to the service': {
    'api-key': 'The service does not know the API key.',
    forbidden: 'The API key is valid, but may not do this.',
    'wrong-region': 'There is no template API at this address.',
    'name-taken': 'Another template has this name.',
    'name-invalid': 'The service does not accept this name or tag.',
    'template-deleted': 'The template of this name was deleted and cannot be built again.',
    'build-not-found': 'The service does not find the build.',
    'resource-limits': 'CPU or memory are outside of what the service allows.',
    'concurrency-limit': 'The team has as many builds running as it may.',
    'rate-limit': 'The service limits how many requests it accepts.',
    upload: 'The files of a COPY could not be uploaded.',
    'request-refused': 'The service refused the request for another reason.',
    'service-error': 'The service answered with a server error.',
    'service-unreachable': 'The service could not be reached, or did not answer in time.',
    'service-answer': 'The answer is not what the API promises.',
  },
  'The job': {
    'invalid-input': 'An input or the recipe is wrong.',
    unpublished: '`reuse: require` found no build of this content.',
    runner: 'The runner could not do its part, such as when its disk is full.',
    files: 'A file changed while it was sent.',
    timeout: 'The build did not end within `timeout-minutes`.',
    interrupted: 'The job was cancelled.',
    'lost-sight': 'The service stopped answering while the build ran; it may still end well.',
    unexpected: 'The action itself is at fault.',
    unknown: 'None of these.',
  },
} as const;

type ClassesByGroup = typeof failureClasses;

/** A word of {@link failureClasses}. */
export type FailureClass = {
  [Group in keyof ClassesByGroup]: keyof ClassesByGroup[Group];
}[keyof ClassesByGroup];

/**
 * Whether one more build could end otherwise with nothing changed: `new-build` where the service itself broke
 * or lost the build, `without-cache` where a step failed on top of cached layers that may be stale.
 */
export type RetryAdvice = 'never' | 'new-build' | 'without-cache';

/** A failure explained. The sentences may hold text of the user's or the service's: untrusted. */
export interface Diagnosis {
  readonly class: FailureClass;
  /** What failed, in a few words, where the class does not say it. */
  readonly title?: string;
  /** What happened, in one to three sentences. */
  readonly what: string;
  /** What to do, in one or two sentences. */
  readonly advice: string;
  /** What to do when that does not help. */
  readonly next?: string;
  readonly retry: RetryAdvice;
  /** The step it points at, where the service's own reason names none. */
  readonly stepId?: string;
}
