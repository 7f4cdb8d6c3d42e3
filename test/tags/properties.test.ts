import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tagMistake } from '../../src/api/names.ts';
import { fixtureEvent, fixtureNames, pushOfTag, pushToBranch, releaseOf } from '../support/webhook-events.ts';
import { decide } from './decide.ts';

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
  fc.constantFrom(
    'latest',
    'Default',
    'v1.2.3',
    '1.2',
    '7',
    '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b',
    '',
    '..',
  ),
);
const event = fc.oneof(
  fc.constantFrom(...fixtureNames, 'none').map(fixtureEvent),
  name.map(pushToBranch),
  name.map(pushOfTag),
  fc.tuple(name, fc.boolean()).map(([tag, prerelease]) => releaseOf(tag, prerelease)),
  // Hostile names of branches under a pull request.
  fc
    .tuple(name, name)
    .map(([headRef, baseRef]) => ({ ...fixtureEvent('pull_request_fork'), headRef, baseRef })),
);

const expression = fc.constantFrom(
  ...[
    'branch',
    'tag',
    'sha',
    'base_ref',
    'head_ref',
    'is_default_branch',
    "date 'YYYY.M.D'",
    "commit_date 'X'",
  ].map((inner) => `{{${inner}}}`),
);
const text = fc
  .array(
    fc.oneof(
      expression,
      name.map((value) => value.replace(/[\r\n",#]|\{\{/g, '')),
      fc.constantFrom(
        'latest',
        '1',
        '.',
        `content-${'ab'.repeat(32)}`,
        `Content-${'AB'.repeat(32)}.${'c'.repeat(90)}`,
      ),
    ),
    {
      maxLength: 3,
    },
  )
  .map((parts) => parts.join(''));
const affix = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('prefix', 'suffix'), text).map(([key, value]) => `,${key}="${value}"`),
);
const rule = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(
        'type=sha',
        'type=sha,prefix=',
        'type=edge',
        'type=schedule',
        'type=ref,event=branch',
        'type=ref,event=tag',
        'type=ref,event=pr',
        'type=ref,event=queue',
        'type=semver,pattern={{version}}',
        'type=semver,pattern={{major}}',
        'type=semver,pattern={{raw}},value=v3.0.0',
        'type=match,pattern=.*',
      ),
      text.map((value) => `type=raw,value="${value}"`),
    ),
    affix,
  )
  .map(([line, end]) => line + end);
const rules = fc.array(rule, { maxLength: 5 }).map((lines) => lines.join('\n'));
const existing = fc.array(fc.constantFrom('1.0.0', '9.9.9', 'latest', '2.1'), { maxLength: 3 });

test('for any event and rules, the service accepts all tags, and none comes twice', async () => {
  let given = 0;
  await fc.assert(
    fc.asyncProperty(event, rules, existing, fc.boolean(), async (ci, lines, known, allow) => {
      const { tags, decisions, problems } = await decide(ci, lines, { existing: known, allow });
      for (const tag of tags) expect(tagMistake(tag)).toBeUndefined();
      expect(new Set(tags).size).toBe(tags.length);
      expect(tags.length > 0 || problems.length > 0).toBe(true);
      for (const { reason } of decisions) expect(reason).not.toBe('');
      given += tags.length;
    }),
    { numRuns: 1000 },
  );
  expect(given).toBeGreaterThan(500);
});

test('for any rules, unmerged code never moves what users get', async () => {
  const proposal = event.filter(({ isUnmerged }) => isUnmerged);
  await fc.assert(
    fc.asyncProperty(proposal, rules, existing, async (ci, lines, known) => {
      const { tags } = await decide(ci, lines, { existing: known });
      for (const tag of tags) {
        expect(tag).not.toMatch(/^(latest|default|v?\d{1,6}(\.\d+){0,2}|v?[1-9]\.\d\.\d-[a-z]+)$/);
      }
    }),
    { numRuns: 1000 },
  );
});

test('for any text, nothing is thrown, and mistakes name their line', async () => {
  const noise = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(
        fc.constantFrom(
          ...[
            'type=',
            'raw',
            'semver',
            ',',
            '=',
            '"',
            '{{',
            '}}',
            'date',
            "'",
            '\n',
            '#',
            ' ',
            'value',
            'latest',
          ],
        ),
        { maxLength: 15 },
      )
      .map((parts) => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(noise, event, async (lines, ci) => {
      const { tags, problems } = await decide(ci, lines);
      for (const tag of tags) expect(tagMistake(tag)).toBeUndefined();
      for (const { message } of problems)
        expect(message).toMatch(
          /^(line \d+: |no rule gives|there is nothing|is empty, and there is no event|.* no build gets a tag\.)/,
        );
    }),
    { numRuns: 1000 },
  );
});
