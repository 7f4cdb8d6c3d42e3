/**
 * The messages of the service for a failed build, word for word, for executors and for failures that tests script. The
 * step is the number of the step that failed, unless a comment says otherwise.
 */
export const failures = {
  /** Step `base`. */
  imageNotFound: (image: string) =>
    `image '${image}' not found: the image or tag does not exist in the registry`,
  /** Step `base`. */
  repositoryNotFound: (image: string) => `repository '${image}' not found: verify the image name is correct`,
  /** Step `base`. */
  accessDenied: (image: string) =>
    `access denied to '${image}': authentication required or insufficient permissions`,
  /** Step `base`. */
  pullFailed: (image: string, why: string) => `failed to pull image '${image}': ${why}`,
  /** Step `base`. */
  invalidReference: (image: string, why: string) => `invalid image reference '${image}': ${why}`,
  /** Step `base`. */
  wrongArchitecture: (architecture: string, image: string) =>
    `image architecture "${architecture}" does not match expected "amd64" (${image})`,
  /** Step `base`. */
  provisioningFailed: (exitStatus: number) =>
    `error waiting for provisioning sandbox: exit status: ${exitStatus}`,
  /** Step `base`. */
  baseTemplateNotFound: (reference: string) => `base template '${reference}' not found`,
  runFailed: (command: string, exitStatus: number) =>
    `failed to run command '${command}': exit status ${exitStatus}`,
  runKilled: (command: string) => `failed to run command '${command}': signal: killed`,
  runNotStarted: (command: string, why: string) => `failed to run command '${command}': ${why}`,
  argumentMissing: (type: string, argument: string) => `${type} requires ${argument}`,
  copyWithoutHash: () => 'COPY requires files hash to be set',
  copyNotUploaded: (why: string) => `failed to copy layer tar data to temporary file: ${why}`,
  copyNotExtracted: (exitStatus: number) => `failed to extract files: exit status ${exitStatus}`,
  copyNotMoved: (exitStatus: number) => `failed to move files in sandbox: exit status ${exitStatus}`,
  envNotEvaluated: (name: string, exitStatus: number) =>
    `failed to evaluate environment variable ${name}: exit status ${exitStatus}`,
  workdirNotCreated: (exitStatus: number) => `failed to create workdir: exit status ${exitStatus}`,
  userNotCreated: (exitStatus: number) => `failed to create user: exit status ${exitStatus}`,
  sudoNotGiven: (exitStatus: number) => `failed to add user to sudo group: exit status ${exitStatus}`,
  envIncomplete: () => 'ENV requires both a key and value arguments',
  unknownStepType: (type: string) =>
    `failed to get command for step ${type}: command type ${type} is not implemented`,
  /** Step `finalize`. */
  configurationFailed: (exitStatus: number) =>
    `configuration script failed: error running configuration script: exit status ${exitStatus}`,
  /** Step `finalize`. */
  startFailed: (exitStatus: number) =>
    `start command failed: error running start command: exit status ${exitStatus}`,
  /** Step `finalize`. */
  readyTimedOut: () => 'ready command failed: ready command timed out after 10m0.5s',
  /** No step. */
  cancelled: () => 'build was cancelled',
  /** No step. */
  superseded: () => 'The build was canceled because it was superseded by a newer one.',
  /** No step. */
  neverStarted: () => 'build is in waiting state for too long',
  /** No step. */
  tookTooLong: (limit: string) => `build status polling timed out. Maximum build time is ${limit}.`,
  /** No step. */
  internal: () => 'An internal error occurred. Please try again or contact support with the build ID.',
} as const;
