import { expect, test } from 'vitest';
import { buildPlace } from '../../../src/actions/build-template/build-place.ts';
import type { CiEvent } from '../../../src/ci/event.ts';

const push: CiEvent = { kind: 'push', name: 'push', isUnmerged: false, fork: false, dependabot: false };
const fork: CiEvent = { ...push, kind: 'pull_request', name: 'pull_request', isUnmerged: true, fork: true };
const dependabot: CiEvent = { ...push, dependabot: true };
const target: CiEvent = { ...fork, name: 'pull_request_target' };
const hosted = { RUNNER_ENVIRONMENT: 'github-hosted' };
const own = { RUNNER_ENVIRONMENT: 'self-hosted' };

type Setting = Parameters<typeof buildPlace>[0];
const auto: Setting = { buildOn: 'auto', onMissingCredentials: 'auto' };

test.each<
  [what: string, inputs: Setting, event: CiEvent, env: NodeJS.ProcessEnv, hasKey: boolean, place: string]
>([
  ['a key', auto, push, hosted, true, 'service'],
  ['a key, on a fork', auto, target, hosted, true, 'service'],
  ['no key, which is not withheld', auto, push, hosted, false, 'nowhere'],
  ['a fork on a machine of GitHub', auto, fork, hosted, false, 'auto-local'],
  ['Dependabot on a machine of GitHub', auto, dependabot, hosted, false, 'auto-local'],
  ['a fork on a machine of the user', auto, fork, own, false, 'nowhere'],
  ['a fork on an unknown machine', auto, fork, {}, false, 'nowhere'],
  [
    'a fork, and missing keys are skipped',
    { ...auto, onMissingCredentials: 'skip' },
    fork,
    hosted,
    false,
    'nowhere',
  ],
  [
    'a fork, and missing keys fail',
    { ...auto, onMissingCredentials: 'fail' },
    fork,
    hosted,
    false,
    'nowhere',
  ],
  ['a fork, and only the service builds', { ...auto, buildOn: 'service' }, fork, hosted, false, 'nowhere'],
  ['local, asked for', { ...auto, buildOn: 'local' }, push, {}, false, 'local'],
  ['local, asked for, with a key', { ...auto, buildOn: 'local' }, push, hosted, true, 'local'],
  ['local, asked for, on a machine of the user', { ...auto, buildOn: 'local' }, fork, own, false, 'local'],
])('%s', (_, inputs, event, env, hasKey, place) => {
  expect(buildPlace(inputs, { event, env, hasKey })).toBe(place);
});
