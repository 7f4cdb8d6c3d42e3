import { quote } from '../../problem.ts';
import type { FailureClass } from './diagnosis.ts';
import type { Evidence } from './evidence.ts';
import { installerOf, stepUser, stepWorkdir } from './run-context.ts';

/** One way in which a command fails, known by how it ended or by what it printed last. */
export interface RunRow {
  readonly class: FailureClass;
  readonly exitStatus?: number;
  /** One of the last lines; its first group that holds something is handed to the texts as `found`. */
  readonly line?: RegExp;
  readonly when?: (evidence: Evidence) => boolean;
  readonly what: string | ((evidence: Evidence) => string);
  readonly advice: string | ((evidence: Evidence) => string);
  readonly cacheIsInnocent?: true;
}

const pathAdvice =
  'Install it in an earlier step, or call it by its absolute path: commands run in a login shell, which resets PATH on most images, so that a PATH from setEnvs is lost.';

/**
 * How a RUN fails. The first row that fits is taken, causes before consequences: a package manager without a
 * network reports packages that do not exist, and one without memory or disk reports nearly anything.
 */
export const runFailures: readonly RunRow[] = [
  {
    class: 'out-of-memory',
    when: ({ killed, exitStatus }) => killed || exitStatus === 137,
    what: ({ plan }) => `The command was killed, as happens when memory runs out${memoryOf(plan)}.`,
    advice: 'Raise memory-mb, or let the command use less at a time: fewer parallel jobs, smaller batches.',
    cacheIsInnocent: true,
  },
  {
    class: 'out-of-memory',
    line: /^Killed$|\bout of memory\b|cannot allocate memory|\bMemoryError\b|\bENOMEM\b|signal: 9, SIGKILL|Killed signal terminated/i,
    what: ({ plan }) => `The command ran out of memory${memoryOf(plan)}.`,
    advice:
      'Raise memory-mb, or let the command use less at a time. For Node.js set NODE_OPTIONS=--max-old-space-size=<MiB> as well.',
    cacheIsInnocent: true,
  },
  {
    class: 'disk-full',
    line: /no space left on device|\bENOSPC\b|disk quota exceeded|don't have enough free space/i,
    what: 'The disk of the template is full.',
    advice:
      'Remove what is not needed in the step that makes it (caches, archives, build trees), and keep large files out of COPY with .dockerignore.',
    cacheIsInnocent: true,
  },
  {
    class: 'command-not-found',
    exitStatus: 127,
    line: /([\w./+-]+): (?:command )?not found\b/,
    what: ({ found }) => `The program ${quote(found)} is not in the template.`,
    advice: pathAdvice,
  },
  {
    class: 'command-not-found',
    exitStatus: 127,
    what: 'A program that the command calls is not in the template.',
    advice: pathAdvice,
  },
  {
    class: 'permission-denied',
    exitStatus: 126,
    what: 'The command names a file that may not be executed.',
    advice:
      'Make it executable with chmod +x or copy(source, destination, { mode: 0o755 }), or call its interpreter (bash script.sh).',
  },
  {
    class: 'git-clone',
    line: /fatal: could not read username|authentication failed for|permission denied \(publickey|host key verification failed|terminal prompts disabled|repository .{0,200}\bnot found|does not appear to be a git repository|access denied or repository not/i,
    what: 'Git could not get at the repository: it does not exist, or is private.',
    advice:
      'Check the address. A private repository needs a token of short life in the address; better check it out in the workflow and send it with copy(), which keeps the token out of the template.',
  },
  {
    class: 'git-clone',
    line: /(remote branch \S+ not found|destination path .{0,200} already exists|pathspec .{0,200} did not match)/i,
    what: ({ found }) => `Git could not clone: ${found}.`,
    advice: 'Check the branch, and that the destination is not there yet.',
  },
  {
    class: 'network',
    line: /temporary failure (?:in name resolution|resolving)|could(?: not|n't) resolve|name or service not known|\b(?:EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ECONNRESET|ECONNREFUSED|ConnectionRefused|FailedToOpenSocket|NewConnectionError|ReadTimeoutError|ConnectTimeoutError)\b|connection (?:timed out|refused|reset)|network is unreachable|no route to host|max retries exceeded|spurious network error|failed to connect to|could not connect to|unable to connect\b|ssl certificate problem|certificate verify failed|tls handshake/i,
    what: 'The command could not reach a host that it needs.',
    advice:
      'Run the job again: networks fail for a moment. If it stays, check the address, and that the host can be reached from the internet; builds do not see your own network.',
  },
  {
    class: 'permission-denied',
    line: /could not open lock file|are you root\?|\bEACCES\b|\bEPERM\b|permission denied|operation not permitted|must be run as root/i,
    what: (evidence) => `The command lacks a permission; it ran as ${quote(stepUser(evidence))}.`,
    advice:
      "Run it as root: runCmd(command, { user: 'root' }). Or make the files belong to this user: copy(source, destination, { user }).",
  },
  {
    class: 'package-not-found',
    line: /failed to fetch \S+\s+404\b|maybe run apt-get update/i,
    what: 'apt asked for a package file that its mirror no longer has: the package lists are older than the mirror.',
    advice:
      'Run apt-get update in the same step as apt-get install, as aptInstall() does, and build once with skip-cache: true.',
  },
  {
    class: 'package-not-found',
    line: /unable to locate package (\S+)|package '?([^\s']+)'? has no installation candidate|version '[^']*' for '([^']+)' was not found|couldn't find any package by \S+ '([^']+)'/i,
    what: ({ found }) => `apt finds no package ${quote(found)}.`,
    advice:
      'Check its name in the distribution of the base image, and run apt-get update in the same step, as aptInstall() does.',
  },
  {
    class: 'package-not-found',
    line: /no matching distribution found for ([^\s(;]+)|could not find a version that satisfies the requirement ([^\s(;]+)|because ([\w.-]+) was not found in the package registry/i,
    what: ({ found }) => `pip finds no package ${quote(found)} that fits.`,
    advice:
      'Check its name and version, and that it supports the Python of the base image; a private package needs its own index.',
  },
  {
    class: 'package-not-found',
    line: /404\s+'?((?:@[\w.-]+\/)?[\w.-]+@[^\s']*?)'? is not in (?:the npm|this) registry|no matching version found for (\S+?)\.?$|(?:npm (?:error|ERR!) code (?:E404|ETARGET))|ERR_PNPM_(?:FETCH_404|NO_MATCHING_VERSION)|couldn't find package "([^"]+)"/i,
    what: ({ found }) => `npm finds no package${found && ` ${quote(found)}`} that fits.`,
    advice: 'Check its name and version; a private package needs its own registry and a token.',
  },
  {
    class: 'package-not-found',
    line: /error: (?:get \S+\/(\S+) - 404|no version matching .{0,80} found for specifier "([^"]+)"|package "([^"]+)" not found|([^\s]+) failed to resolve)/i,
    what: ({ found }) => `bun finds no package ${quote(found)} that fits.`,
    advice: 'Check its name and version; a private package needs its own registry and a token.',
  },
  {
    class: 'package-not-found',
    line: /no matching package(?: named)? `([^`]+)`|no matching package found|could not find `([^`]+)` in registry|failed to select a version for (?:the requirement )?`([^`]+)`/i,
    what: ({ found }) => `cargo finds no package${found && ` ${quote(found)}`} that fits.`,
    advice: 'Check its name and version, and that Cargo.lock is among the copied files.',
  },
  {
    class: 'package-install',
    line: /fatal error: (\S+\.h): no such file|command '([^']*(?:gcc|g\+\+|cc))' failed|linker `(cc)` not found|not found: (make)\b|unable to find (?:a )?(?:C )?compiler/i,
    what: ({ found }) => `A package is compiled from source, and ${quote(found || 'a compiler')} is missing.`,
    advice:
      "Install compiler and headers before it: aptInstall(['build-essential']), and the -dev package of the library; or take an image that is not -slim.",
  },
  {
    class: 'package-install',
    line: /externally-managed-environment/i,
    what: 'pip does not install into the Python of the distribution.',
    advice:
      'Take a base image with its own Python (fromPythonImage), make a virtual environment, or add --break-system-packages.',
  },
  {
    class: 'package-install',
    line: /\bERESOLVE\b|ResolutionImpossible|conflicting dependencies|conflicting peer dependency|npm ci. can only install/i,
    what: 'The packages that were asked for do not fit together, or not to the lock file.',
    advice:
      'Run the same install where you develop, mend the versions, commit the lock file and copy it before this step.',
  },
  {
    class: 'file-not-found',
    line: /could not open requirements file: .{0,40}'([^']+)'|\bENOENT\b.{0,80}'([^']+)'|can't open file '([^']+)'|could not (?:find|read) package\.json|could not find `(Cargo\.toml)`|cannot (?:access|stat) '([^']+)'|([^\s:']+): no such file or directory|no such file or directory: '([^']+)'/i,
    what: (evidence) =>
      `${evidence.found ? quote(evidence.found) : 'A file'} is not there; the command ran in ${stepWorkdir(evidence)}.`,
    advice:
      'Copy it before this step, and check the destination of that copy(), .dockerignore and setWorkdir().',
  },
  {
    class: 'command-not-found',
    line: /([\w./+-]+): command not found$/,
    what: ({ found }) => `The program ${quote(found)} is not in the template.`,
    advice: pathAdvice,
  },
  {
    class: 'package-install',
    when: (evidence) => installerOf(evidence) !== undefined,
    what: (evidence) => `${installerOf(evidence)} could not install.`,
    advice:
      'The last lines of the step say why. Run the same install in a container of the base image to try what helps.',
  },
  {
    class: 'run',
    what: ({ exitStatus }) =>
      `The command failed${exitStatus === undefined ? '' : ` with exit status ${exitStatus}`}.`,
    advice:
      'The last lines of the step say why. The exit status is that of the last command: begin with set -e to stop at the first that fails.',
  },
];

function memoryOf({ memoryMb }: Evidence['plan']): string {
  return memoryMb === undefined ? '' : `; the build has ${memoryMb} MiB`;
}
