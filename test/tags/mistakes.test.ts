import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';

/** The input, and the text of its only problem after `line 1: `. */
const table: readonly (readonly [rules: string, message: string])[] = [
  ['type=shaa', 'there is no type "shaa"; did you mean sha?'],
  ['type=SHA', 'there is no type "SHA"; did you mean sha?'],
  [
    'type=whatever',
    'there is no type "whatever"; expected one of schedule, semver, match, edge, ref, raw, sha.',
  ],
  ['type=', 'there is no type ""'],
  ['type=pep440,pattern={{version}}', 'type=pep440 is not supported. Use type=semver'],
  ['type=sha,formt=long', 'there is no attribute "formt"; did you mean format?'],
  ['type=sha,foo=bar', 'there is no attribute "foo"; type=sha has enable, priority, prefix, suffix, format.'],
  ['foo=bar', 'there is no attribute "foo"'],
  ['flavor=latest', 'flavor is not supported. Write prefix and suffix into the rules'],
  ['type=ref,event=tag,pattern=x', 'pattern belongs to type=schedule, type=semver, type=match; type=ref has'],
  ['type=sha,latest', 'found "latest" without a name, expected key=value.'],
  [
    String.raw`type=match,pattern=\d{1,3}`,
    'found "3}" without a name, expected key=value. A value that holds a comma goes into double quotes, as in "pattern=\\d{1,3}"',
  ],
  ['type=sha,type=edge', 'type is given twice. A line holds one rule; put the next one on another line.'],
  ['type=raw,value=a,value=b', 'value is given twice.'],
  ['value=a,b', 'value is given twice.'],
  ['type=ref', 'type=ref needs event, as in type=ref,event=branch.'],
  ['type=ref,event=', 'type=ref needs event'],
  ['type=ref,event=tags', 'event: found "tags", did you mean tag?'],
  ['type=ref,event=pull_request', 'event: found "pull_request", expected one of branch, tag, pr, queue.'],
  ['type=semver', 'type=semver needs pattern, as in type=semver,pattern={{version}}.'],
  ['type=match', 'type=match needs pattern'],
  ['type=match,pattern=(', 'pattern: Invalid regular expression'],
  ['type=match,pattern=/x/q', 'pattern: Invalid flags'],
  ['type=match,pattern=x,group=first', 'group: found "first", expected the number of a group'],
  ['type=semver,pattern={{version}},match=[', 'match: Invalid regular expression'],
  ['type=raw', 'there is no value, expected one, as in type=raw,value=stable.'],
  ['type=sha,format=tiny', 'format: found "tiny", expected one of short, long.'],
  ['type=sha,priority=high', 'priority: found "high", expected a whole number; higher ones go first.'],
  ['type=sha,enable=TRUE', 'enable: found "TRUE", expected true or false in lower case.'],
  ['type=sha,enable=', 'enable: found "", expected true or false'],
  ['type=sha,enable={{branch}}', 'enable: found "main", expected true or false'],
  ['type=raw,value={{brnch}}', 'there is no expression {{brnch}}; did you mean {{branch}}?'],
  ['type=raw,value={{BRANCH}}', 'there is no expression {{BRANCH}}; did you mean {{branch}}?'],
  ['type=raw,value={{nope}}', 'there is no expression {{nope}}, expected one of {{branch}}, {{tag}}'],
  ['x-{{nope}}', 'there is no expression {{nope}}'],
  ['type=sha,prefix={{}}', 'there is no expression {{}}'],
  ['type=raw,value={{#if x}}y', 'there is no expression {{#if}}'],
  [
    'type=raw,value={{version}}',
    '{{version}} works only in the pattern of type=semver; write type=semver,pattern={{version}} for it.',
  ],
  ['type=raw,value={{branch', 'found "{{branch", in which {{ has no }} after it.'],
  ["type=raw,value={{sha 'x'}}", "{{sha 'x'}} has more than a name"],
  [
    'type=raw,value={{date}}',
    "{{date}}: has no format, expected one in quotes, as in {{date 'YYYYMMDD' tz='Europe/Berlin'}}.",
  ],
  ['type=raw,value={{date YYYYMMDD}}', 'found "YYYYMMDD", expected texts in quotes'],
  ["type=raw,value={{date 'YYYYMMDD' zone='UTC'}}", '{{date}} has no setting zone, only tz'],
  ["type=raw,value={{date 'YYYY' 'MM'}}", 'found a second format "MM"'],
  [
    "type=raw,value={{date 'YYYY' tz='Mars/Base'}}",
    'there is no time zone "Mars/Base", expected a name of the tz database',
  ],
  ["type=raw,value={{date ''}}", '{{date}}: the format is empty'],
  ["type=raw,value={{commit_date 'LL'}}", '{{commit_date}}: LL in the format is not supported'],
  ['type=raw,value="a', 'found a quote (") at 16 that is not closed'],
  ['"v1"x', 'found a quote (") at 1 that is not closed before the next comma'],
  ['type=sha # the commit', 'found "# the commit" at the end; a comment needs a separate line'],
  ['latest # newest', 'found "# newest" at the end'],
  ['latest=maybe', 'latest: found "maybe", expected false or auto'],
  ['latest=true', 'to give the tag in any case, write latest alone on a line.'],
  ['type=sha,latest=false', 'latest=false must be alone on its line.'],
  ['latest=false', 'latest=false is the only line.'],
  [
    'Latest',
    'found "Latest"; the service keeps it in lower case, so write "latest". To have it converted, write type=raw,value=Latest.',
  ],
  ['feature/x', 'found "feature/x"; "/" is not allowed'],
  [
    '0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b',
    'found "0b0b4d6e-4d8e-4b8e-9b1e-3f1f6d1f2a3b", which has the form of a build identifier',
  ],
];

describe('a mistake', () => {
  test.each(table)('in %s is reported', async (rules, message) => {
    const { problems } = await decide('push_main', rules);
    expect(problems).toEqual([{ title: 'Input tags', message: expect.stringContaining(message) }]);
    expect(problems[0]?.message).toMatch(/^line 1: /);
  });

  test('names its line, and does not hide the others', async () => {
    const rules =
      '# ours\ntype=shaa\n\nv1, Latest, B/c\nlatest\ntype=raw,value={{brnch}}-{{tagg}},priority=x';
    const { problems, tags } = await decide('push_main', rules);
    expect(problems.map(({ message }) => message.slice(0, 42))).toEqual([
      'line 2: there is no type "shaa"; did you m',
      'line 4: found "Latest"; the service keeps ',
      'line 4: found "B/c"; "/" is not allowed, e',
      'line 6: there is no expression {{brnch}}; ',
      'line 6: there is no expression {{tagg}}; d',
      'line 6: priority: found "x", expected a wh',
    ]);
    expect(tags).toEqual(['v1', 'latest']);
  });

  test('nothing is asked of the service while there is one', async () => {
    const rules = 'type=semver,pattern={{version}}\ntype=sah';
    const { decisions } = await decide('push_tag', rules, { existing: new Error('asked') });
    expect(decisions.map(({ rule }) => rule)).toEqual(['type=semver,pattern={{version}}']);
  });

  test.each([
    ['push_main', 'type=ref,event=pr', 'such as type=ref,event=branch'],
    ['push_tag', 'type=ref,event=pr', 'such as type=ref,event=tag'],
    ['pull_request_opened', 'type=edge', 'such as type=ref,event=pr'],
    ['merge_group', 'type=edge', 'such as type=ref,event=queue'],
    ['schedule', 'type=ref,event=pr', 'such as type=schedule'],
    ['none', 'type=sha', 'Write a tag, such as `tags: v1.4.0, latest`.'],
  ])('%s with nothing but %s has no tag, which is a mistake too', async (event, rules, message) => {
    const { tags, problems } = await decide(event, rules);
    expect(tags).toEqual([]);
    expect(problems).toEqual([{ title: 'Input tags', message: expect.stringContaining(message) }]);
    expect(problems[0]?.message).toContain(rules);
  });
});
