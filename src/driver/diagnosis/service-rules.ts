import { quote, shorten } from '../../problem.ts';
import type { FailureContext, Place } from './evidence.ts';
import type { FailureClass } from './failure-classes.ts';
import { scriptFault } from './script-rules.ts';

/** One kind of failure: how to recognize it, what it is, and what to do. */
export interface ServiceRule {
  readonly class: FailureClass;
  /** Only at this place; anywhere if absent, and always if the service named no step. */
  readonly at?: Place;
  readonly reason: RegExp;
  readonly what: string | ((context: FailureContext) => string);
  readonly advice: string | ((context: FailureContext) => string);
  /** The service broke or lost the build, so a new one may succeed. */
  readonly retry?: 'new-build';
  /** The cached layers below cannot be the cause. */
  readonly cacheIsInnocent?: true;
}

/**
 * Rules for the service's reason of a failed build. The first match counts. The patterns follow the texts in the
 * service's source, but only their core, since the wording may change. A failed RUN has its own rules.
 */
export const serviceRules: readonly ServiceRule[] = [
  {
    class: 'local-build',
    reason: /works at the service, not in a local build: /,
    what: ({ reason }) => `This fails in a local build only: ${localCause(reason)}.`,
    advice:
      'Build it at the service to know whether the recipe works there; this failure says nothing about it.',
    cacheIsInnocent: true,
  },
  {
    class: 'registry-credentials',
    at: 'base',
    reason:
      /access denied to|authentication required|error getting auth option|unauthorized|requested access to the resource is denied|status code 40[13]\b/i,
    what: ({ plan }) => `The registry refuses to hand out ${image(plan)}.`,
    advice: ({ plan }) =>
      plan.wire.fromImageRegistry
        ? 'Check that the secrets with the registry credentials are set in this job and not expired, and that their account may pull this image. The registry also answers like this when there is no such image.'
        : 'If the image is private, give credentials: fromImage(image, { username, password }) with values from process.env. If it is public, check its name: the registry answers like this when there is no such image.',
  },
  {
    class: 'image-not-found',
    at: 'base',
    reason: /(?:image|repository) '[^']*' not found|manifest unknown|name unknown|status code 404\b/i,
    what: ({ plan }) => `The registry has no ${image(plan)}.`,
    advice:
      'Check the spelling of name and tag, and that this tag is still published: docker manifest inspect <image> must find it.',
  },
  {
    class: 'base-template-not-found',
    at: 'base',
    reason: /template '[^']*' not found|tag '[^']*' does not exist for template/i,
    what: ({ plan }) => `There is no ready template ${quote(plan.wire.fromTemplate ?? '')} to build from.`,
    advice:
      'Check its name and tag, that it was built with success in this region, and that the API key belongs to its team.',
  },
  {
    class: 'image-reference',
    at: 'base',
    reason: /invalid image reference|could not parse reference/i,
    what: ({ plan }) => `${quote(plan.wire.fromImage ?? '')} is not the name of an image.`,
    advice: 'Write it as [registry/]name[:tag] in lower case, without https://.',
  },
  {
    class: 'image-architecture',
    at: 'base',
    reason:
      /image architecture|no (?:child|matching|suitable)\b.{0,40}\b(?:manifest|platform)|no match for platform/i,
    what: ({ plan }) => `There is no linux/amd64 variant of ${image(plan)}.`,
    advice: 'Take an image for amd64, or publish yours with docker buildx build --platform linux/amd64.',
  },
  {
    class: 'image-provisioning',
    at: 'base',
    reason: /provisioning sandbox/i,
    what: ({ plan }) => `A sandbox could not be made out of ${image(plan)}.`,
    advice:
      'The service needs an image with apt and glibc. Debian, Ubuntu and images made from them work (python:3.12-slim, node:22); Alpine, BusyBox, Fedora and Rocky do not.',
  },
  {
    class: 'image-too-large',
    at: 'base',
    reason: /too (?:large|big)|larger than|exceeds\b|\brootfs\b.{0,60}\b(?:limit|size)/i,
    what: ({ plan }) => `The file system of ${image(plan)} is larger than the service allows.`,
    advice: 'Take a smaller variant, such as -slim, and install what is needed in steps.',
  },
  {
    class: 'image-pull',
    at: 'base',
    reason: /failed to (?:pull|inspect) image|unable to retrieve image|registry returned status/i,
    what: ({ plan }) => `The service could not pull ${image(plan)}.`,
    advice: ({ reason }) =>
      /\b429\b|toomanyrequests|rate limit/i.test(reason)
        ? 'The registry limits how much is pulled without an account. Give credentials in fromImage, or wait and run the job again.'
        : 'The registry may have been out of reach for a moment: run the job again. If it fails again, check that the registry can be reached from the internet.',
  },
  {
    class: 'start-command',
    at: 'finalize',
    reason: /start command failed|error running start command/i,
    what: ({ exitStatus }) =>
      `The start command exited${exitStatus === undefined ? '' : ` with status ${exitStatus}`} before the template was ready.`,
    advice: startAdvice,
  },
  {
    class: 'ready-timeout',
    at: 'finalize',
    reason: /ready command\b.{0,80}\btimed out/i,
    what: 'The ready command did not succeed within the 10 minutes that the service gives it.',
    advice:
      'Check in the log that the start command is running, and that the ready command asks for the same port or file. What it uses must be in the image: waitForPort needs ss, waitForURL needs curl, waitForProcess needs pgrep.',
  },
  {
    class: 'ready-command',
    at: 'finalize',
    reason: /ready command failed|error running ready command/i,
    what: 'The ready command failed.',
    advice:
      'Run it by hand in a sandbox of the last good build, as the last USER and in the last WORKDIR of the recipe.',
  },
  {
    class: 'configuration-script',
    at: 'finalize',
    reason: /configuration script failed/i,
    what: "The service's own set-up of the finished template failed.",
    advice:
      'Often a PATH that lacks /usr/bin and /bin, or a removed system file, is behind it. Check the steps that set PATH or change system directories.',
  },
  {
    class: 'copy',
    at: 'step',
    reason: /requires files hash|layer tar data to temporary file/i,
    what: 'The service does not have the files of this COPY.',
    advice:
      'Run the job again; if it fails again, send the files once more: copy(source, destination, { forceUpload: true }).',
    cacheIsInnocent: true,
  },
  {
    class: 'copy',
    at: 'step',
    reason: /failed to extract files|layer tar data to sandbox/i,
    what: 'The files of this COPY could not be unpacked in the template.',
    advice:
      'The disk of the template may be full, or its image may lack tar or gzip. Send the files once more with forceUpload: true to rule out a broken upload.',
  },
  {
    class: 'copy',
    at: 'step',
    reason: /failed to move files/i,
    what: 'The files of this COPY could not be moved to their destination.',
    advice:
      'Make the destination first with makeDir(), end it without a slash when one file is copied, and do not copy a directory onto one that holds files already.',
  },
  {
    class: 'user',
    at: 'step',
    reason: /failed to create user|failed to add user/i,
    what: 'The user of this step could not be made.',
    advice:
      'Use a name of lower-case letters, digits, - and _; the image must have adduser (or useradd) and sudo.',
  },
  {
    class: 'workdir',
    at: 'step',
    reason: /failed to create workdir/i,
    what: 'The working directory could not be made.',
    advice: 'Check that this path, and each path above it, is not a file.',
  },
  {
    class: 'environment',
    at: 'step',
    reason: /failed to evaluate environment variable/i,
    what: 'A value of this ENV step could not be evaluated.',
    advice:
      'Values are expanded by a shell: check $, ${…} and quotes in them. They do not see earlier ENV steps.',
  },
  {
    class: 'environment',
    at: 'step',
    reason: /ENV requires both/i,
    what: 'A name of this ENV step has no value.',
    advice: 'Give each name a value.',
    cacheIsInnocent: true,
  },
  {
    class: 'step-type',
    at: 'step',
    reason: /failed to get command for step|command type .{0,60} is not implemented/i,
    what: 'The service does not know this kind of step.',
    advice: 'Use the steps that the SDK offers: runCmd, copy, setEnvs, setUser and setWorkdir.',
    cacheIsInnocent: true,
  },
  {
    class: 'workdir',
    at: 'step',
    reason: /\b(?:cwd|chdir|working directory)\b/i,
    what: 'The working directory of this step does not exist.',
    advice:
      'A step before it removed or moved the directory, or it lies in /tmp, which may be emptied between steps.',
  },
  {
    class: 'cancelled',
    reason: /cancell?ed by (?:an )?admin/i,
    what: 'An administrator of the service cancelled the build.',
    advice: 'Ask the support of the service, naming the build.',
  },
  {
    class: 'superseded',
    reason: /superseded by a newer|build was cancell?ed/i,
    what: 'A newer build of the same template and tag replaced this one.',
    advice:
      'Nothing is wrong with the template: the newer build decides. Use concurrency: in the workflow so that only the newest run builds.',
  },
  {
    class: 'waiting-timeout',
    reason: /waiting state for too long/i,
    what: 'The build was registered and not started within the 40 minutes that the service waits.',
    advice: 'Run the job again. If uploads take that long, keep large files out of COPY with .dockerignore.',
  },
  {
    class: 'build-timeout',
    reason: /build timed out|polling timed out|maximum build time/i,
    what: 'The build took longer than the service allows, which is one hour.',
    advice:
      'Make the longest steps shorter, or build a base template of them with fromTemplate. A command that waits for an answer never ends: add -y or a similar option.',
  },
  {
    class: 'node-lost',
    reason: /unrecoverable error/i,
    what: 'The service lost the machine on which the build ran.',
    advice: 'Run the job again; the template is not at fault.',
    retry: 'new-build',
  },
  {
    class: 'internal',
    reason: /internal error occurred/i,
    what: 'The service had an internal error.',
    advice: 'Run the job again; if it fails again, ask the support of the service, naming the build.',
    retry: 'new-build',
  },
  {
    class: 'internal',
    reason: /error when building env/i,
    what: 'The service broke when it started the build.',
    advice: 'Run the job again; if it fails again, ask the support of the service, naming the build.',
    retry: 'new-build',
  },
  {
    class: 'files',
    reason: /^File changed during the build/,
    what: 'A file that COPY sends changed while it was sent.',
    advice:
      'Make sure that nothing writes to it during the build: let steps that generate files end before this one.',
    cacheIsInnocent: true,
  },
];

function image({ wire }: FailureContext['plan']): string {
  return wire.fromImage === undefined ? 'this image' : `image ${quote(wire.fromImage)}`;
}

/** Why only a local build fails; the embedded service writes it into the reason. */
function localCause(reason: string): string {
  return shorten(/not in a local build: ([^()]*)\)/.exec(reason)?.[1] ?? 'a container is no machine', 160);
}

function startAdvice(context: FailureContext): string {
  const { exitStatus } = context;
  const fault = scriptFault(context);
  if (fault !== undefined) return fault;
  if (exitStatus === 127) {
    return 'Its program was not found. Commands run in a login shell, which resets PATH: use an absolute path, and check that an earlier step installs the program.';
  }
  if (exitStatus === 126) {
    return 'Its program may not be executed: make it executable in a RUN with chmod +x, or call its interpreter (bash script.sh).';
  }
  return 'Its last lines say why. It runs as the last USER and in the last WORKDIR of the recipe; run it by hand in a sandbox of the last good build. A command that only prepares something must exit with 0.';
}
