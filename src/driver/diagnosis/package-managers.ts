import type { FailureContext } from './evidence.ts';

/** Commands that install, with the name of their package manager. */
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

/** Parts of a command that prepare an install and rarely fail. */
const preparation = /^(?:cd|set|export|mkdir|rm|apt(?:-get)?\s+(?:-\S+\s+)*(?:update|clean)|:|true)\b/;

/** Lines in which a package manager reports that it failed. */
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
 * The package manager that failed in a RUN: the one with an error in the last lines, or the only one if the command does
 * nothing else.
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

/** The user of a RUN: its own, else that of the last USER step, else the service's default. */
export function stepUser(context: FailureContext): string {
  const { plan, step = 0 } = context;
  return plan.wire.steps[step - 1]?.args?.[1] || lastArgument(context, 'USER') || 'user';
}

/** The working directory of a step in words. A relative one is not resolved, since each user has another home. */
export function stepWorkdir(context: FailureContext): string {
  const workdir = lastArgument(context, 'WORKDIR');
  return workdir === undefined ? 'the home directory of its user' : JSON.stringify(workdir.slice(0, 80));
}

function lastArgument({ plan, step = 1 }: FailureContext, type: string): string | undefined {
  const before = plan.wire.steps.slice(0, step - 1);
  return before.findLast((wire) => wire.type.toUpperCase() === type)?.args?.[0];
}
