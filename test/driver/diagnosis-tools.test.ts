/** Lines that shells and package managers print, and their explanation. */

import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/driver/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/driver/diagnosis/failure-classes.ts';
import { failures } from '../../src/local/failures.ts';
import { logLine, sampleOutcome, samplePlan } from '../support/sample-build.ts';

/** The diagnosis of a RUN that ended so. */
function of(command: string, exit: number, lines: readonly string[]): Diagnosis | undefined {
  const plan = samplePlan();
  const wire = { ...plan.wire, steps: plan.wire.steps.with(2, { type: 'RUN', args: [command] }) };
  const lastLines = lines.map((text) => logLine('3', text));
  const failure = { message: failures.runFailed(command, exit), stepId: '3', lastLines };
  return diagnose({ ...plan, wire }, sampleOutcome({ status: 'error', failure }));
}

describe('line endings of Windows', () => {
  test.each([
    [127, "run.sh: line 2: $'\\r': command not found"],
    [127, "run.sh: line 3: $'foo\\r': command not found"],
    [126, 'bash: ./run.sh: /bin/bash^M: bad interpreter: No such file or directory'],
    [127, "env: 'bash\\r': No such file or directory"],
    [127, '/usr/bin/env: ‘python3\\r’: No such file or directory'],
    [2, "run.sh: line 4: syntax error near unexpected token `$'in\\r''"],
    [2, "run.sh: line 1: syntax error near unexpected token `$'{\\r''"],
    [1, "run.sh: line 3: cd: $'/srv\\r': No such file or directory"],
    // What shells print as it is.
    [127, 'run.sh: 2: foo\r: not found'],
    [127, 'run.sh: line 2: foo\r: command not found'],
    [2, 'run.sh: line 2: set: -\r: invalid option'],
    [2, 'run.sh: line 1: set: pipefail\r: invalid option name'],
    [2, 'run.sh: 2: set: Illegal option -\r'],
    [1, 'run.sh: line 1: ./env\r: No such file or directory'],
  ])('are seen in %i and %j', (exit, line) => {
    const diagnosis = of('./run.sh', exit, ['working', line, 'more']);
    expect(diagnosis).toMatchObject({ class: 'line-endings', retry: 'never' });
    expect(diagnosis?.what).toContain('CRLF');
    expect(diagnosis?.advice).toMatch(/\.gitattributes.*sed -i/);
  });

  test.each([
    [127, 'run.sh: line 2: foo: command not found', 'command-not-found'],
    [2, 'sh: 1: set: Illegal option -o pipefail', 'run'],
    [1, 'Progress 10%\rProgress 20%', 'run'],
    [1, 'cat: x: No such file or directory', 'file-not-found'],
  ])('are not seen in %i and %j', (exit, line, failureClass) => {
    expect(of('./run.sh', exit, [line])?.class).toBe(failureClass);
  });
});

describe('a program that cannot be run here', () => {
  test.each([
    [126, 'bash: line 1: ./app: cannot execute binary file: Exec format error', '"./app"'],
    [126, 'sh: 1: ./app: Exec format error', '"./app"'],
    [1, "OSError: [Errno 8] Exec format error: './app'", '"./app"'],
    [1, 'fork/exec ./app: exec format error', '"./app"'],
    [127, './app: 1: \x7fELF\x02: not found', 'A program'],
  ])('is told with %i and %j', (exit, line, name) => {
    const diagnosis = of('./app', exit, [line]);
    expect(diagnosis).toMatchObject({ class: 'exec-format', retry: 'never' });
    expect(diagnosis?.what.startsWith(`${name} cannot be run here`), diagnosis?.what).toBe(true);
    expect(diagnosis?.advice).toContain('amd64');
  });

  test('a missing interpreter or loader is recognized', () => {
    const diagnosis = of('./app', 127, ['bash: line 1: ./app: cannot execute: required file not found']);
    expect(diagnosis?.class).toBe('command-not-found');
    expect(diagnosis?.what).toContain('"./app"');
    expect(diagnosis?.advice).toMatch(/CRLF.*musl/);
  });
});

describe('a lock file that does not match', () => {
  test.each([
    [
      'npm ci',
      'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.',
      /^package-lock\.json does not match package\.json.*Run npm install /,
    ],
    [
      'npm ci',
      'npm ERR! `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
      /^package-lock\.json/,
    ],
    [
      'pnpm i --frozen-lockfile',
      'ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/package.json',
      /^pnpm-lock\.yaml does not match package\.json.*Run pnpm install /,
    ],
    [
      'pnpm i',
      'ERR_PNPM_LOCKFILE_CONFIG_MISMATCH  Cannot proceed with the frozen installation. The current "overrides" configuration doesn\'t match the value found in the lockfile',
      /^pnpm-lock\.yaml/,
    ],
    [
      'yarn --frozen-lockfile',
      'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
      /^yarn\.lock does not match package\.json.*Run yarn install /,
    ],
    [
      'yarn install --immutable',
      '➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.',
      /^yarn\.lock/,
    ],
    [
      'uv sync --locked',
      'error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.',
      /^uv\.lock does not match pyproject\.toml.*Run uv lock /,
    ],
    [
      'poetry install',
      'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.',
      /^poetry\.lock does not match pyproject\.toml.*Run poetry lock /,
    ],
    ['poetry install', 'Error: poetry.lock is not up to date with pyproject.toml.', /^poetry\.lock/],
    [
      'pipenv install --deploy',
      'Your Pipfile.lock (5a0f) is out of date. Expected: (77c1).',
      /^Pipfile\.lock does not match Pipfile/,
    ],
    [
      'bundle install',
      "The dependencies in your gemfile changed, but the lockfile can't be updated because frozen mode is set",
      /^Gemfile\.lock does not match Gemfile.*Run bundle install /,
    ],
    [
      'bundle install --deployment',
      'You are trying to install in deployment mode after changing your Gemfile.',
      /^Gemfile\.lock/,
    ],
    [
      'cargo build --locked',
      'error: the lock file /srv/Cargo.lock needs to be updated but --locked was passed to prevent this',
      /^Cargo\.lock does not match Cargo\.toml/,
    ],
    [
      'cargo fetch --locked',
      'error: cannot update the lock file /srv/Cargo.lock because --locked was passed to prevent this',
      /^Cargo\.lock/,
    ],
    [
      'go build ./...',
      'main.go:4:2: missing go.sum entry for module providing package x.example/y',
      /^go\.sum/,
    ],
  ])('is told of %s by its file, with %j', (command, line, says) => {
    const { class: failureClass, retry, what = '', advice } = of(command, 1, [line]) ?? {};
    expect({ failureClass, retry }).toEqual({ failureClass: 'package-install', retry: 'never' });
    expect(`${what} ${advice}`).toMatch(says);
  });

  test.each([
    [
      'npm ci',
      'npm error The `npm ci` command can only install with an existing package-lock.json or',
      /^package-lock\.json is missing/,
    ],
    [
      'pnpm i --frozen-lockfile',
      'ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
      /^pnpm-lock\.yaml is missing/,
    ],
    [
      'uv sync --frozen',
      'error: Unable to find lockfile at `uv.lock`. To create a lockfile, run `uv lock` or `uv sync`.',
      /^uv\.lock is missing/,
    ],
    [
      'yarn install --immutable',
      '➤ YN0028: │ The lockfile would have been created by this install, which is explicitly forbidden.',
      /^yarn\.lock is missing/,
    ],
  ])('is told apart from one that is missing: %s', (command, line, says) => {
    const diagnosis = of(command, 1, [line]);
    expect(diagnosis?.class).toBe('file-not-found');
    expect(`${diagnosis?.what} ${diagnosis?.advice}`).toMatch(says);
  });

  test('is distinguished from one of another version of its tool', () => {
    const line =
      'ERR_PNPM_FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE  Cannot perform a frozen installation because the version of the lockfile is incompatible with this version of pnpm';
    expect(of('pnpm i', 1, [line])?.what).toContain('another version of its package manager');
  });
});

describe('a package manager is named as what it is', () => {
  test.each([
    [
      'uv pip install nope',
      'Because nope was not found in the package registry and you require nope, we can conclude that your requirements are unsatisfiable.',
      'uv finds no package "nope"',
    ],
    [
      'uv sync',
      'Because there is no version of nope==99 and your project depends on nope==99, we can conclude',
      'uv finds no package "nope==99"',
    ],
    [
      'pnpm add nope@99',
      'ERR_PNPM_NO_MATCHING_VERSION  No matching version found for nope@99 while fetching it from the registry',
      'pnpm finds no package "nope@99"',
    ],
    [
      'pnpm i',
      'ERR_PNPM_FETCH_404  GET https://npm.example.org/@octo%2Fnope: Not Found - 404',
      'pnpm finds no package "@octo/nope"',
    ],
    ['yarn', 'error Couldn\'t find package "nope" on the "npm" registry.', 'yarn finds no package "nope"'],
    [
      'yarn add nope@99',
      'error Couldn\'t find any versions for "nope" that matches "99"',
      'yarn finds no package "nope"',
    ],
    [
      'yarn install',
      '➤ YN0035: │ @octo/nope@npm:^1.0.0: The remote server failed to provide the requested resource',
      'yarn finds no package "@octo/nope"',
    ],
    ['yarn install', '➤ YN0082: │ nope@npm:^99: No candidates found', 'yarn finds no package "nope"'],
    [
      'yarn',
      'error An unexpected error occurred: "https://npm.example.org/nope: Not found".',
      'yarn finds no package "nope"',
    ],
    ['pip install nope', 'ERROR: No matching distribution found for nope', 'pip finds no package "nope"'],
    ['npm i nope', "npm error 404  'nope@*' is not in this registry.", 'npm finds no package "nope@*"'],
  ])('%s: %s', (command, line, says) => {
    const diagnosis = of(command, 1, [line]);
    expect(diagnosis?.class).toBe('package-not-found');
    expect(diagnosis?.what).toContain(says);
  });

  test.each([
    ['uv pip install -r requirements.txt', 'uv'],
    ['uv --quiet pip install x', 'uv'],
    ['uv sync --no-dev', 'uv'],
    ['pip install -r requirements.txt', 'pip'],
    ['cd /srv && python3 -m pip install x', 'pip'],
    ['pnpm install', 'pnpm'],
    ['pnpm -r i', 'pnpm'],
    ['yarn', 'yarn'],
    ['cd app && yarn --silent', 'yarn'],
    ['yarn global add x', 'yarn'],
    ['yarn build', undefined],
    ['npm ci', 'npm'],
    ['npm run build', undefined],
    ['poetry install --no-root', 'poetry'],
    ['bundle install', 'bundler'],
    ['composer install', 'composer'],
    ['apk add git', 'apk'],
  ])('%s could not install: %s', (command, name) => {
    const diagnosis = of(command, 1, ['boom']);
    expect(diagnosis?.what).toBe(
      name === undefined ? 'The command failed with exit status 1.' : `${name} could not install.`,
    );
  });
});
