import { expect, test } from 'vitest';
import { jobOutput } from '../../../src/report/log/output.ts';
import { logTags } from '../../../src/report/log/tag-tables.ts';
import { captureStdout, notingCommands } from '../../support/captured-output.ts';
import { pushToBranch } from '../../support/webhook-events.ts';
import { decide } from '../../tags/decide.ts';

const printed = async (...request: Parameters<typeof decide>) => {
  const { decisions } = await decide(...request);
  return captureStdout(() => logTags(jobOutput(notingCommands()), decisions));
};

test('each rule is a row of one table: its tag, or none, and why', async () => {
  const log = await printed(
    'pull_request_opened',
    'type=ref,event=pr\ntype=semver,pattern={{version}}\nlatest',
  );
  expect(log).toBe(
    [
      '::group::Tags',
      'rule                             tag    why',
      'type=semver,pattern={{version}}  -      pull request 12 has no git tag, and the rule no value',
      'type=ref,event=pr                pr-12  the number of the pull request',
      'latest                           -      a pull request must not move latest, which is what users get (allow-production-tags: true lifts this)',
      '::endgroup::',
      '',
    ].join('\n'),
  );
});

test('the name of a branch cannot act as a command', async () => {
  const log = await printed(pushToBranch('x\n::error::pwned\r##[group]y'), '');
  expect(log.split('\n').filter((line) => /^\s*(::(?!group::Tags|endgroup)|##\[)/.test(line))).toEqual([]);
});
