import type { RunRule } from './run-rule.ts';

/** A package manager with a lock file, and an install that allows only the versions in it. */
interface LockedManager {
  readonly lockFile: string;
  readonly manifest: string;
  /** Writes the lock file again. */
  readonly updateCommand: string;
  /** The output if the file does not match the manifest. */
  readonly outdated: RegExp;
  /** The output if the file is missing. */
  readonly absent?: RegExp;
}

const managers: readonly LockedManager[] = [
  {
    lockFile: 'package-lock.json',
    manifest: 'package.json',
    updateCommand: 'npm install',
    outdated: /npm ci\W{0,3} can only install packages when your package\.json and/i,
    absent: /npm ci\W{0,3} command can only install with an existing/i,
  },
  {
    lockFile: 'pnpm-lock.yaml',
    manifest: 'package.json',
    updateCommand: 'pnpm install',
    outdated: /ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH)/,
    absent: /ERR_PNPM_NO_LOCKFILE/,
  },
  {
    lockFile: 'yarn.lock',
    manifest: 'package.json',
    updateCommand: 'yarn install',
    outdated:
      /your lockfile needs to be updated, but yarn was run|lockfile would have been modified by this install/i,
    absent: /lockfile would have been created by this install/i,
  },
  {
    lockFile: 'bun.lock',
    manifest: 'package.json',
    updateCommand: 'bun install',
    outdated: /lockfile had changes, but lockfile is frozen/i,
  },
  {
    lockFile: 'deno.lock',
    manifest: 'deno.json',
    updateCommand: 'deno install',
    outdated: /\bthe lockfile is out of date\b/i,
  },
  {
    lockFile: 'uv.lock',
    manifest: 'pyproject.toml',
    updateCommand: 'uv lock',
    outdated: /lockfile at \W?\S*uv\.lock\W? needs to be updated/i,
    absent: /unable to find lockfile at \W?\S*uv\.lock/i,
  },
  {
    lockFile: 'poetry.lock',
    manifest: 'pyproject.toml',
    updateCommand: 'poetry lock',
    outdated:
      /pyproject\.toml changed significantly since poetry\.lock|poetry\.lock is not up to date with pyproject\.toml/i,
    absent: /poetry\.lock (?:was )?not found/i,
  },
  {
    lockFile: 'pdm.lock',
    manifest: 'pyproject.toml',
    updateCommand: 'pdm lock',
    outdated: /lock file hash doesn't match pyproject\.toml|lockfile hash doesn't match/i,
  },
  {
    lockFile: 'Pipfile.lock',
    manifest: 'Pipfile',
    updateCommand: 'pipenv lock',
    outdated: /Pipfile\.lock \([^)]*\) (?:is )?out of date/i,
    absent: /Pipfile\.lock (?:must exist|not found)/i,
  },
  {
    lockFile: 'Gemfile.lock',
    manifest: 'Gemfile',
    updateCommand: 'bundle install',
    outdated:
      /lockfile can't be updated because frozen mode is set|in deployment mode after changing your gemfile|cannot write a changed lockfile while frozen/i,
    absent: /the (?:--deployment flag|deployment setting|frozen setting) requires a/i,
  },
  {
    lockFile: 'Cargo.lock',
    manifest: 'Cargo.toml',
    updateCommand: 'cargo update --workspace',
    outdated:
      /\block file\b.{0,300}needs to be updated but --(?:locked|frozen)|Cargo\.lock needs to be updated but --|cannot update the lock file .{0,300}because --(?:locked|frozen)/i,
    absent: /cannot create the lock file .{0,300}because --(?:locked|frozen)/i,
  },
  {
    lockFile: 'composer.lock',
    manifest: 'composer.json',
    updateCommand: 'composer update --lock',
    outdated: /required package .{0,200} is not present in the lock file/i,
  },
  {
    lockFile: 'go.sum',
    manifest: 'go.mod',
    updateCommand: 'go mod tidy',
    outdated: /missing go\.sum entry|updates to go\.(?:mod|sum) needed|inconsistent vendoring/i,
  },
];

/** A lock file that is missing, does not match, or is of another version of its tool. */
export const lockFileRules: readonly RunRule[] = [
  ...managers.flatMap(({ lockFile, manifest, absent }): RunRule[] =>
    absent
      ? [
          {
            class: 'file-not-found',
            line: absent,
            what: `${lockFile} is missing, and this install may not create it.`,
            advice: `Commit it, and copy it before this step, together with ${manifest}. Check .gitignore and .dockerignore as well.`,
            cacheIsInnocent: true,
          },
        ]
      : [],
  ),
  {
    class: 'package-install',
    line: /ERR_PNPM_(?:FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE|LOCKFILE_BREAKING_CHANGE)|(?:lockfile|lock file) version .{0,80}(?:not supported|requires|unknown)/i,
    what: 'The lock file was written by another version of its package manager.',
    advice:
      'Install the version that wrote it (packageManager in package.json names it for corepack), or write the lock file again with this one and commit it.',
    cacheIsInnocent: true,
  },
  ...managers.map(
    ({ lockFile, manifest, updateCommand, outdated }): RunRule => ({
      class: 'package-install',
      line: outdated,
      what: `${lockFile} does not match ${manifest}, and this install may not change it.`,
      advice: `Run ${updateCommand} where you develop, commit ${lockFile}, and copy both files of the same commit before this step.`,
      cacheIsInnocent: true,
    }),
  ),
];
