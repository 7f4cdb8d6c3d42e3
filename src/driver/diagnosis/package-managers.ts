import type { FailureContext } from './evidence.ts';

/** What installs, told by the command itself. */
const installers: readonly (readonly [RegExp, string])[] = [
  [/\bapt(?:-get)?\s+(?:-\S+\s+)*install\b/, 'apt'],
  [/\b(?:dnf|microdnf|yum)\s+(?:-\S+\s+)*(?:install|groupinstall)\b/, 'dnf'],
  [/\bapk\s+(?:-\S+\s+)*add\b/, 'apk'],
  [/\buv\s+(?:-\S+\s+)*(?:pip\s+(?:install|sync)|tool\s+install|sync|add)\b/, 'uv'],
  [/(?<!\buv\s+(?:-\S+\s+)*)\bpip[\d.]*\s+(?:-\S+\s+)*install\b/, 'pip'],
  [/\bpipx\s+(?:-\S+\s+)*install\b/, 'pipx'],
  [/\bpoetry\s+(?:-\S+\s+)*(?:install|sync|add)\b/, 'poetry'],
  [/\bpipenv\s+(?:-\S+\s+)*(?:install|sync)\b/, 'pipenv'],
  [/\bpdm\s+(?:-\S+\s+)*(?:install|sync|add)\b/, 'pdm'],
  [/\b(?:conda|mamba|micromamba)\s+(?:-\S+\s+)*(?:install|create|env\s+(?:create|update))\b/, 'conda'],
  [/\bnpm\s+(?:-\S+\s+)*(?:i|install|ci|add)\b/, 'npm'],
  [/\bpnpm\s+(?:-\S+\s+)*(?:i|install|add|fetch)\b/, 'pnpm'],
  [
    /\byarn(?:\s+(?:-\S+\s+)*(?:install|add|global\s+add|workspaces\s+focus)\b|(?:\s+-\S+)*\s*(?:$|[;&|\n]))/,
    'yarn',
  ],
  [/\bbun\s+(?:-\S+\s+)*(?:i|install|add)\b/, 'bun'],
  [/\bcargo\s+(?:\+\S+\s+)?(?:install|fetch|add)\b/, 'cargo'],
  [/\bbundle\s+(?:-\S+\s+)*(?:install\b|(?:$|[;&|\n]))/, 'bundler'],
  [/\bgem\s+(?:-\S+\s+)*install\b/, 'gem'],
  [/\bcomposer\s+(?:-\S+\s+)*(?:install|require|update)\b/, 'composer'],
  [/\bgo\s+(?:install|get|mod\s+download)\b/, 'go'],
];

/** Parts of a command that prepare an install and hardly fail by themselves. */
const preparation = /^(?:cd|set|export|mkdir|rm|apt(?:-get)?\s+(?:-\S+\s+)*(?:update|clean)|:|true)\b/;

/** Lines by which a package manager says that it failed. */
const complaints: Readonly<Record<string, RegExp>> = {
  apt: /^(?:E: |dpkg: error)/,
  dnf: /^(?:Error: |No match for argument)/,
  apk: /^ERROR: /,
  uv: /^(?:error: |× )/,
  pip: /^(?:ERROR: |error: (?:subprocess|metadata)|× )/,
  npm: /^npm (?:error|ERR!)/,
  pnpm: /ERR_PNPM|^ELIFECYCLE/,
  yarn: /^error |YN\d{4}: .*(?:fail|error|forbidden)|^(?:Usage|Internal) Error: /,
  bun: /^error: /,
  cargo: /^error(?:\[\w+\])?: /,
  bundler: /^(?:Bundler::|An error occurred while installing|Could not find gem)/,
  gem: /^ERROR: /,
};

/**
 * The package manager that failed in a RUN: the one that complains in its last lines, or the only thing that the
 * command does.
 */
export function installerOf({ command, lines }: FailureContext): string | undefined {
  const text = command.slice(0, 4000);
  const named = installers.filter(([pattern]) => pattern.test(text)).map(([, name]) => name);
  const complaining = named.find((name) => lines.some((line) => complaints[name]?.test(line)));
  if (complaining !== undefined || named.length !== 1) return complaining;
  const parts = text.split(/&&|\|\||[;\n|]/).map((part) => part.trim());
  const pattern = installers.find(([, name]) => name === named[0])?.[0];
  return parts.every((part) => part === '' || preparation.test(part) || pattern?.test(part))
    ? named[0]
    : undefined;
}

/** The user as whom a RUN runs: its own, else that of the last USER step, else the service's default. */
export function stepUser(evidence: FailureContext): string {
  const { plan, step = 0 } = evidence;
  return plan.wire.steps[step - 1]?.args?.[1] || lastArgument(evidence, 'USER') || 'user';
}

/** The working directory of a step in words: relative ones are not resolved, since users have their own homes. */
export function stepWorkdir(evidence: FailureContext): string {
  const workdir = lastArgument(evidence, 'WORKDIR');
  return workdir === undefined ? 'the home directory of its user' : JSON.stringify(workdir.slice(0, 80));
}

function lastArgument({ plan, step = 1 }: FailureContext, type: string): string | undefined {
  const before = plan.wire.steps.slice(0, step - 1);
  return before.findLast((wire) => wire.type.toUpperCase() === type)?.args?.[0];
}
