import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dateTokens } from '../../src/tags/date-format.ts';
import { eventExpressions, versionExpressions } from '../../src/tags/expression.ts';
import { parseRules } from '../../src/tags/parse-rules.ts';
import { commonAttributes, refEvents, ruleTypes } from '../../src/tags/rule.ts';

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'tags.md'), 'utf8');

test('docs/tags.md names everything that a rule can hold', () => {
  for (const [type, { attributes, priority }] of Object.entries(ruleTypes)) {
    const row = docs.split('\n').find((line) => line.startsWith(`| \`type=${type}\``));
    expect(row).toBeDefined();
    for (const attribute of attributes) expect(row).toContain(`\`${attribute}\``);
    expect(docs.replaceAll('\n', ' ').replaceAll('  ', ' ')).toContain(`${type} ${priority}`);
  }
  for (const attribute of commonAttributes) expect(docs).toContain(`\`${attribute}\``);
  for (const event of refEvents) expect(docs).toContain(`\`${event}\``);
  for (const name of [...eventExpressions, ...versionExpressions]) expect(docs).toContain(`\`{{${name}}}\``);
});

test('docs/tags.md lists the tokens of dates, all of them and no other', () => {
  const [, list = ''] = /Formats of dates: ([^,]*)/.exec(docs) ?? [];
  expect([...list.matchAll(/`(\w+)`/g)].map(([, token]) => token)).toEqual(dateTokens);
});

test('its examples hold no mistake', () => {
  const examples = [...docs.matchAll(/```yaml\ntags: (?:\|\n)?([^`]*)```/g)].map(([, text]) => text ?? '');
  expect(examples).toHaveLength(3);
  for (const example of examples) {
    const { rules, problems } = parseRules(example);
    expect(problems).toEqual([]);
    expect(rules.length).toBeGreaterThan(1);
  }
  const [, quoted = ''] = /goes into double quotes: `([^`]*)`/.exec(docs) ?? [];
  expect(parseRules(quoted)).toMatchObject({ rules: [{ type: 'match', group: 1 }], problems: [] });
});
