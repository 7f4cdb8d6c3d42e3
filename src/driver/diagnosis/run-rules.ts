import { quote } from '../../problem.ts';
import type { FailureContext } from './evidence.ts';
import { lockFileRules } from './lock-file-rules.ts';
import { installerOf, stepUser, stepWorkdir } from './package-managers.ts';
import { packageRules } from './package-rules.ts';
import type { RunRule } from './run-rule.ts';
import { scriptRules } from './script-rules.ts';

const pathAdvice =
  'Install it in an earlier step, or call it by its absolute path: commands run in a login shell, which resets PATH on most images, so that a PATH from setEnvs is lost.';

/**
 * Rules for a failed RUN. The first match counts, so causes are before their effects: a package manager without a
 * network reports packages that do not exist, and one without memory or disk reports nearly anything.
 */
export const runRules: readonly RunRule[] = [
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
  ...scriptRules,
  ...lockFileRules,
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
    what: 'Git could not read the repository: it does not exist, or is private.',
    advice:
      'Check the address. A private repository needs a short-lived token in the address. It is better to check it out in the workflow and send it with copy(), which keeps the token out of the template.',
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
      'Run the job again: networks fail for a moment. If it fails again, check the address, and that the host can be reached from the internet; builds do not see your own network.',
  },
  {
    class: 'permission-denied',
    line: /could not open lock file|are you root\?|\bEACCES\b|\bEPERM\b|permission denied|operation not permitted|must be run as root/i,
    what: (context) => `The command lacks a permission; it ran as ${quote(stepUser(context))}.`,
    advice:
      "Run it as root: runCmd(command, { user: 'root' }). Or make the files belong to this user: copy(source, destination, { user }).",
  },
  ...packageRules,
  {
    class: 'file-not-found',
    line: /could not open requirements file: .{0,40}'([^']+)'|\bENOENT\b.{0,80}'([^']+)'|can't open file '([^']+)'|could not (?:find|read) package\.json|could not find `(Cargo\.toml)`|cannot (?:access|stat) '([^']+)'|([^\s:']+): no such file or directory|no such file or directory: '([^']+)'/i,
    what: (context) =>
      `${context.found ? quote(context.found) : 'A file'} is missing; the command ran in ${stepWorkdir(context)}.`,
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
    when: (context) => installerOf(context) !== undefined,
    what: (context) => `${installerOf(context)} could not install.`,
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

function memoryOf({ memoryMb }: FailureContext['plan']): string {
  return memoryMb === undefined ? '' : `; the build has ${memoryMb} MiB`;
}
