import { quote } from '../../problem.ts';
import type { RunRule } from './run-rule.ts';

const privateRegistry = 'Check its name and version; a private package needs its own registry and a token.';

/** Rules for failed package managers, in order. */
export const packageRules: readonly RunRule[] = [
  {
    class: 'package-not-found',
    line: /failed to fetch \S+\s+404\b|maybe run apt-get update/i,
    what: 'apt asked for a package file that its mirror no longer has: the package lists are older than the mirror.',
    advice: ({ cached }) =>
      `Run apt-get update in the same step as apt-get install, as aptInstall() does${cached > 0 ? ', and build once with skip-cache: true' : ''}.`,
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
    line: /no matching distribution found for ([^\s(;]+)|could not find a version that satisfies the requirement ([^\s(;]+)/i,
    what: ({ found }) => `pip finds no package ${quote(found)} that fits.`,
    advice:
      'Check its name and version, and that it supports the Python of the base image; a private package needs its own index.',
  },
  {
    class: 'package-not-found',
    line: /because ([\w.-]+) was not found in the (?:package registry|provided package locations)|because there (?:is|are) no versions? of ([^\s,]+)/i,
    what: ({ found }) => `uv finds no package ${quote(found)} that fits.`,
    advice:
      'Check its name and version, and that it supports the Python of the base image; a private package needs its own index.',
  },
  {
    class: 'package-not-found',
    line: /ERR_PNPM_NO_MATCHING_VERSION\S*\s+no matching version found for (\S+?)(?: while\b|\.?$)|ERR_PNPM_FETCH_404\S*\s+GET \S*\/([^\s/:]+): not found|(?:ERR_PNPM_(?:FETCH_404|NO_MATCHING_VERSION))/i,
    what: ({ found }) => `pnpm finds no package${found && ` ${quote(decoded(found))}`} that fits.`,
    advice: privateRegistry,
  },
  {
    class: 'package-not-found',
    line: /couldn't find package "([^"]+)"|couldn't find any versions for "([^"]+)"|YN00(?:35|82|27): .{0,3}?((?:@[\w.-]+\/)?[\w.-]+)@|an unexpected error occurred: "https?:.{0,300}\/([^\s/:]+): not found/i,
    what: ({ found }) => `yarn finds no package ${quote(decoded(found))} that fits.`,
    advice: privateRegistry,
  },
  {
    class: 'package-not-found',
    line: /404\s+'?((?:@[\w.-]+\/)?[\w.-]+@[^\s']*?)'? is not in (?:the npm|this) registry|no matching version found for (\S+?)\.?$|(?:npm (?:error|ERR!) code (?:E404|ETARGET))/i,
    what: ({ found }) => `npm finds no package${found && ` ${quote(found)}`} that fits.`,
    advice: privateRegistry,
  },
  {
    class: 'package-not-found',
    line: /error: (?:get \S+\/(\S+) - 404|no version matching .{0,80} found for specifier "([^"]+)"|package "([^"]+)" not found|([^\s]+) failed to resolve)/i,
    what: ({ found }) => `bun finds no package ${quote(found)} that fits.`,
    advice: privateRegistry,
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
    what: 'The requested packages do not match each other, or not the lock file.',
    advice:
      'Run the same install where you develop, fix the versions, commit the lock file and copy it before this step.',
  },
];

/** An address has the scope encoded: `@octo%2Fapp`. */
function decoded(name: string): string {
  return name.replace(/%2f/i, '/').replace(/^%40/, '@');
}
